"""What a scenario says without being simulated, by its means alone.

`arrivals.py` says how many leads come and when, `conversion.py` how likely each goes on,
`time_to_sale.py` when those who buy get there, `teams.py` what leads ask of each team, `costs.py`
what is paid whatever comes of it, and `usual_sum.py` what all sales blogs make of that. Nobody
waits here: where a figure depends on waiting, it is a simulation that tells it.
"""
