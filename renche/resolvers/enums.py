"""The closed sets of words, as GraphQL enums with what each value means."""

from collections.abc import Mapping
from enum import StrEnum

import strawberry

from renche.graph import words
from renche.vault.values import Field

_MEANINGS = {
    words.PersonKind: (
        "What a person is before the law.",
        {"NATURAL": "A human being.", "LEGAL": "A company or another organisation."},
    ),
    words.Gender: ("The gender a source gave.", {"FEMALE": "Female.", "MALE": "Male."}),
    words.IdentifierKind: (
        "What an identifier is.",
        {
            "PHONE": "A phone number.",
            "EMAIL": "An e-mail address.",
            "WECHAT_UNIONID": "A WeChat unionid.",
            "APP_ACCOUNT": "An account in the brand's app.",
            "MEMBER_NUMBER": "A member number of the brand or a club.",
            "ID_CARD": "The number of an identity card.",
            "PLATE": "A vehicle's licence plate.",
        },
    ),
    Field: (
        "What a personal value is.",
        {
            "NAME": "The name.",
            "PHONE": "A phone number.",
            "EMAIL": "An e-mail address.",
            "WECHAT_UNIONID": "A WeChat unionid.",
            "APP_ACCOUNT": "An account in the brand's app.",
            "MEMBER_NUMBER": "A member number of the brand or a club.",
            "ID_CARD": "The number of an identity card.",
            "PLATE": "A plate that the person gave.",
        },
    ),
    words.VehicleType: (
        "The body of a vehicle.",
        {
            "CAR": "A passenger car.",
            "VAN": "A van or people carrier.",
            "SUV": "A sport utility vehicle.",
            "PICKUP": "A pickup.",
            "TRUCK": "Another truck.",
            "MOTORHOME": "A motor home.",
            "MOTORCYCLE": "A motorcycle.",
            "OTHER": "Something else.",
        },
    ),
    words.Energy: (
        "What drives a vehicle.",
        {
            "PETROL": "A petrol engine.",
            "DIESEL": "A diesel engine.",
            "HYBRID": "An engine and a motor, not charged from outside.",
            "PLUG_IN_HYBRID": "An engine and a motor, charged from outside.",
            "RANGE_EXTENDED": "A motor, with an engine that charges its battery.",
            "ELECTRIC": "A battery only.",
            "HYDROGEN": "A fuel cell.",
            "OTHER": "Something else.",
        },
    ),
    words.Heat: (
        "How near an intended buyer is to buying.",
        {"HOT": "About to buy.", "WARM": "Seriously interested.", "COLD": "Interested some day."},
    ),
    words.IntentStage: (
        "How far an intent has come.",
        {
            "ENQUIRY": "Asked.",
            "VISIT": "Visited a dealer.",
            "TEST_DRIVE": "Drove the model.",
            "QUOTE": "Has an offer.",
            "ORDER": "Ordered.",
        },
    ),
    words.Condition: (
        "Whether a vehicle was bought new or used.",
        {"NEW": "First-hand.", "USED": "From a previous owner."},
    ),
    words.Motive: (
        "Why an owner bought.",
        {
            "FIRST": "The first vehicle of the brand.",
            "ADDITIONAL": "One more beside those owned.",
            "REPLACEMENT": "In the place of one owned before.",
        },
    ),
    words.ClubRank: (
        "What a member is in a club.",
        {
            "LEAD": "Leads the club.",
            "CORE": "A core member, whose word counts with others.",
            "MEMBER": "A member.",
        },
    ),
    words.HouseholdRelation: (
        "What a person is in a household, seen from its head.",
        {
            "HEAD": "The head, or the one who answered for all.",
            "SPOUSE": "Wife, husband or partner.",
            "CHILD": "A child, of any age.",
            "PARENT": "A parent.",
            "SIBLING": "A brother or sister.",
            "OTHER": "Somebody else.",
        },
    ),
    words.VisitKind: (
        "Why a vehicle came to a workshop.",
        {
            "MAINTENANCE": "Regular maintenance.",
            "REPAIR": "A repair at the customer's cost.",
            "WARRANTY": "A repair under warranty.",
            "RECALL": "A recall.",
            "ACCIDENT": "Accident damage.",
            "OTHER": "Something else.",
        },
    ),
    words.ReferralStatus: (
        "How far a referral has come.",
        {
            "INVITED": "The friend was invited.",
            "LEAD": "The friend left a contact.",
            "VISITED": "The friend came to a dealer.",
            "TEST_DRIVE": "The friend drove a vehicle.",
            "ORDERED": "The friend ordered.",
            "DELIVERED": "The friend took delivery.",
            "REJECTED": "Refused, for example because the rules were not met.",
            "EXPIRED": "Ran out of time.",
            "VOIDED": "Cancelled after it had counted.",
        },
    ),
    words.RepurchaseReason: (
        "Why an owner may buy again.",
        {
            "VEHICLE_AGE": "A vehicle that the person owns is four to seven completed years old.",
            "HOUSEHOLD_SHORT_OF_VEHICLES": "The household has fewer vehicles than people who drive: members"
            " with a licence, and members who drive a vehicle.",
            "INTENT_ROSE": "An intent became hot in the last 90 days, having been cold or warm before for the"
            " same model.",
        },
    ),
}

_NAMES: Mapping[type[StrEnum], str] = {Field: "PersonalField"}

for _enum, (_description, _values) in _MEANINGS.items():
    strawberry.enum(_enum, name=_NAMES.get(_enum), description=_description)
    for _value in _enum.__strawberry_definition__.values:  # type: ignore[attr-defined]
        _value.description = _values[_value.name]
