"""What the rows of each kind become: things, links, identifiers, and values for the vault. Pure; no input or output."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from renche.graph.ids import Kind, make_id, partner_id
from renche.graph.mask import mask_name
from renche.graph.words import ReferralStatus
from renche.ingest.links import LinkRow, content_fingerprint
from renche.ingest.making import Making, Prepared, known
from renche.ingest.rows import (
    ClubRow,
    ConsentRow,
    DealerRow,
    DriveRow,
    HouseholdRow,
    IntentRow,
    MembershipRow,
    ModelRow,
    PersonRow,
    PurchaseRow,
    ReferralRow,
    ReferralStepRow,
    Row,
    ServiceRow,
    VehicleRow,
)
from renche.ingest.slots import IDENTIFIERS, MAIN_LINKS, dealing_id
from renche.vault.keys import Keys
from renche.vault.values import Field

_RANKS: Final = {str(status): rank for rank, status in enumerate(ReferralStatus)}


def prepare(kind: str, row: Row, keys: Keys) -> Prepared:
    """What the row becomes."""
    id_kind, fill = _RULES[kind]
    making = Making(kind, row, id_kind, keys)
    fill(making, row)
    return making.made


def thing_kind(kind: str) -> Kind | None:
    """The kind of thing that rows of this kind make; None when they are links only."""
    return None if kind in MAIN_LINKS else _RULES[kind][0]


def service_links(
    service: str, source: str, person: str, vehicle: str, dealer: str | None, first: date
) -> tuple[LinkRow, LinkRow | None]:
    """A SERVICES role that holds from its first visit on, and the link to the dealer beside it."""
    said = {"source": source, "via": person, "validFrom": first}
    role = known(id=service, dealerId=dealer, **said)
    role["fingerprint"] = content_fingerprint(person, vehicle, role)
    link = {"from": person, "to": vehicle, "edge": role}
    if dealer is None:
        return link, None
    dealing = {"id": dealing_id(source, service), "role": "SERVICE", **said}
    dealing["fingerprint"] = content_fingerprint(person, dealer, dealing)
    return link, {"from": person, "to": dealer, "edge": dealing}


def _person(making: Making, row: PersonRow) -> None:
    made = making.made
    masks: dict[Field, str] = {}
    for item in IDENTIFIERS:
        value = getattr(row, item.value)
        if value is not None:
            masks[item] = making.identifier("gave", item, value)
    if row.name is not None:
        making.personal(Field.NAME, row.name)
    shown = known(
        kind=row.kind,
        name=None if row.name is None else mask_name(row.name, legal=row.kind == "LEGAL"),
        phone=masks.get(Field.PHONE),
        gender=row.gender,
        birthYear=row.birth_year,
        city=row.city,
        licensed=row.licensed,
    )
    registration = making.thing(touchpoint=row.touchpoint, firstSeen=row.first_seen, lastSeen=row.last_seen, **shown)
    made.thing = {"registration": registration, "person": {"id": make_id(Kind.PERSON, *made.key), **shown}}
    if row.household is not None:
        making.link(
            "lives_in",
            made.id,
            making.ref(Kind.HOUSEHOLD, row.household),
            via=made.id,
            relation=row.household_relation,
            validFrom=row.household_from,
            validTo=row.household_to,
        )


def _vehicle(making: Making, row: VehicleRow) -> None:
    made = making.made
    made.vin = row.vin
    model = None if row.model is None else making.ref(Kind.MODEL, row.model)
    making.thing(
        vin=row.vin,
        vinReversed=row.vin and row.vin[::-1],
        brand=row.brand,
        modelId=model,
        modelYear=row.model_year,
        type=row.type,
        energy=row.energy,
        builtOn=row.built_on,
        deliveredOn=row.delivered_on,
        inUseSince=row.delivered_on or row.built_on or (date(row.model_year, 1, 1) if row.model_year else None),
        warrantyUntil=row.warranty_until,
        plate=None if row.plate is None else making.identifier("carries", Field.PLATE, row.plate),
    )
    if model is not None:
        making.link("of_model", made.id, model)
    if row.household is not None:
        household = making.ref(Kind.HOUSEHOLD, row.household)
        making.link("keeps", household, made.id, validFrom=row.household_from, validTo=row.household_to)


def _model(making: Making, row: ModelRow) -> None:
    making.thing(brand=row.brand, name=row.name, type=row.type, energy=row.energy)


def _dealer(making: Making, row: DealerRow) -> None:
    making.thing(name=row.name, brand=row.brand, city=row.city)
    if row.parent is not None:
        making.link("under", making.made.id, making.ref(Kind.DEALER, row.parent))


def _club(making: Making, row: ClubRow) -> None:
    making.thing(name=row.name, brand=row.brand, city=row.city, foundedOn=row.founded_on)


def _household(making: Making, row: HouseholdRow) -> None:
    making.thing(city=row.city)


def _intent(making: Making, row: IntentRow) -> None:
    person = making.ref(Kind.REGISTRATION, row.person)
    model = making.ref(Kind.MODEL, row.model)
    dealer = None if row.dealer is None else making.ref(Kind.DEALER, row.dealer)
    during: dict[str, Any] = {"via": person, "validFrom": row.valid_from, "validTo": row.valid_to}
    making.main_link("intends_to_buy", person, model, heat=row.heat, stage=row.stage, dealerId=dealer, **during)
    if dealer is not None:
        making.link("dealt_with", person, dealer, role="INTENT", **during)


def _purchase(making: Making, row: PurchaseRow) -> None:
    person = making.ref(Kind.REGISTRATION, row.person)
    vehicle = making.ref(Kind.VEHICLE, row.vehicle)
    dealer = None if row.dealer is None else making.ref(Kind.DEALER, row.dealer)
    during: dict[str, Any] = {"via": person, "validFrom": row.valid_from, "validTo": row.valid_to}
    making.main_link(
        "purchased",
        person,
        vehicle,
        condition=row.condition,
        motive=row.motive,
        price=row.price,
        currency=None if row.price is None else row.currency,
        dealerId=dealer,
        **during,
    )
    if dealer is not None:
        making.link("dealt_with", person, dealer, role="PURCHASE", **during)


def _drive(making: Making, row: DriveRow) -> None:
    person = making.ref(Kind.REGISTRATION, row.person)
    vehicle = making.ref(Kind.VEHICLE, row.vehicle)
    making.main_link("drives", person, vehicle, via=person, validFrom=row.valid_from, validTo=row.valid_to)


def _membership(making: Making, row: MembershipRow) -> None:
    person = making.ref(Kind.REGISTRATION, row.person)
    club = making.ref(Kind.CLUB, row.club)
    making.main_link(
        "member_of", person, club, rank=row.rank, via=person, validFrom=row.valid_from, validTo=row.valid_to
    )


def _consent(making: Making, row: ConsentRow) -> None:
    person = making.ref(Kind.REGISTRATION, row.person)
    making.main_link(
        "consented_to",
        person,
        partner_id(row.partner),
        partner=row.partner,
        purpose=row.purpose,
        via=person,
        validFrom=row.valid_from,
        validTo=row.valid_to,
    )


def _service(making: Making, row: ServiceRow) -> None:
    made = making.made
    vehicle = making.ref(Kind.VEHICLE, row.vehicle)
    person = None if row.person is None else making.ref(Kind.REGISTRATION, row.person)
    dealer = None if row.dealer is None else making.ref(Kind.DEALER, row.dealer)
    service = None
    if person is not None:
        service = make_id(Kind.SERVICE, making.source, f"{person}|{vehicle}|{dealer or ''}")
        made.service = service_links(service, making.source, person, vehicle, dealer, row.visited_on)
    making.thing(
        visitedOn=row.visited_on,
        kind=row.kind,
        mileage=row.mileage,
        amount=row.amount,
        currency=None if row.amount is None else row.currency,
        dealerId=dealer,
        registrationId=person,
        serviceId=service,
    )
    making.link("had", vehicle, made.id, validFrom=row.visited_on)


def _referral(making: Making, row: ReferralRow) -> None:
    made = making.made
    referrer = making.ref(Kind.REGISTRATION, row.referrer)
    friend = making.ref(Kind.REGISTRATION, row.friend)
    made_on = row.made_on
    making.thing(madeOn=made_on)
    making.link("made", referrer, made.id, via=referrer, validFrom=made_on)
    making.link("of", made.id, friend, via=friend, validFrom=made_on)
    if row.dealer is not None:
        making.link("referral_at", made.id, making.ref(Kind.DEALER, row.dealer), validFrom=made_on)
    if row.club is not None:
        making.link("through", made.id, making.ref(Kind.CLUB, row.club), validFrom=made_on)
    if row.vehicle is not None:
        making.link("resulted_in", made.id, making.ref(Kind.VEHICLE, row.vehicle), validFrom=made_on)


def _referral_step(making: Making, row: ReferralStepRow) -> None:
    making.thing(status=row.status, rank=_RANKS[row.status], reachedOn=row.reached_on)
    referral = making.ref(Kind.REFERRAL, row.referral)
    making.link("reached", referral, making.made.id, validFrom=row.reached_on)


_RULES: Final[dict[str, tuple[Kind, Callable[[Making, Any], None]]]] = {
    "models": (Kind.MODEL, _model),
    "dealers": (Kind.DEALER, _dealer),
    "clubs": (Kind.CLUB, _club),
    "households": (Kind.HOUSEHOLD, _household),
    "people": (Kind.REGISTRATION, _person),
    "vehicles": (Kind.VEHICLE, _vehicle),
    "intents": (Kind.INTENT, _intent),
    "purchases": (Kind.PURCHASE, _purchase),
    "drives": (Kind.DRIVE, _drive),
    "services": (Kind.VISIT, _service),
    "memberships": (Kind.MEMBERSHIP, _membership),
    "consents": (Kind.CONSENT, _consent),
    "referrals": (Kind.REFERRAL, _referral),
    "referral_steps": (Kind.STEP, _referral_step),
}
