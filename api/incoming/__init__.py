"""Tables that people send in: read, checked row by row, taken in whole or not at all."""

from api.incoming.columns import KINDS
from api.incoming.outcome import Change, Outcome, Problem
from api.incoming.taking import take_in
from api.incoming.template import template

__all__ = ["KINDS", "Change", "Outcome", "Problem", "take_in", "template"]
