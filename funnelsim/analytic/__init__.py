"""What a scenario says without being simulated, by its means alone.

`arrivals.py` says how many leads come and when, `conversion.py` how likely each goes on,
`time_to_sale.py` when those who buy get there, `teams.py` what leads ask of each team, `orders.py`
how orders end, `costs.py` what is paid whatever comes of it, and `usual_sum.py` what all sales
blogs make of that. `totals.py` puts leads, sales and money together, and `holds.py` says how far
each of them holds: nobody waits here, and what depends on waiting it is a simulation that tells.
"""
