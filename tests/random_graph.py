"""Small graphs drawn by chance: dense, with missing values, corrected and retracted facts, rings and shared homes.

They are written straight into an engine. What ingest promises holds in them: of the same link between two things
there is one at any moment, though an earlier one may have been retracted; roles may stand side by side.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from random import Random
from typing import Any, Final

from renche.graph.database import Database, Transaction
from renche.graph.named_queries import Statement
from tests.conftest import empty
from tests.evaluator import Graph, Link, Thing, When

PRESENT: Final = When(date(2026, 7, 1), datetime(2026, 7, 1, 4, 0, tzinfo=UTC))
DAYS: Final = [date.fromisoformat(f"2026-{day}") for day in ("02-28", "03-01", "05-15", "06-30", "07-01", "07-02")]
DAYS += [date(2025, 12, 31), date(2026, 9, 1)]
INSTANTS: Final = [
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1, 7, 30, tzinfo=UTC),
    datetime(2026, 5, 20, 23, 59, 59, 123456, tzinfo=UTC),
    datetime(2026, 6, 30, 16, 0, tzinfo=UTC),
    datetime(2026, 7, 1, 4, 0, tzinfo=UTC),
    datetime(2026, 8, 1, tzinfo=UTC),
]
CITIES: Final = ["310000", "310000", "110000", "440100"]
NAMES: Final = ["one", "two", "One", "star 星", "a`b", 'it\'s "x"', "", "$1 {}", "\\u0060", "// n\nm"]
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"

KINDS: Final = {
    "Person": ("per", 14),
    "Registration": ("reg", 16),
    "Identifier": ("idf", 8),
    "Vehicle": ("veh", 12),
    "Model": ("mod", 4),
    "Dealer": ("dea", 5),
    "Club": ("clu", 3),
    "Household": ("hou", 5),
    "ServiceVisit": ("vis", 18),
    "Referral": ("ref", 16),
    "ReferralStep": ("stp", 26),
}
"""The first letters of ids, and how many of each thing there are."""

ROLES: Final = [
    ("INTENDS_TO_BUY", "int", "Person", "Model", 26),
    ("PURCHASED", "pur", "Person", "Vehicle", 34),
    ("DRIVES", "drv", "Person", "Vehicle", 26),
    ("SERVICES", "srv", "Person", "Vehicle", 18),
    ("MEMBER_OF", "mem", "Person", "Club", 22),
    ("LIVES_IN", "res", "Person", "Household", 24),
    ("KEEPS", "kep", "Household", "Vehicle", 8),
    ("DEALT_WITH", "lnk", "Person", "Dealer", 34),
    ("GAVE", "lnk", "Registration", "Identifier", 24),
]
"""Facts of which several may hold between the same two things."""

LINKS: Final = [
    ("OF_MODEL", "lnk", "Vehicle", "Model", 13),
    ("UNDER", "lnk", "Dealer", "Dealer", 5),
    ("CARRIES", "lnk", "Vehicle", "Identifier", 8),
    ("HAD", "lnk", "Vehicle", "ServiceVisit", 20),
    ("AT", "lnk", "Referral", "Dealer", 16),
    ("MADE", "lnk", "Person", "Referral", 18),
    ("OF", "lnk", "Referral", "Person", 18),
    ("THROUGH", "lnk", "Referral", "Club", 8),
    ("RESULTED_IN", "lnk", "Referral", "Vehicle", 8),
    ("REACHED", "lnk", "Referral", "ReferralStep", 30),
]
"""Facts of which one holds between the same two things."""

ENUMS: Final[Mapping[str, list[str]]] = {
    "kind": ["NATURAL", "LEGAL"],
    "gender": ["FEMALE", "MALE"],
    "type": ["CAR", "SUV", "VAN"],
    "energy": ["PETROL", "ELECTRIC"],
    "heat": ["HOT", "WARM", "COLD"],
    "stage": ["ENQUIRY", "QUOTE", "ORDER"],
    "condition": ["NEW", "USED"],
    "motive": ["FIRST", "ADDITIONAL", "REPLACEMENT"],
    "rank": ["LEAD", "CORE", "MEMBER"],
    "relation": ["HEAD", "SPOUSE", "CHILD"],
    "visit": ["MAINTENANCE", "REPAIR"],
    "identifier": ["PHONE", "PLATE"],
    "status": ["INVITED", "LEAD", "VISITED", "TEST_DRIVE", "ORDERED", "DELIVERED", "REJECTED", "EXPIRED", "VOIDED"],
}


class Drawing:
    """Draws one graph; everything follows from `chance`."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._ids = {label: [self._id(prefix) for _ in range(number)] for label, (prefix, number) in KINDS.items()}

    def graph(self) -> Graph:
        links = [link for kind in ROLES for link in self._roles(*kind)]
        self._services = [link.id for link in links if link.type == "SERVICES"]
        links += [link for kind in LINKS for link in self._links(*kind)]
        things = [
            Thing(label, {"id": id_, **self._properties(label, place)})
            for label, ids in self._ids.items()
            for place, id_ in enumerate(ids)
        ]
        links += [
            Link("OF_PERSON", {}, registration, self._chance.choice(self._ids["Person"]))
            for registration in self._ids["Registration"][2:]
        ]
        return Graph(things, links)

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{''.join(self._chance.choices(_LETTERS, k=26))}"

    def _one(self, *names: str) -> Any:
        return self._chance.choice(ENUMS[names[0]])

    def _some(self, value: Callable[[], Any], missing: float = 0.3) -> Any:
        """A value, or none."""
        return None if self._chance.random() < missing else value()

    def _named(self, label: str, missing: float = 0.2) -> Any:
        """The id of a thing, sometimes of one that is not there."""
        ids = [*self._ids[label], self._id(KINDS[label][0])]
        return self._some(lambda: self._chance.choice(ids), missing)

    def _day(self) -> date:
        return self._chance.choice(DAYS)

    def _long_ago(self) -> date:
        days = [date(2018, 7, 1), date(2018, 7, 2), date(2022, 7, 1), date(2022, 7, 2), date(2024, 2, 29), *DAYS]
        return self._chance.choice(days)

    def _name(self) -> str:
        return self._chance.choice(NAMES)

    def _properties(self, label: str, place: int) -> dict[str, Any]:
        """A thing's own properties; those without a value are left out."""
        chance, some = self._chance, self._some
        found: dict[str, Any] = {"source": chance.choice(["app", "crm", "dms"]), "sourceId": f"{label[0]}{place:02}"}
        match label:
            case "Person":
                found |= {"kind": self._one("kind"), "gender": some(lambda: self._one("gender"))}
                found |= {"name": some(self._name), "phone": some(lambda: "138****1234")}
                found |= {"birthYear": some(lambda: chance.choice([1960, 1985, 1985, 2001]))}
                found |= {"licensed": some(lambda: chance.random() < 0.7), "city": some(self._city, 0.15)}
            case "Registration":
                found |= {"touchpoint": some(self._name), "name": some(self._name), "city": some(self._city)}
                found |= {"firstSeen": some(self._day), "lastSeen": some(self._day)}
            case "Identifier":
                kind = self._one("identifier")
                value = f"+86138000000{place:02}" if kind == "PHONE" else f"沪A123{place:02}"
                found = {"kind": kind, "mask": f"1{place}****9", "hmac": f"{kind}:{value}"}
            case "Vehicle":
                found |= {"brand": some(self._brand), "modelYear": some(lambda: chance.choice([2019, 2022, 2025]))}
                found |= {"type": some(lambda: self._one("type")), "energy": some(lambda: self._one("energy"))}
                found |= {"builtOn": some(self._long_ago), "deliveredOn": some(self._long_ago)}
                found |= {"inUseSince": some(self._long_ago, 0.1), "warrantyUntil": some(self._day)}
                found |= {"modelId": self._named("Model"), "plate": some(lambda: "沪A***45")}
                found |= {
                    "vin": some(lambda: f"LSVAA{chance.choice('AB')}4{place:02}E21{chance.choice('24')}8000"[:17])
                }
                if found["vin"] is not None:
                    found["vinReversed"] = found["vin"][::-1]
            case "Model":
                found |= {"brand": self._brand(), "name": self._name(), "type": some(lambda: self._one("type"))}
                found |= {"energy": some(lambda: self._one("energy"))}
            case "Dealer" | "Club":
                found |= {"name": self._name(), "brand": some(self._brand), "city": some(self._city)}
                if label == "Club":
                    found["foundedOn"] = some(self._long_ago)
            case "Household":
                found["city"] = some(self._city)
            case "ServiceVisit":
                found |= {"visitedOn": self._long_ago(), "kind": some(lambda: self._one("visit"))}
                found |= {"mileage": some(lambda: chance.choice([0, 12000, 80000]))} | self._money("amount")
                found |= {"dealerId": self._named("Dealer"), "registrationId": self._named("Registration")}
                found["serviceId"] = some(lambda: chance.choice(self._services))
            case "Referral":
                found["madeOn"] = self._day()
            case "ReferralStep":
                status = self._one("status")
                found |= {"status": status, "rank": ENUMS["status"].index(status), "reachedOn": self._day()}
        return {name: value for name, value in found.items() if value is not None}

    def _city(self) -> str:
        return self._chance.choice(CITIES)

    def _brand(self) -> str:
        return self._chance.choice(["Aurora", "Borealis", "aurora"])

    def _money(self, name: str) -> dict[str, Any]:
        units = self._some(lambda: self._chance.choice([0, 5, 12880000, 99]))
        return {name: units, "currency": self._some(lambda: self._chance.choice(["CNY", "JPY", "KWD"]))}

    def _roles(self, type_: str, prefix: str, start: str, end: str, number: int) -> list[Link]:
        # Most stand between few things, so that some of them have many.
        return [
            Link(type_, self._fact(prefix) | self._own(type_), self._often(start), self._often(end))
            for _ in range(number)
        ]

    def _often(self, label: str) -> str:
        ids = self._ids[label]
        return self._chance.choice(ids[: max(2, len(ids) // 3)] if self._chance.random() < 0.5 else ids)

    def _links(self, type_: str, prefix: str, start: str, end: str, number: int) -> list[Link]:
        pairs = {(self._often(start), self._often(end)) for _ in range(number)}
        found = []
        for a, b in sorted(pairs):
            fact = self._fact(prefix)
            found.append(Link(type_, fact, a, b))
            if "retractedAt" in fact:  # a correction records it anew
                found.append(Link(type_, self._fact(prefix, since=fact["retractedAt"]), a, b))
        return found

    def _fact(self, prefix: str, since: datetime | None = None) -> dict[str, Any]:
        """The properties of a fact: often with an unknown start or end, sometimes retracted."""
        chance = self._chance
        found: dict[str, Any] = {"id": self._id(prefix), "source": chance.choice(["app", "crm"])}
        recorded = since or chance.choice(INSTANTS if chance.random() < 0.3 else INSTANTS[:3])
        found["recordedAt"] = recorded
        later = [each for each in INSTANTS if each > recorded]
        if later and since is None and chance.random() < 0.2:
            found["retractedAt"] = chance.choice(later)
        one, other = sorted(chance.sample(DAYS, 2))
        if chance.random() < 0.7:
            found["validFrom"] = one
        if chance.random() < 0.35:
            found["validTo"] = other
        return found

    def _own(self, type_: str) -> dict[str, Any]:
        some = self._some
        found: dict[str, Any] = {}
        if type_ not in ("KEEPS", "GAVE", "DEALT_WITH"):
            found["via"] = self._named("Registration", 0.3)
        match type_:
            case "INTENDS_TO_BUY":
                found |= {"heat": self._one("heat"), "stage": some(lambda: self._one("stage"))}
                found["dealerId"] = self._named("Dealer", 0.4)
            case "PURCHASED":
                found |= {
                    "condition": some(lambda: self._one("condition")),
                    "motive": some(lambda: self._one("motive")),
                }
                found |= {"dealerId": self._named("Dealer")} | self._money("price")
            case "SERVICES":
                found["dealerId"] = self._named("Dealer")
            case "MEMBER_OF":
                found["rank"] = self._one("rank")
            case "LIVES_IN":
                found["relation"] = some(lambda: self._one("relation"))
            case "DEALT_WITH":
                found["role"] = self._chance.choice(["INTENT", "PURCHASE", "SERVICE"])
        return {name: value for name, value in found.items() if value is not None}


def drawn(seed: int) -> Graph:
    """The graph that follows from this number."""
    return Drawing(Random(seed)).graph()


async def write(database: Database, graph: Graph) -> None:
    """The graph, and nothing else, into a database; days stay days, instants become UTC datetimes."""
    await empty(database)
    labels = {prefix: label for label, (prefix, _) in KINDS.items()}

    async def work(transaction: Transaction) -> None:
        for label in KINDS:
            rows: list[dict[str, Any]] = [dict(thing.properties) for thing in graph.all(label)]
            text = f"UNWIND $rows AS row CREATE (n:{label}) SET n = row"
            await transaction.run(Statement("test.things", text, write=True), {"rows": rows})
        for type_ in sorted({link.type for link in graph.links}):
            links = [link for link in graph.links if link.type == type_]
            start, end = labels[links[0].start[:3]], labels[links[0].end[:3]]
            rows = [{"start": each.start, "end": each.end, "properties": dict(each.properties)} for each in links]
            text = (
                f"UNWIND $rows AS row MATCH (a:{start} {{id: row.start}}), (b:{end} {{id: row.end}})"
                f" CREATE (a)-[e:{type_}]->(b) SET e = row.properties"
            )
            await transaction.run(Statement("test.links", text, write=True), {"rows": rows})

    await database.write("test.write", work)
