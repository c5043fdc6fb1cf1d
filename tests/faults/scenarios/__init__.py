"""One module a kind of fault; see `tests.faults` for what it must have."""
