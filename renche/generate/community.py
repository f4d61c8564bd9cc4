"""A community: some fifty people of one city whose lives touch only each other's.

Communities are made one after the other and forgotten, so memory does not grow with the number of people.
"""

from renche.generate.brand import Brand, Club, any_city
from renche.generate.clubs import join
from renche.generate.days import Calendar
from renche.generate.draw import stream
from renche.generate.files import Row
from renche.generate.identifiers import Identifiers
from renche.generate.intents import intend
from renche.generate.people import Person, settle
from renche.generate.referrals import refer
from renche.generate.registrations import register, sign_up
from renche.generate.services import visit
from renche.generate.vehicles import Holding, Vehicle, hand_over, trade

SIZE = 50
"""People in a community: enough neighbours to buy from and to recommend to."""


class Register:
    """What all communities of a run share: the brand, the calendar, the rows, and numbers given out once."""

    def __init__(
        self,
        seed: int,
        brand: Brand,
        calendar: Calendar,
        identifiers: Identifiers,
        rows: dict[str, list[Row]],
    ) -> None:
        """Begin to count at 1."""
        self.seed = seed
        self.brand = brand
        self.calendar = calendar
        self.identifiers = identifiers
        self.rows = rows
        self.numbers = dict.fromkeys(("vehicles", "households", "intents", "referrals"), 0)


class Community:
    """The people and vehicles of one community while they are made up."""

    def __init__(self, register_: Register, number: int, home_club: Club | None) -> None:
        """An empty community; one that is a club's home lies in that club's city."""
        self.chance = stream(register_.seed, f"community {number}")
        self.brand = register_.brand
        self.calendar = register_.calendar
        self.identifiers = register_.identifiers
        self.rows = register_.rows
        self.iso = self.calendar.iso
        self.today = self.calendar.today
        self.this_year = self.calendar.year[self.today]
        self.home_club = home_club
        self.city = home_club.city if home_club else any_city(self.chance)
        self.people: list[Person] = []
        self.vehicles: list[Vehicle] = []
        self.for_sale: list[Holding] = []
        self.voices: list[Person] = []
        self._numbers = register_.numbers

    def next_number(self, kind: str) -> int:
        """The next number of this kind in the whole run."""
        number = self._numbers[kind] = self._numbers[kind] + 1
        return number

    def next_id(self, kind: str) -> str:
        """The next source id of this kind: its initial and a number."""
        return f"{kind[0].upper()}{self.next_number(kind):08d}"

    def live(self, people: int) -> None:
        """Make up the whole history of so many people and lay its rows down."""
        settle(self, people)
        sign_up(self)
        trade(self)
        hand_over(self)
        for vehicle in self.vehicles:
            visit(self, vehicle)
        for person in self.people:
            intend(self, person)
        join(self)
        refer(self)
        register(self)
        self._forget()

    def _forget(self) -> None:
        """Part people from their vehicles and households, so that memory is free without a garbage collection."""
        for person in self.people:
            person.holdings.clear()
            person.household = None
        for vehicle in self.vehicles:
            vehicle.holdings.clear()
