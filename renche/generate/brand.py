"""The invented brand Yunhe (云河): its models, dealers with their secondary dealers, and local clubs.

These tables are small and stay in memory for the whole run. Their size follows the number of people: about
one dealer for 250 (at least 12; from two million on, one for 2,000) and one club for 300 (at least 8, at most
320, and no more than there are communities).
"""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from random import Random

from renche.generate.cities import CITIES, RUNNING_TOTAL, City, shared_out
from renche.generate.days import Calendar
from renche.generate.draw import spread, stream
from renche.generate.files import Row
from renche.generate.identifiers import LETTERS, Identifiers
from renche.generate.names import words

NAME = "Yunhe"
_QUARTER = 91

# Name, type, energy, quarters since the launch, price in CNY, warranty in years, weight among sales.
_RANGE = (
    ("启程", "car", "petrol", 40, 86800, 3, 16),
    ("远山", "suv", "petrol", 39, 119800, 3, 18),
    ("行舟", "van", "petrol", 36, 138800, 3, 6),
    ("驼铃", "pickup", "diesel", 33, 109800, 3, 3),
    ("负重", "truck", "diesel", 31, 98800, 3, 2),
    ("启程 双擎", "car", "hybrid", 28, 122800, 4, 9),
    ("朝露", "car", "electric", 25, 149800, 4, 11),
    ("远山 插电", "suv", "plug_in_hybrid", 22, 165800, 4, 16),
    ("旷野", "motorhome", "diesel", 20, 328800, 3, 1),
    ("流萤", "car", "electric", 18, 56800, 3, 12),
    ("星渡", "suv", "electric", 14, 209800, 6, 16),
    ("北岸", "suv", "range_extended", 10, 249800, 6, 14),
)
_TYPE_SIGN = {"car": "C", "suv": "S", "van": "V", "pickup": "P", "truck": "T", "motorhome": "M"}
_ENERGY_SIGN = {
    "petrol": 1,
    "diesel": 2,
    "hybrid": 3,
    "plug_in_hybrid": 4,
    "range_extended": 5,
    "electric": 6,
}
_PLACES = words("城东 城西 城南 城北 新区 开发区 高新 滨江 汽车城 中心")
_GROUPS = words("恒信 广达 宏运 鸿宇 利通 众合 天马 永盛 正大 骏驰")
_CLUB_NAMES = words("风行 同路 四海 晨光 逐风 乐途 问道 千里")


@dataclass(frozen=True, slots=True)
class Model:
    """A model on sale since the day `launched`; `vin_sign` is the part of the VIN that describes it."""

    id: str
    name: str
    type: str
    energy: str
    launched: int
    price: int
    warranty_years: int
    weight: int
    vin_sign: str


@dataclass(frozen=True, slots=True)
class Dealer:
    """A dealer; a secondary one names its parent. The phone is of a clerk who enters his own for buyers."""

    id: str
    name: str
    city: City
    parent: str
    clerk_phone: str


@dataclass(frozen=True, slots=True)
class Club:
    """A local owner club, founded on the day `founded`."""

    id: str
    name: str
    city: City
    founded: int


class Brand:
    """What is the same for all people of one run."""

    def __init__(self, people: int, clubs: int, seed: int, calendar: Calendar, identifiers: Identifiers) -> None:
        """Draw up the brand for a run of `people` with at most `clubs` clubs."""
        chance = stream(seed, "brand")
        self.models = _models(calendar)
        self.opened = min(model.launched for model in self.models)
        self.on_sale = [
            spread({model: model.weight for model in self.models if model.launched <= quarter * _QUARTER})
            for quarter in range(calendar.today // _QUARTER + 1)
        ]
        self.dealers = _dealers(max(12, min(people // 250, 1000), people // 2000), chance, identifiers)
        self.clubs = _clubs(min(320, max(8, people // 300), clubs), chance, self.opened, calendar)
        self._dealers_near: defaultdict[str, list[Dealer]] = defaultdict(list)
        for dealer in self.dealers:
            self._dealers_near[dealer.city.code].append(dealer)
            self._dealers_near[dealer.city.code[:2]].append(dealer)
        self._clubs_in: defaultdict[str, list[Club]] = defaultdict(list)
        for club in self.clubs:
            self._clubs_in[club.city.code].append(club)

    def model_sold(self, chance: Random, day: int) -> Model:
        """A model on sale that day, by its share of the sales."""
        on_sale = self.on_sale[day // _QUARTER]
        return on_sale[int(chance.random() * len(on_sale))]

    def dealers_near(self, city: City) -> list[Dealer]:
        """Dealers of the city, otherwise of its province, otherwise all."""
        near = self._dealers_near
        return near.get(city.code) or near.get(city.code[:2]) or self.dealers

    def clubs_in(self, city: City) -> list[Club]:
        """Clubs of the city; perhaps none."""
        return self._clubs_in.get(city.code, [])

    def rows(self, calendar: Calendar) -> dict[str, list[Row]]:
        """The brand's own files: models, dealers and clubs."""
        return {
            "models": [("catalogue", each.id, NAME, each.name, each.type, each.energy) for each in self.models],
            "dealers": [
                ("dms", each.id, each.name, NAME, each.city.code, "dms" if each.parent else "", each.parent)
                for each in self.dealers
            ],
            "clubs": [
                ("club", each.id, each.name, NAME, each.city.code, calendar.iso[each.founded]) for each in self.clubs
            ],
        }


def any_city(chance: Random) -> City:
    """A city drawn by its residents."""
    return CITIES[bisect_right(RUNNING_TOTAL, int(chance.random() * RUNNING_TOTAL[-1]))]


def _models(calendar: Calendar) -> tuple[Model, ...]:
    return tuple(
        Model(
            id=f"YH{number:02d}",
            name=name,
            type=type_,
            energy=energy,
            launched=(calendar.today // _QUARTER - quarters) * _QUARTER,
            price=price,
            warranty_years=years,
            weight=weight,
            vin_sign=f"{LETTERS[number - 1]}{_TYPE_SIGN[type_]}{_ENERGY_SIGN[energy]}1",
        )
        for number, (name, type_, energy, quarters, price, years, weight) in enumerate(_RANGE, 1)
    )


def _dealers(count: int, chance: Random, identifiers: Identifiers) -> list[Dealer]:
    """Two of three dealers contract with the maker; the rest are secondary, near their parent."""
    r = chance.random
    contracted = count - count // 3
    dealers: list[Dealer] = []
    for number, city in enumerate(shared_out(contracted)):
        name = f"{city.name}{_GROUPS[int(r() * 10)]}云河{_PLACES[int(r() * 10)]}4S店"
        # One dealer in twelve has the clerk: a phone with too many people is a case that must occur.
        clerk = identifiers.phone() if number % 12 == 3 else ""
        dealers.append(Dealer(f"D{number + 1:04d}", name, city, "", clerk))
    for number in range(contracted, count):
        parent = dealers[int(r() * contracted)]
        around = [city for city in CITIES if city.code[:2] == parent.city.code[:2]]
        city = parent.city if r() < 0.5 else around[int(r() * len(around))]
        name = f"{city.name}{_PLACES[int(r() * 10)]}云河二网展厅"
        dealers.append(Dealer(f"D{number + 1:04d}", name, city, parent.id, ""))
    return dealers


def _clubs(count: int, chance: Random, opened: int, calendar: Calendar) -> list[Club]:
    span = calendar.today - 400 - opened
    clubs: list[Club] = []
    for number, city in enumerate(shared_out(count), 1):
        first = not any(club.city is city for club in clubs)
        name = f"{city.name}云河{'' if first else _CLUB_NAMES[number % len(_CLUB_NAMES)]}车友会"
        clubs.append(Club(f"C{number:03d}", name, city, opened + 180 + int(chance.random() * (span - 180))))
    return clubs
