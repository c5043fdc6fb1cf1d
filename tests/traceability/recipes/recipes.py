"""Recipes for tests: one of a lettuce as it is really grown, valid by default."""

from typing import Any

from traceability.recipes import Document

LETTUCE: dict[str, Any] = {
    "stages": [
        {
            "code": "germination",
            "name": "Germination",
            "name_ja": "発芽",
            "days": 3,
            "targets": {"air_temperature": [19, 23], "relative_humidity": [80, 95]},
        },
        {
            "code": "nursery",
            "name": "Nursery",
            "name_ja": "育苗",
            "days": 12,
            "until": "transplant",
            "light": {"on": "06:00", "hours": 16},
            "targets": {
                "air_temperature": {"day": [20, 24], "night": [17, 20]},
                "dli": [9, 13],
            },
        },
        {
            "code": "growing",
            "name": "Growing",
            "name_ja": "栽培",
            "days": 20,
            "light": {"on": "06:00", "hours": 16},
            "targets": {
                "air_temperature": {"day": [21, 24], "night": [17, 20]},
                "co2": {"day": [800, 1200]},
                "ec": [1.4, 2.0],
            },
        },
        {
            "code": "finishing",
            "name": "Finishing",
            "name_ja": "仕上げ",
            "light": {"on": "06:00", "hours": 14},
            "targets": {"air_temperature": [15, 22], "ec": [0.6, 1.2]},
        },
    ]
}


def lettuce() -> Document:
    return Document.model_validate(LETTUCE)
