"""What a farm does to a computer, done on purpose: `make faults`, and in short form `make test`.

A scenario is a module in `scenarios/`; it is found by being there. It has

    SHORT, LONG   how many faults `make test` and `make faults` inflict
    run(size)     inflicts so many, and returns `Figures`; raises `NotHere` where this machine
                  cannot (no root, no loop devices): that skips, and says so

and its docstring's first line is what `make faults` prints above the figures. What several
scenarios need (a faulty network, a disk whose power can be cut) lies in `rig/`.
"""
