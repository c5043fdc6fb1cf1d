"""Recipes: what a crop wants, stage by stage, and which version of it a lot grew under."""

from traceability.recipes.document import (
    Document,
    Light,
    Part,
    Stage,
    Wanted,
    always_of,
    one_stage,
)
from traceability.recipes.lives import phases_of
from traceability.recipes.stages import Mark, Phase, phases
from traceability.recipes.versions import (
    digest_of,
    document_of,
    history,
    in_force,
    newest_of,
    of_lots,
    record,
)
from traceability.recipes.wanted import Demand, Target, course, demands_at, stage_of, targets_at

__all__ = [
    "Demand",
    "Document",
    "Light",
    "Mark",
    "Part",
    "Phase",
    "Stage",
    "Target",
    "Wanted",
    "always_of",
    "course",
    "demands_at",
    "digest_of",
    "document_of",
    "history",
    "in_force",
    "newest_of",
    "of_lots",
    "one_stage",
    "phases",
    "phases_of",
    "record",
    "stage_of",
    "targets_at",
]
