"""What a link of an identity may lead to: the link types of the GS1 Web Vocabulary, by name.

A word that is not listed is refused, since a reader asks for exactly one of these; other
vocabularies are named by a full URI.

Source: GS1 Web Vocabulary, https://ref.gs1.org/voc/data/linktypes (names; the words are ours).
"""

import re
from difflib import get_close_matches

from traceability.errors import BadValue, Phrase
from traceability.gs1.resolver import DEFAULT_LINK, DEFAULT_LINK_MULTI, VOCABULARY, relation_of

# What a farm is likely to set comes first, as lists show it.
LINK_TYPES = {
    "pip": "Product information",
    "traceability": "Traceability",
    "certificationInfo": "Certificates",
    "recipeInfo": "Recipes for the kitchen",
    "nutritionalInfo": "Nutrition facts",
    "ingredientsInfo": "Ingredients",
    "allergenInfo": "Allergens",
    "consumerHandlingStorageInfo": "How to keep and handle it",
    "sustainabilityInfo": "Sustainability and recycling",
    "productSustainabilityInfo": "Sustainability of the product",
    "hasRetailers": "Where to buy it",
    "promotion": "Offers",
    "relatedImage": "Pictures",
    "relatedVideo": "Video",
    "recallStatus": "Recalls",
    "safetyInfo": "Safety",
    "instructions": "Instructions",
    "quickStartGuide": "First steps",
    "tutorial": "Tutorial",
    "faqs": "Questions and answers",
    "support": "Support",
    "review": "Reviews",
    "leaveReview": "Leave a review",
    "socialMedia": "Social media",
    "homepage": "Home page",
    "epcis": "EPCIS repository",
    "masterData": "Master data",
    "dpp": "Digital product passport",
    "logisticsInfo": "Logistics",
    "locationInfo": "About the place",
    "handledBy": "Who handles it",
    "registryEntry": "Entry in a register",
    "verificationService": "Verification",
    "statisticInfo": "Statistics",
    "activityIdeas": "Ideas what to do with it",
    "appDownload": "App",
    "backgroundInfo": "Background",
    "brandHomepageClinical": "Brand, for professionals",
    "brandHomepagePatient": "Brand, for patients",
    "careersInfo": "Jobs",
    "eifu": "Electronic instructions for use",
    "epil": "Electronic patient information",
    "eventsInfo": "Events",
    "jws": "Signed data (JWS)",
    "loyaltyProgram": "Loyalty programme",
    "menuInfo": "Menu",
    "openingHoursInfo": "Opening hours",
    "paymentLink": "Payment",
    "purchaseSuppliesOrAccessories": "Supplies and accessories",
    "registerProduct": "Register the product",
    "reportFound": "Report it found",
    "scheduleTime": "Make an appointment",
    "serviceInfo": "Service",
    "smartLabel": "SmartLabel",
    "smpc": "Summary of product characteristics",
    "subscribe": "Subscribe",
    "userAgreement": "User agreement",
    "whatsInTheBox": "What is in the box",
}
# What the profile of link sets allows as the name of a relation.
_FOREIGN = re.compile(r"https?://[A-Za-z0-9./]+")


def checked_relation(text: str) -> str:
    """Return the full URI of a link type: `pip`, `gs1:pip` or a URI.

    Raises:
        BadValue: the vocabulary has no such type; names the nearest.
    """
    word = text.strip()
    uri = relation_of(word)
    if uri in (DEFAULT_LINK, DEFAULT_LINK_MULTI):
        raise _bad(text, next_step="say what it leads to, such as pip, and mark it as the default")
    if not uri.startswith(VOCABULARY):
        if _FOREIGN.fullmatch(uri):
            return uri
        raise _bad(text, next_step="as in pip, gs1:pip or https://vocabulary.example/type")
    name = uri.removeprefix(VOCABULARY)
    if name not in LINK_TYPES:
        near = get_close_matches(name, LINK_TYPES, n=3, cutoff=0.4) or list(LINK_TYPES)[:6]
        raise _bad(text, next_step=Phrase("did you mean {near}?", near=", ".join(near)))
    return uri


def short_of(relation: str) -> str:
    """Return a relation as people write it: `gs1:pip`.

    >>> short_of("https://ref.gs1.org/voc/pip")
    'gs1:pip'
    """
    if relation.startswith(VOCABULARY):
        return "gs1:" + relation.removeprefix(VOCABULARY)
    return relation


def title_of(relation: str) -> str:
    return LINK_TYPES.get(relation.removeprefix(VOCABULARY), relation)


def _bad(got: str, *, next_step: str) -> BadValue:
    return BadValue(
        field="type",
        expected="a link type of the GS1 Web Vocabulary",
        got=repr(got),
        next_step=next_step,
    )
