"""What several scenarios need: load, a faulty network, a disk whose power can be cut."""
