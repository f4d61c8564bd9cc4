"""What the touchpoints know of each person: the people file, with what is missing, shared or recycled."""

from typing import TYPE_CHECKING

from renche.generate.draw import spread
from renche.generate.identifiers import id_card
from renche.generate.people import OWNER, Person

if TYPE_CHECKING:
    from renche.generate.community import Community

_OWNERS_FROM = spread(
    {"dms": 40, "app": 21, "mini_programme": 10, "club": 8, "service": 7, "finance": 6, "used_car": 3,
     "insurance": 3, "charging": 2}
)  # fmt: skip
_OTHERS_FROM = spread(
    {"app": 19, "mini_programme": 19, "site": 18, "dms": 15, "call_centre": 8, "live_stream": 8,
     "auto_show": 6, "club": 4, "service": 3}
)  # fmt: skip
_SECOND_FROM = ("app", "mini_programme", "club", "call_centre", "service", "site", "charging", "insurance")
_TOUCHPOINTS = {"dms": ("showroom", "delivery_centre", "road_show"), "club": ("club_event", "club_app")}
_TWICE = 0.15
_CLERK, _FAMILY_PHONE, _RECYCLED = 0.4, 0.12, 0.2


def sign_up(community: "Community") -> None:
    """Give each person a registration, and every seventh a second one in another source."""
    r = community.chance.random
    row = community.identifiers.row
    for person in community.people:
        person.source = (
            "dms" if person.legal else (_OWNERS_FROM if person.status == OWNER else _OTHERS_FROM)[int(r() * 100)]
        )
        person.id = row()
        if not person.legal and r() < _TWICE:
            second = _SECOND_FROM[int(r() * 8)]
            person.other_source = second if second != person.source else "finance"
            person.other_id = row()


def register(community: "Community") -> None:
    """Write the people, after everything that they did is known."""
    iso, today = community.iso, community.today
    rows = community.rows["people"]
    phones: dict[Person, str] = {}
    given_up: list[tuple[str, int]] = []
    for person in community.people:
        first, last = _span(community, person)
        phone = phones[person] = _phone(community, person, first, phones, given_up)
        # Who has not been seen for long may have given his number up.
        if phone and last < today - 700 and not person.holdings:
            given_up.append((phone, last + 120))
        values = _values(community, person, phone)
        rows.append((person.source, person.id, *values, *_seen(iso, first, last), *_lives(community, person, first)))
        if person.other_id:
            rows.append(_second(community, person, phone, values, first, last))


def _span(community: "Community", person: Person) -> tuple[int, int]:
    """The first and last day on which the person's main source saw him."""
    r = community.chance.random
    today = community.today
    u = r()
    if person.last < 0:
        opened = community.brand.opened
        first = today - int(u * u * (today - opened))
        return first, first + int(r() * (today - first))
    last = min(person.last, today)
    return max(0, person.first - int(u * u * 200)), last + int(r() * r() * (today - last))


def _phone(
    community: "Community",
    person: Person,
    first: int,
    phones: dict[Person, str],
    given_up: list[tuple[str, int]],
) -> str:
    """The person's phone: mostly his own; else the dealer clerk's, the family's, a recycled one, or none."""
    r = community.chance.random
    x = r()
    if x < 0.04:
        return ""
    if person.holdings and person.source == "dms":
        dealer = person.holdings[0].dealer
        if dealer and dealer.clerk_phone and r() < _CLERK:
            return dealer.clerk_phone
    household = person.household
    if household and person.relation != "head" and r() < _FAMILY_PHONE and phones.get(household.members[0]):
        return phones[household.members[0]]
    if given_up and x < 0.04 + _RECYCLED and given_up[-1][1] < first:
        return given_up.pop()[0]
    return community.identifiers.phone()


def _values(community: "Community", person: Person, phone: str) -> tuple[str, ...]:
    """The columns from `kind` to `touchpoint`."""
    r = community.chance.random
    source = person.source
    owned = next((held.vehicle.plate for held in reversed(person.holdings) if not held.until), "")
    plate = owned if r() < 0.985 else ""
    touchpoint = _touchpoint(community, source)
    if person.legal:
        return (
            "legal",
            person.name,
            phone,
            "",
            "",
            "",
            "",
            "",
            plate,
            "",
            "",
            person.city.code,
            "",
            touchpoint,
        )
    paper = source in ("dms", "finance", "insurance")
    born = person.birth_year
    return (
        "natural",
        person.name if paper or r() < 0.93 else "",
        phone,
        f"u{person.id}@example.com" if r() < 0.16 else "",
        _unionid(r(), r()) if source in ("mini_programme", "club") or r() < 0.3 else "",
        f"yh{person.id}" if source == "app" or r() < 0.25 else "",
        f"M{person.id}" if person.club or r() < 0.15 else "",
        id_card(person.city.code, born, int(r() * 336), int(r() * 1000)) if paper and r() < 0.4 else "",
        plate,
        person.gender if r() < 0.9 else "",
        str(born) if paper or r() < 0.8 else "",
        person.city.code if r() < 0.96 else "",
        ("true" if person.licensed else "false") if r() < 0.88 else "",
        touchpoint,
    )


def _second(
    community: "Community", person: Person, phone: str, values: tuple[str, ...], first: int, last: int
) -> tuple[str, ...]:
    """The second registration: part of the same values, sometimes another phone, and accounts of its own."""
    r = community.chance.random
    source, id_ = person.other_source, person.other_id
    name, plate, gender, born, city, licensed = (values[number] for number in (1, 8, 9, 10, 11, 12))
    x = r()
    since = min(first + int(r() * (last - first)), person.other_first)
    return (
        source,
        id_,
        "natural",
        name if r() < 0.8 else "",
        phone if x < 0.84 else community.identifiers.phone() if x < 0.92 else "",
        values[3] if r() < 0.5 else "",
        values[4] or (_unionid(r(), r()) if source in ("mini_programme", "club") else ""),
        f"yh{id_}" if source == "app" else "",
        values[6] if r() < 0.3 else "",
        "",
        plate if r() < 0.93 else "",
        gender if r() < 0.6 else "",
        born if r() < 0.5 else "",
        city if r() < 0.8 else "",
        licensed if r() < 0.3 else "",
        _touchpoint(community, source),
        *_seen(community.iso, since, last),
        "", "", "", "", "",
    )  # fmt: skip


def _seen(iso: list[str], first: int, last: int) -> tuple[str, str]:
    return iso[first], iso[last]


def _lives(community: "Community", person: Person, first: int) -> tuple[str, ...]:
    """The columns of the household; when somebody moved in or out is seldom known."""
    household = person.household
    if household is None:
        return ("", "", "", "", "")
    r = community.chance.random
    iso = community.iso
    u = r()
    since = int(u * 2 * first) if u < 0.5 else 0
    left = ""
    if person.relation in ("child", "sibling", "other") and r() < 0.06 and first < community.today - 10:
        left = iso[first + 1 + int(r() * (community.today - first - 2))]
    return ("crm", household.id, person.relation, iso[since] if u < 0.5 else "", left)


def _touchpoint(community: "Community", source: str) -> str:
    places = _TOUCHPOINTS.get(source)
    return places[int(community.chance.random() * len(places))] if places else source


def _unionid(one: float, two: float) -> str:
    """28 signs, as WeChat gives them to a person for all apps of one company."""
    return f"o{int(one * 2**52):013x}Y{int(two * 2**52):013x}"
