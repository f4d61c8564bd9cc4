"""The closed sets of words that properties hold; the GraphQL enums and the ingest columns are made of them."""

from enum import StrEnum


class PersonKind(StrEnum):
    NATURAL = "NATURAL"
    LEGAL = "LEGAL"


class Gender(StrEnum):
    FEMALE = "FEMALE"
    MALE = "MALE"


class IdentifierKind(StrEnum):
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    WECHAT_UNIONID = "WECHAT_UNIONID"
    APP_ACCOUNT = "APP_ACCOUNT"
    MEMBER_NUMBER = "MEMBER_NUMBER"
    ID_CARD = "ID_CARD"
    PLATE = "PLATE"


class VehicleType(StrEnum):
    CAR = "CAR"
    VAN = "VAN"
    SUV = "SUV"
    PICKUP = "PICKUP"
    TRUCK = "TRUCK"
    MOTORHOME = "MOTORHOME"
    MOTORCYCLE = "MOTORCYCLE"
    OTHER = "OTHER"


class Energy(StrEnum):
    PETROL = "PETROL"
    DIESEL = "DIESEL"
    HYBRID = "HYBRID"
    PLUG_IN_HYBRID = "PLUG_IN_HYBRID"
    RANGE_EXTENDED = "RANGE_EXTENDED"
    ELECTRIC = "ELECTRIC"
    HYDROGEN = "HYDROGEN"
    OTHER = "OTHER"


class Heat(StrEnum):
    HOT = "HOT"
    WARM = "WARM"
    COLD = "COLD"


class IntentStage(StrEnum):
    ENQUIRY = "ENQUIRY"
    VISIT = "VISIT"
    TEST_DRIVE = "TEST_DRIVE"
    QUOTE = "QUOTE"
    ORDER = "ORDER"


class Condition(StrEnum):
    NEW = "NEW"
    USED = "USED"


class Motive(StrEnum):
    FIRST = "FIRST"
    ADDITIONAL = "ADDITIONAL"
    REPLACEMENT = "REPLACEMENT"


class ClubRank(StrEnum):
    LEAD = "LEAD"
    CORE = "CORE"
    MEMBER = "MEMBER"


class HouseholdRelation(StrEnum):
    HEAD = "HEAD"
    SPOUSE = "SPOUSE"
    CHILD = "CHILD"
    PARENT = "PARENT"
    SIBLING = "SIBLING"
    OTHER = "OTHER"


class VisitKind(StrEnum):
    MAINTENANCE = "MAINTENANCE"
    REPAIR = "REPAIR"
    WARRANTY = "WARRANTY"
    RECALL = "RECALL"
    ACCIDENT = "ACCIDENT"
    OTHER = "OTHER"


class ReferralStatus(StrEnum):
    """In the order of the funnel; the last three end it without a delivery."""

    INVITED = "INVITED"
    LEAD = "LEAD"
    VISITED = "VISITED"
    TEST_DRIVE = "TEST_DRIVE"
    ORDERED = "ORDERED"
    DELIVERED = "DELIVERED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    VOIDED = "VOIDED"


class RepurchaseReason(StrEnum):
    """In the order in which the query person.repurchase_reasons answers."""

    VEHICLE_AGE = "VEHICLE_AGE"
    HOUSEHOLD_SHORT_OF_VEHICLES = "HOUSEHOLD_SHORT_OF_VEHICLES"
    INTENT_ROSE = "INTENT_ROSE"
