"""FSMA 204: what happened to a lot as the rule's key data elements, for the 24-hour request.

Source: 21 CFR part 1, subpart S (1.1310 to 1.1350, 1.1455), as of 2026.
"""

from traceability.fsma.collecting import Request, collect
from traceability.fsma.elements import CTES, Kde
from traceability.fsma.records import Lack, Record
from traceability.fsma.values import Location, Product, Word

__all__ = ["CTES", "Kde", "Lack", "Location", "Product", "Record", "Request", "Word", "collect"]
