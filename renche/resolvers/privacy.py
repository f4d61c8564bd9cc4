"""A person's data in clear, as a copy, and its end: each with a reason, and a record of who asked.

Mutations, since each leaves a record, and none may come by a link or be kept on the way (decision record 0012).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from renche.graph.caller import Scope
from renche.graph.errors import InvalidArgument
from renche.graph.page import MAXIMUM_PAGE, Page
from renche.graph.traversal import traversal
from renche.planner.meaning import Reveal
from renche.privacy.asked import LONGEST_REASON, SHORTEST_REASON, Asked, BadReason
from renche.privacy.erase import erase
from renche.privacy.export import export
from renche.privacy.reveal import reveal
from renche.resolvers.context import Context, Info
from renche.resolvers.person import Person, Registration
from renche.resolvers.stores import in_vault, vault_errors
from renche.resolvers.user_error import Mistake, UserError, UserErrorCode
from renche.vault.erasures import Proof
from renche.vault.values import Field

REGISTRATIONS = traversal("person.registrations")


@strawberry.type(description="A personal value in clear.")
class RevealedValue:
    field: Field = strawberry.field(description="What it is.")
    value: str = strawberry.field(description="The value that the registration said last.")
    registration: Registration = strawberry.field(description="What said so.")


@strawberry.type(description="A person with values in clear.")
class RevealedPerson:
    person: Person = strawberry.field(description="The person.")
    values: list[RevealedValue] = strawberry.field(
        description="The values asked for, of each registration; what is not known is not there."
    )


@strawberry.type(description="What came of revealing values.")
class PersonRevealPayload:
    people: list[RevealedPerson] = strawberry.field(
        description="The people in the order asked for; empty when there are errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the user can mend; empty when it was done.")


@strawberry.type(description="What came of exporting a person.")
class PersonExportPayload:
    export: JSON | None = strawberry.field(
        description="All that is held about the person, in clear, as `renche person export` gives it; docs/privacy.md"
        " says what its parts are. Null when there are errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the user can mend; empty when it was done.")


@strawberry.type(description="How much of one kind was erased.")
class ErasedCount:
    what: str = strawberry.field(description="What it is, for example `roles` or `values`.")
    count: int = strawberry.field(description="How many there were.")


@strawberry.type(description="That a person was erased, without personal data: keep it outside.")
class ErasureProof:
    person: strawberry.ID = strawberry.field(description="The person's id.")
    erased_at: datetime = strawberry.field(description="When the person's values ended.")
    ended_at: datetime | None = strawberry.field(description="When nothing was left to erase.")
    counts: list[ErasedCount] = strawberry.field(description="How much was erased.")
    hash: str | None = strawberry.field(description="SHA-256 over this and the proof before it.")


@strawberry.type(description="What came of erasing a person.")
class PersonErasePayload:
    proof: ErasureProof | None = strawberry.field(description="The proof; null when there are errors.")
    user_errors: list[UserError] = strawberry.field(description="What the user can mend; empty when it was done.")


PersonId = Annotated[strawberry.ID, strawberry.argument(description="The person's id (per_…).")]
Reason = Annotated[
    str,
    strawberry.argument(
        description=f"Why, in {SHORTEST_REASON} to {LONGEST_REASON} characters, kept in the audit record: a case or a"
        " ticket. It must hold no phone, plate, VIN, e-mail address or ID-card number."
    ),
]


def _some(arguments: Mapping[str, Any]) -> None:
    if not 0 < len(arguments["ids"]) <= MAXIMUM_PAGE:
        raise InvalidArgument(f"ids: ask for 1 to {MAXIMUM_PAGE} people, not {len(arguments['ids'])}.")
    if not arguments["fields"]:
        raise InvalidArgument("fields: name at least one.")


@strawberry.type
class PrivacyMutations:
    @strawberry.mutation(
        description="Shows personal values of people in clear. Each person's audit record has who asked, for which"
        " fields and why. When one of the people is not there for the caller, nobody's are shown.",
        metadata={"scopes": {Scope.REVEAL}, "meaning": Reveal(), "check": _some},
    )
    async def person_reveal(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description=f"The people's ids, at most {MAXIMUM_PAGE}.")
        ],
        fields: Annotated[list[Field], strawberry.argument(description="Which values: no more than are needed.")],
        reason: Reason,
    ) -> PersonRevealPayload:
        try:
            asked = _asked(info, reason)
            people = await asyncio.gather(*(there(info.context, id_, "ids") for id_ in dict.fromkeys(ids)))
            return PersonRevealPayload(people=await _revealed(info.context, people, fields, asked), user_errors=[])
        except Mistake as mistake:
            return PersonRevealPayload(people=[], user_errors=mistake.shown)

    @strawberry.mutation(
        description="Gives a copy of all that is held about a person, in clear. The audit record has who asked, and"
        " why.",
        metadata={"scopes": {Scope.EXPORT}, "meaning": Reveal("id")},
    )
    async def person_export(
        self,
        info: Info,
        id: PersonId,  # noqa: A002 - the argument's name
        reason: Reason,
    ) -> PersonExportPayload:
        stores = info.context.stores
        try:
            asked = _asked(info, reason)
            await there(info.context, id, "id")
            with vault_errors():
                copy = await export(stores.graph, stores.vault, stores.clock, id, asked)
        except Mistake as mistake:
            return PersonExportPayload(export=None, user_errors=mistake.shown)
        return PersonExportPayload(export=JSON(copy), user_errors=[])

    @strawberry.mutation(
        description="Erases a person from vault and graph for good, and gives the proof; a person who was erased before"
        " has the same proof again. The audit record has who asked and why.",
        metadata={"scopes": {Scope.ERASE}},
    )
    async def person_erase(
        self,
        info: Info,
        id: PersonId,  # noqa: A002 - the argument's name
        reason: Reason,
    ) -> PersonErasePayload:
        stores = info.context.stores
        try:
            asked = _asked(info, reason)
            await there(info.context, id, "id", erased=True)
            with vault_errors():
                proof = await erase(stores.graph, stores.vault, stores.clock, stores.data_dir, id, asked)
        except Mistake as mistake:
            return PersonErasePayload(proof=None, user_errors=mistake.shown)
        finally:
            info.context.loaders.forget()
        return PersonErasePayload(proof=_proof(proof), user_errors=[])


def _asked(info: Info, reason: str) -> Asked:
    try:
        return Asked(info.context.caller.id, reason)
    except BadReason as error:
        raise Mistake(UserErrorCode.BAD_REASON, error.message, "reason") from None


async def there(context: Context, id_: str, argument: str, *, erased: bool = False) -> Person:
    """The person, when there is one for the caller and, unless that does not matter, the person was not erased."""
    data = await context.loaders.node("Person", id_)
    if data is None:
        raise Mistake(UserErrorCode.UNKNOWN_PERSON, f"There is no person with the id {id_[:40]}.", argument)
    if data.get("erased") and not erased:
        raise Mistake(UserErrorCode.ERASED, f"The person {id_} was erased; nothing is held any more.", argument)
    return Person(data=data, moment=context.present)


async def _revealed(
    context: Context, people: Sequence[Person], fields: Sequence[Field], asked: Asked
) -> list[RevealedPerson]:
    page = Page(first=MAXIMUM_PAGE)
    rows = await asyncio.gather(
        *(context.loaders.rows(REGISTRATIONS, person.data["id"], page, context.present) for person in people)
    )
    held = {
        person.data["id"]: {row.node["id"]: row.node for row in of_one[:MAXIMUM_PAGE]}
        for person, of_one in zip(people, rows, strict=True)
    }
    values = await in_vault(reveal, context.stores.vault, held, frozenset(fields), asked)

    def shown(registration: Mapping[str, Any]) -> list[RevealedValue]:
        node = Registration(data=registration, moment=context.present)
        return [
            RevealedValue(field=Field(field), value=value, registration=node)
            for field, value in values[registration["id"]].items()
        ]

    return [
        RevealedPerson(person=person, values=[each for one in held[person.data["id"]].values() for each in shown(one)])
        for person in people
    ]


def _proof(proof: Proof) -> ErasureProof:
    return ErasureProof(
        person=strawberry.ID(proof.person),
        erased_at=proof.erased_at,
        ended_at=proof.ended_at,
        counts=[ErasedCount(what=what, count=count) for what, count in sorted(proof.counts.items())],
        hash=proof.hash,
    )
