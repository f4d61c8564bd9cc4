"""The people of a community: companies, and households of one to five, before they own or do anything."""

from typing import TYPE_CHECKING

from renche.generate.brand import Club, any_city
from renche.generate.cities import City
from renche.generate.draw import spread
from renche.generate.names import SURNAMES, company_name, given_name

if TYPE_CHECKING:
    from renche.generate.community import Community
    from renche.generate.vehicles import Holding

OWNER, PAST, NEVER = "owner", "past owner", "never owned"
"""What a person is to the brand today."""

_SIZES = spread({1: 50, 2: 25, 3: 15, 4: 7, 5: 3})
_SECOND = spread({"spouse": 70, "parent": 12, "child": 8, "sibling": 6, "other": 4})
_FURTHER = spread({"child": 60, "parent": 26, "sibling": 9, "other": 5})
_COMPANIES = 0.02
# Chances that a member owns a vehicle of the brand, so that owners come to seven people of ten over all.
_OWNS = {"head": 0.91, "spouse": 0.63, "parent": 0.55, "sibling": 0.67, "child": 0.47, "other": 0.58}
_ONCE_OWNED = 0.42
_DRIVING_AGE = 20
"""Nobody buys or drives before the year in which this age is reached."""


class Household:
    """People who live together."""

    __slots__ = ("id", "members")

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.members: list[Person] = []


class Person:
    """A person under the source that knows most; `other` is a second registration, not yet matched."""

    __slots__ = (
        "birth_year", "city", "club", "club_since", "first", "gender", "grown", "holdings", "household", "id",
        "last", "legal", "licensed", "name", "other_first", "other_id", "other_source", "relation", "source",
        "status",
    )  # fmt: skip

    def __init__(self, name: str, city: City, *, legal: bool = False) -> None:
        self.name = name
        self.city = city
        self.legal = legal
        self.gender = ""
        self.birth_year = 0
        self.grown = 0
        self.relation = ""
        self.household: Household | None = None
        self.licensed = False
        self.status = OWNER
        self.source = self.id = self.other_source = self.other_id = ""
        self.holdings: list[Holding] = []
        self.club: Club | None = None
        self.club_since = 0
        # First and last day on which anything happened; beyond all days until something does.
        self.first = self.other_first = 1 << 30
        self.last = -1

    def seen(self, day: int) -> None:
        """Something happened that day."""
        if day < self.first:
            self.first = day
        if day > self.last:
            self.last = day

    def under(self, other: bool, day: int) -> tuple[str, str]:
        """The registration that a row of that day names: the other one if asked for and there is one."""
        if other and self.other_id:
            self.other_first = min(self.other_first, day)
            return self.other_source, self.other_id
        return self.source, self.id


def settle(community: "Community", count: int) -> None:
    """Fill the community with `count` people; the first is always a natural person."""
    r = community.chance.random
    people = community.people
    while len(people) < count:
        if people and r() < _COMPANIES * 1.9:
            # A household brings 1.9 people on average, a company one.
            city = community.city
            people.append(Person(company_name(community.chance, city.name), city, legal=True))
        else:
            _household(community, min(_SIZES[int(r() * 100)], count - len(people)))


def _household(community: "Community", size: int) -> None:
    chance = community.chance
    r = chance.random
    city = community.city if r() < 0.94 else any_city(chance)
    household = Household(community.next_id("households"))
    this_year = community.this_year
    head_age = 22 + int((r() + r()) * 21)
    surname = SURNAMES[int(r() * len(SURNAMES))]
    married = False
    for place in range(size):
        relation, age, gender = "head", head_age, "male" if r() < 0.64 else "female"
        if place:
            relation = (_SECOND if place == 1 else _FURTHER)[int(r() * 100)]
            if relation == "child" and head_age < 40:
                relation = "spouse" if not married else "sibling"
            gender = "male" if r() < 0.5 else "female"
            if relation == "spouse":
                married = True
                gender = "female" if household.members[0].gender == "male" else "male"
                age = max(22, head_age - 4 + int(r() * 8))
            elif relation == "child":
                age = max(16, head_age - 22 - int(r() * 9))
            elif relation == "parent":
                age = head_age + 22 + int(r() * 9)
            else:
                age = max(18, head_age - 7 + int(r() * 14))
        born = this_year - age
        own_name = relation in ("spouse", "other") or (relation == "parent" and gender == "female")
        family = SURNAMES[int(r() * len(SURNAMES))] if own_name else surname
        person = Person(family + given_name(chance, gender, born), city)
        person.gender = gender
        person.birth_year = born
        person.relation = relation
        person.household = household
        person.grown = community.calendar.new_year(born + _DRIVING_AGE)
        # Two years of driving age leave room for a purchase that lies some time back.
        if age < _DRIVING_AGE + 2:
            person.status = NEVER
        elif r() >= _OWNS[relation]:
            person.status = PAST if r() < _ONCE_OWNED and age > _DRIVING_AGE + 4 else NEVER
        person.licensed = age >= _DRIVING_AGE and (person.status != NEVER or r() < 0.6)
        household.members.append(person)
        community.people.append(person)
    # Of one in six people who seem to live alone no household is known.
    if size == 1 and r() < 0.17:
        community.people[-1].household = None
    else:
        community.rows["households"].append(("crm", household.id, city.code))
