"""Vehicles and who bought them: new, used, additional, in replacement, by companies; and who drives them."""

from typing import TYPE_CHECKING

from renche.generate.brand import NAME, Dealer, Model
from renche.generate.identifiers import plate_kind
from renche.generate.people import OWNER, PAST, Household, Person

if TYPE_CHECKING:
    from renche.generate.community import Community

_REPLACED, _ADDITIONAL, _USED = 0.17, 0.12, 0.32
"""Chances: an owner had a vehicle before; has a second; takes a used one when a neighbour has sold his."""
_OWNER_TOO, _OTHER_TOO = 0.02, 0.09
"""Chances that a member of the household drives it too: one who has a vehicle of the brand, one who has none."""


class Vehicle:
    """A vehicle by its VIN, with those who held it in the order of time."""

    __slots__ = (
        "built", "dealer", "delivered", "holdings", "id", "kept_by", "model", "number", "plate",
        "second_driver", "warranty_until",
    )  # fmt: skip

    def __init__(self, number: int, model: Model, delivered: int, dealer: Dealer) -> None:
        self.number = number
        self.id = f"V{number:08d}"
        self.model = model
        self.delivered = delivered
        self.dealer = dealer
        self.holdings: list[Holding] = []
        self.plate = ""
        self.kept_by: Household | None = None
        self.second_driver: Person | None = None
        self.built = 0
        self.warranty_until = 0


class Holding:
    """One person's time with a vehicle: from the purchase to the sale, or until today (`until` 0)."""

    __slots__ = ("buyer", "condition", "dealer", "motive", "price", "since", "until", "vehicle")

    def __init__(self, vehicle: Vehicle, buyer: Person, since: int, condition: str, motive: str, price: int) -> None:
        self.vehicle = vehicle
        self.buyer = buyer
        self.since = since
        self.until = 0
        self.condition = condition
        self.motive = motive
        self.price = price
        self.dealer: Dealer | None = None


def trade(community: "Community") -> None:
    """Everybody's purchases up to today: those who sell come first, so that others can buy from them."""
    r = community.chance.random
    later: list[Person] = []
    for person in community.people:
        if person.legal:
            _fleet(community, person)
        elif person.status == PAST:
            day = _day(community, person, 500)
            _sell(community, _buy_new(community, person, day, "first"), day + 365, community.today - 10)
        elif person.status == OWNER:
            if r() < _REPLACED and person.grown < community.today - 1400:
                _replace(community, person)
            else:
                later.append(person)
    for person in later:
        if community.for_sale and r() < _USED and community.for_sale[-1].until > person.grown:
            _buy_used(community, person, community.for_sale.pop())
            continue
        first = _buy_new(community, person, _day(community, person, 3), "first")
        if r() < _ADDITIONAL and first.since < community.today - 400:
            day = first.since + 200 + int(r() * (community.today - first.since - 203))
            _buy_new(community, person, day, "additional")


def _day(community: "Community", person: Person, least: int) -> int:
    """A day at least `least` days ago, on which the person was grown; the brand grows, so most are recent."""
    u = community.chance.random()
    span = community.today - least - max(community.brand.opened, person.grown)
    return community.today - least - int(u * u * max(0, span))


def _buy_new(community: "Community", person: Person, day: int, motive: str) -> Holding:
    chance = community.chance
    r = chance.random
    model = community.brand.model_sold(chance, day)
    near = community.brand.dealers_near(person.city)
    dealer = near[int(r() * len(near))]
    vehicle = Vehicle(community.next_number("vehicles"), model, day, dealer)
    vehicle.built = day - 12 - int(r() * 80)
    vehicle.warranty_until = community.calendar.later[model.warranty_years][day]
    holding = Holding(vehicle, person, day, "new", motive, int(model.price * (0.93 + r() * 0.16)) // 100 * 100)
    holding.dealer = dealer
    vehicle.plate = _new_plate(community, person, vehicle)
    community.vehicles.append(vehicle)
    _hold(vehicle, holding)
    return holding


def _buy_used(community: "Community", person: Person, sold: Holding) -> None:
    """Take over what somebody sold, on the day he sold it: by a dealer or from hand to hand."""
    r = community.chance.random
    vehicle = sold.vehicle
    years = (sold.until - vehicle.delivered) // 365
    price = int(vehicle.model.price * max(0.18, 0.8 - 0.08 * years - 0.1 * r())) // 100 * 100
    holding = Holding(vehicle, person, sold.until, "used", "first", price)
    if r() < 0.4:
        near = community.brand.dealers_near(person.city)
        holding.dealer = near[int(r() * len(near))]
    vehicle.plate = _new_plate(community, person, vehicle)
    _hold(vehicle, holding)


def _hold(vehicle: Vehicle, holding: Holding) -> None:
    vehicle.holdings.append(holding)
    holding.buyer.holdings.append(holding)
    holding.buyer.seen(holding.since)


def _sell(community: "Community", holding: Holding, earliest: int, latest: int) -> None:
    """Sell the vehicle on some day between; most often the next owner is not known to the brand."""
    r = community.chance.random
    holding.until = earliest + int(r() * (latest - earliest))
    holding.vehicle.plate = ""
    if r() < 0.8:
        community.for_sale.append(holding)


def _replace(community: "Community", person: Person) -> None:
    """A vehicle some years ago, and another in its place; its plate may move along."""
    r = community.chance.random
    old = _buy_new(community, person, _day(community, person, 1200), "first")
    plate = old.vehicle.plate
    _sell(community, old, old.since + 700, community.today - 30)
    new = _buy_new(community, person, old.until, "replacement")
    if r() < 0.6 and plate_kind(old.vehicle.model.energy) == plate_kind(new.vehicle.model.energy):
        new.vehicle.plate = plate


def _fleet(community: "Community", company: Person) -> None:
    """One to four vehicles of a company; now and then it sells the first."""
    r = community.chance.random
    first = _buy_new(community, company, _day(community, company, 30), "first")
    company.grown = first.since
    for _ in range(int(r() * r() * 5)):
        _buy_new(community, company, _day(community, company, 3), "additional")
    if r() < 0.15 and first.since < community.today - 1000:
        _sell(community, first, first.since + 700, community.today - 30)
        _buy_new(community, company, first.until, "replacement")


def _new_plate(community: "Community", person: Person, vehicle: Vehicle) -> str:
    """A plate of the buyer's city; the newest vehicles may still wait for theirs."""
    r = community.chance.random
    if vehicle.delivered > community.today - 45 and r() < 0.4:
        return ""
    prefixes = person.city.plates
    return community.identifiers.plate(prefixes[int(r() * r() * len(prefixes))], vehicle.model.energy)


def hand_over(community: "Community") -> None:
    """Write every vehicle, its purchases and who drives it."""
    r = community.chance.random
    iso = community.iso
    year = community.calendar.year
    purchases, drives, vehicles = (community.rows[kind] for kind in ("purchases", "drives", "vehicles"))
    for vehicle in community.vehicles:
        for number, holding in enumerate(vehicle.holdings, 1):
            buyer, dealer = holding.buyer, holding.dealer
            used = holding.condition == "used"
            until = iso[holding.until] if holding.until else ""
            purchases.append(
                (
                    "used_car" if used else "dms", f"{vehicle.id}-{number}", buyer.source, buyer.id,
                    "dms", vehicle.id, "dms" if dealer else "", dealer.id if dealer else "",
                    holding.condition, holding.motive if r() < 0.95 else "",
                    f"{holding.price}.00" if r() < 0.97 else "", "CNY", iso[holding.since], until,
                )
            )  # fmt: skip
            for order, (driver, since, end) in enumerate(_drivers(community, holding)):
                driver.seen(since)
                begin = iso[since] if r() < 0.98 else ""
                drives.append(
                    ("app", f"{vehicle.id}-{number}{'abc'[order]}", driver.source, driver.id,
                     "dms", vehicle.id, begin, iso[end] if end else "")
                )  # fmt: skip
        model = vehicle.model
        built = vehicle.built if r() < 0.9 else 0
        # A vehicle built in autumn is next year's model.
        model_year = year[vehicle.built + 115]
        kept_by = vehicle.kept_by
        vehicles.append(
            (
                "dms", vehicle.id,
                community.identifiers.vin(model.vin_sign, model_year, vehicle.number) if r() < 0.995 else "",
                NAME, "catalogue", model.id, str(model_year), model.type, model.energy,
                iso[built] if built else "", iso[vehicle.delivered] if not built or r() < 0.99 else "",
                iso[vehicle.warranty_until] if r() < 0.96 else "", vehicle.plate,
                "crm" if kept_by else "", kept_by.id if kept_by else "",
                iso[vehicle.holdings[-1].since] if kept_by else "", "",
            )
        )  # fmt: skip


def _drivers(community: "Community", holding: Holding) -> list[tuple[Person, int, int]]:
    """Who drives during this holding, each with a first and last day (0: still): at most three."""
    r = community.chance.random
    buyer, since, until = holding.buyer, holding.since, holding.until
    if buyer.legal:
        return _company_drivers(community, holding)
    household = buyer.household
    if household is None or len(household.members) == 1:
        return [(buyer, since, until)] if r() < 0.96 else []
    if not until and r() < 0.05:
        # Whose it is in the family nobody said: the household keeps it.
        holding.vehicle.kept_by = household
        return []
    drivers = [(buyer, since, until)] if r() < 0.94 else []
    for member in household.members:
        likely = _OWNER_TOO if member.status == OWNER else _OTHER_TOO
        if member is not buyer and member.licensed and member.grown < since and len(drivers) < 3 and r() < likely:
            begin = since if r() < 0.6 else since + int(r() * ((until or community.today) - since))
            drivers.append((member, begin, until))
            holding.vehicle.second_driver = member
    return drivers


def _company_drivers(community: "Community", holding: Holding) -> list[tuple[Person, int, int]]:
    """A natural person drives the company's vehicle, perhaps another after him; of some nobody knows who."""
    r = community.chance.random
    since, until = holding.since, holding.until
    able = [each for each in community.people if not each.legal and each.licensed and each.grown < since]
    if not able or r() < 0.2:
        return []
    first = able[int(r() * len(able))]
    holding.vehicle.second_driver = first
    last = until or community.today
    if r() < 0.2 and last - since > 300:
        change = since + 150 + int(r() * (last - since - 200))
        second = able[int(r() * len(able))]
        if second is not first:
            holding.vehicle.second_driver = second
            return [(first, since, change), (second, change, until)]
    return [(first, since, until)]
