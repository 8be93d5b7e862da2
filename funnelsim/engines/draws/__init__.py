"""What both engines read: the scenario's chances as columns, decided before the first event."""
