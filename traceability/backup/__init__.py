"""A copy of the record as it is at one moment, and back: see `copies`."""
