"""Words for what the record holds as codes: kinds of acts, stages, roles, kinds of places."""

from api.i18n import Reader


def act_kinds(_: Reader) -> dict[str, str]:
    return {
        "sow": _("Sown"),
        "transplant": _("Transplanted"),
        "move": _("Moved"),
        "harvest": _("Harvested"),
        "inspect": _("Inspected"),
        "split": _("Split"),
        "merge": _("Merged"),
        "pack": _("Packed"),
        "ship": _("Shipped"),
        "receive": _("Received"),
        "discard": _("Discarded"),
        "void": _("Taken back"),
        "import": _("Brought in from older records"),
    }


def stages(_: Reader) -> dict[str, str]:
    return {
        "growing": _("Growing"),
        "harvested": _("Harvest"),
        "packed": _("Packs"),
        "input": _("Seed and supplies"),
    }


def zone_kinds(_: Reader) -> dict[str, str]:
    return {
        "growing_room": _("Growing room"),
        "greenhouse": _("Greenhouse"),
        "nursery": _("Nursery"),
        "packing": _("Packing room"),
        "cold_store": _("Cold store"),
        "other": _("Other place"),
    }


def party_roles(_: Reader) -> dict[str, str]:
    return {
        "partner": _("Retail partner"),
        "supplier": _("Supplier"),
        "carrier": _("Carrier"),
        "other": _("Other"),
    }


def measures(_: Reader) -> dict[str, str]:
    """Common inspections; others are shown as they were written."""
    return {
        "potassium": _("Potassium"),
        "nitrate": _("Nitrate"),
        "sugar": _("Sugar"),
        "brix": _("Brix"),
        "bacteria": _("Bacteria"),
    }


def qualities(_: Reader) -> dict[str, str]:
    return {
        "good": _("good"),
        "uncertain": _("uncertain"),
        "bad": _("bad"),
        "stale": _("stale"),
    }
