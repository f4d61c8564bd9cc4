"""Who may see what, in plain Python: the graph without what a caller may not see, as `docs/access.md` says it."""

from random import Random

from renche.graph.caller import Restriction
from tests.evaluator import Graph, Link, Thing

_ROLES = ("PURCHASED", "DRIVES", "SERVICES")


def visible(graph: Graph, restriction: Restriction) -> Graph:
    """The graph of who is restricted so: what is hidden is not there, nor is what leads to it."""
    if restriction == Restriction():
        return graph
    sight = _Sight(graph, restriction)
    things = [thing for thing in graph.things if sight.sees(thing)]
    ids = {thing.id for thing in things}
    return Graph(
        things,
        [
            link
            for link in graph.links
            if link.start in ids and link.end in ids and "retractedAt" not in link.properties
        ],
    )


class _Sight:
    def __init__(self, graph: Graph, restriction: Restriction) -> None:
        self._graph = graph
        self._by = restriction
        self._people = {thing.id for thing in graph.all("Person") if self._sees_person(thing)}

    def sees(self, thing: Thing) -> bool:
        match thing.label:
            case "Person":
                return thing.id in self._people
            case "Registration":
                return any(link.end in self._people for link in self._from(thing.id, "OF_PERSON"))
            case "Vehicle":
                return self._sees_vehicle(thing)
            case "Household":
                return self._has_member(thing.id)
            case "Referral":
                made = {link.start for link in self._to(thing.id, "MADE")}
                return bool((made | {link.end for link in self._from(thing.id, "OF")}) & self._people)
            case "ServiceVisit":
                cars = [self._graph.the("Vehicle", link.start) for link in self._to(thing.id, "HAD")]
                if self._by == Restriction(brands=self._by.brands):
                    return any(self._of_brand(car) for car in cars)
                return any(self._sees_vehicle(car) for car in cars)
            case "Dealer":
                named = self._by.dealers is None or thing.id in self._by.dealers
                return named and self._in_city(thing) and self._of_brand(thing)
            case "Club":
                return self._in_city(thing) and self._of_brand(thing)
            case "Model":
                return self._of_brand(thing)
        return True  # a part of another thing

    def _sees_person(self, person: Thing) -> bool:
        by = self._by
        dealers = {link.end for link in self._from(person.id, "DEALT_WITH")}
        cars = [self._graph.the("Vehicle", link.end) for link in self._from(person.id, *_ROLES)]
        wishes = [self._graph.the("Model", link.end) for link in self._from(person.id, "INTENDS_TO_BUY")]
        return (
            (by.person is None or person.id == by.person)
            and self._in_city(person)
            and (by.dealers is None or bool(dealers & by.dealers))
            and (by.brands is None or any(self._of_brand(thing) for thing in [*cars, *wishes]))
        )

    def _sees_vehicle(self, vehicle: Thing) -> bool:
        if not self._of_brand(vehicle):
            return False
        if self._by == Restriction(brands=self._by.brands):
            return True
        holders = {link.start for link in self._to(vehicle.id, *_ROLES)}
        return bool(holders & self._people) or any(
            self._has_member(link.start) for link in self._to(vehicle.id, "KEEPS")
        )

    def _has_member(self, household: str) -> bool:
        return any(link.start in self._people for link in self._to(household, "LIVES_IN"))

    def _in_city(self, thing: Thing) -> bool:
        return self._by.cities is None or thing.properties.get("city") in self._by.cities

    def _of_brand(self, thing: Thing) -> bool:
        return self._by.brands is None or thing.properties.get("brand") in self._by.brands

    def _from(self, id_: str, *types: str) -> list[Link]:
        return [link for link in self._graph.out(id_, *types) if "retractedAt" not in link.properties]

    def _to(self, id_: str, *types: str) -> list[Link]:
        return [link for link in self._graph.into(id_, *types) if "retractedAt" not in link.properties]


def drawn_restriction(chance: Random, graph: Graph) -> Restriction:
    """A restriction by one to four parts, now and then one that leaves nothing, or names what is not there."""
    parts = chance.sample(["dealers", "cities", "brands", "person"], chance.choice([1, 1, 1, 2, 2, 3, 4]))
    dealers = [thing.id for thing in graph.all("Dealer")]
    people = [thing.id for thing in graph.all("Person")]

    def some(values: list[str]) -> frozenset[str]:
        return frozenset(chance.sample(values, chance.randint(0 if chance.random() < 0.1 else 1, len(values))))

    return Restriction(
        dealers=some([*dealers, f"dea_{'a' * 26}"]) if "dealers" in parts else None,
        cities=some(["310000", "110000", "440100", "120000"]) if "cities" in parts else None,
        brands=some(["Aurora", "Borealis", "aurora"]) if "brands" in parts else None,
        person=chance.choice([*people, f"per_{'a' * 26}"]) if "person" in parts else None,
    )
