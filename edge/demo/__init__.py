"""The demo farm: a year and a half behind it, and probes that speak their true frames.

Everything between the probe and the page is the real code. Only three things are made up: the
physics of the rooms (`sensors.simulator.room`), the probes' replies on their pseudo-terminals
(`sensors.simulator.probes`), and what the growers did (`edge.demo.past`).
"""
