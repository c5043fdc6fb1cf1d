"""How a device is asked, wire by wire: dialogues without any I/O.

A module here turns a profile into questions and answers into raw numbers. `sensors.profile.WIRES`
names the module of each wire, `sensors.profile.Dialogue` says what it must offer.
"""
