"""The person whose data is asked for, and which of the vault's entries are theirs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from renche.graph.clock import Moment
from renche.graph.database import Database, native
from renche.graph.errors import InvalidArgument, InvalidId
from renche.graph.ids import Kind, kind_of
from renche.graph.named_queries import named_query

PERSON = named_query("export.person")
OWN_VEHICLES = named_query("export.own_vehicles")


@dataclass(frozen=True)
class Subject:
    """A person as the graph has them, with their registrations, and the vehicles whose plates are theirs alone."""

    id: str
    person: dict[str, Any]
    registrations: list[dict[str, Any]]
    vehicles: list[str]

    @property
    def registration_ids(self) -> list[str]:
        """The ids of the registrations, which are subjects of the vault."""
        return [one["id"] for one in self.registrations]

    @property
    def erased_at(self) -> datetime | None:
        """When the person was erased."""
        found: datetime | None = self.person.get("erasedAt")
        return found


async def subject(database: Database, id_: str, moment: Moment) -> Subject:
    """The person with this id. Raises InvalidId for the id of something else, InvalidArgument for nobody's."""
    if kind_of(id_) is not Kind.PERSON:
        raise InvalidId("This id names no person; ids of people begin with 'per_'.")
    found = native(await database.read_value(PERSON, {"id": id_}))
    if found is None:
        raise InvalidArgument(f"There is no person with the id {id_}.")
    vehicles = await database.read_value(OWN_VEHICLES, {"id": id_, **moment.parameters})
    return Subject(id_, found[0], sorted(found[1], key=lambda one: str(one["id"])), sorted(vehicles))
