"""A lot's public story as JSON-LD: schema.org's words where they fit, GS1's for the codes.

Field by field on purpose: this is the allow-list a program sees, and a snapshot test holds it.
"""

from typing import Any

from api.digits import DIGITS
from sensors import QUANTITIES
from traceability.conditions import Condition, Conditions
from traceability.provenance import Finding, Name, Provenance, Step

MEDIA_TYPE = "application/ld+json"
CONTEXT = {
    "@vocab": "https://schema.org/",
    "gs1": "https://ref.gs1.org/voc/",
    "minori": "urn:minori:",
    "name": {"@id": "https://schema.org/name", "@container": "@language"},
    "gtin": "gs1:gtin",
    "lot": "gs1:hasBatchLotNumber",
    "packedOn": {"@id": "gs1:packagingDate", "@type": "https://schema.org/Date"},
    "bestBefore": {"@id": "gs1:bestBeforeDate", "@type": "https://schema.org/Date"},
    "journey": {"@id": "minori:journey", "@container": "@list"},
    "conditions": "minori:conditions",
    "findings": "minori:findings",
    "recalled": "minori:recalled",
}


def document(story: Provenance, *, link: str) -> dict[str, Any]:
    """Return the JSON-LD of a lot whose address is `link`."""
    product = story.product
    return said(
        {
            "@context": CONTEXT,
            "@id": link,
            "@type": ["Product", "gs1:Product"],
            "name": _name(product.name),
            "category": _name(product.crop),
            "variety": product.variety or None,
            "gtin": product.gtin,
            "lot": story.lot,
            "stage": story.stage,
            "recalled": _recalled(story),
            "netContent_g": product.net_content_g,
            "pack": _name(product.pack),
            "packedOn": story.packed_on and story.packed_on.isoformat(),
            "bestBefore": story.best_before and story.best_before.isoformat(),
            "producer": _farm(story),
            "journey": [_step(step) for step in story.journey],
            "findings": [_finding(finding) for finding in story.findings],
            "conditions": said(
                {"growing": _lived(story.growing), "afterHarvest": _lived(story.after)}
            ),
        }
    )


def _recalled(story: Provenance) -> dict[str, Any] | None:
    recalled = story.recalled
    if recalled is None:
        return None
    at = recalled.at.isoformat(timespec="seconds")
    return {"@type": "minori:Recall", "at": at, "reason": recalled.reason, "over": recalled.is_over}


def _farm(story: Provenance) -> dict[str, Any]:
    farm = story.farm
    return said(
        {
            "@type": "Organization",
            "name": _name(farm.organisation),
            "location": said({"@type": "Place", "name": _name(farm.site)}),
            "origin": _name(farm.origin),
            "timeZone": farm.time_zone,
        }
    )


def _step(step: Step) -> dict[str, Any]:
    return said(
        {
            "@type": "minori:Step",
            "kind": step.kind,
            "at": step.at.isoformat(timespec="seconds"),
            "place": _name(step.place),
            "party": _name(step.party),
        }
    )


def _finding(finding: Finding) -> dict[str, Any]:
    return said(
        {
            "@type": "PropertyValue",
            "measure": finding.measure,
            "value": finding.value,
            "unitText": finding.unit,
            "measurementTechnique": finding.method or None,
            "at": finding.at.isoformat(timespec="seconds"),
        }
    )


def _lived(lived: Conditions) -> dict[str, Any] | None:
    if not lived.quantities:
        return None
    return {
        "quantities": [_quantity(one) for one in lived.quantities],
        "dailyLight_mol": {day.day.isoformat(): round(day.mol, 2) for day in lived.daily_light},
    }


def _quantity(one: Condition) -> dict[str, Any]:
    digits = DIGITS.get(one.quantity, 1)
    return said(
        {
            "quantity": one.quantity,
            "unitText": QUANTITIES[one.quantity].unit,
            "mean": round(one.mean, digits),
            "low": round(one.low, digits),
            "high": round(one.high, digits),
            "target": list(one.target) if one.target else None,
            "inRange": None if one.in_range is None else round(one.in_range, 4),
            "covered": round(one.covered, 4),
            "gaps": [
                [gap.start.isoformat(timespec="seconds"), gap.end.isoformat(timespec="seconds")]
                for gap in one.gaps
            ],
        }
    )


def _name(name: Name | None) -> dict[str, str] | None:
    return {k: v for k, v in (("en", name.en), ("ja", name.ja)) if v} if name else None


def said(facts: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known: an empty value would look like knowledge."""
    return {key: value for key, value in facts.items() if value not in (None, {}, "")}
