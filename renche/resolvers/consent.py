"""Consents: what a person lets a partner have, for which purpose."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from renche.graph.caller import Scope
from renche.privacy.consent import BadConsent, Sharing, consented, give, held, withdraw
from renche.resolvers.context import Context, Info
from renche.resolvers.person import Person
from renche.resolvers.privacy import PersonId, there
from renche.resolvers.stores import vault_errors
from renche.resolvers.user_error import Mistake, UserError, UserErrorCode


@strawberry.type(description="That a person lets a partner have data for one purpose.")
class Consent:
    partner: str = strawberry.field(description="The code of the partner.")
    purpose: str = strawberry.field(description="The code of the purpose.")
    valid_from: date | None = strawberry.field(description="The first day; null when nobody knows.")
    valid_to: date | None = strawberry.field(
        description="The first day that it holds no longer; null while it is open."
    )
    source: str = strawberry.field(description="The system that recorded it; `renche` when it was given here.")
    recorded_at: datetime = strawberry.field(description="When renche came to know it.")


@strawberry.type(description="What came of giving or withdrawing a consent.")
class ConsentPayload:
    person: Person | None = strawberry.field(description="The person; null when there are errors.")
    consented: bool | None = strawberry.field(
        description="Whether the person consents to this partner and purpose today; null when there are errors."
    )
    consents: list[Consent] = strawberry.field(description="All consents of the person that hold today.")
    user_errors: list[UserError] = strawberry.field(description="What the user can mend; empty when it was done.")


Partner = Annotated[str, strawberry.argument(description="The partner's code, as its tokens have it.")]
Purpose = Annotated[str, strawberry.argument(description="The purpose's code, as the partner's tokens have it.")]


async def _consents(info: Info, person_id: PersonId) -> list[Consent]:
    try:
        await there(info.context, person_id, "personId")
    except Mistake:
        return []
    return await _held(info.context, person_id)


@strawberry.type
class ConsentQueries:
    consents: list[Consent] = strawberry.field(
        resolver=_consents,
        description="The consents of a person that hold today and were not withdrawn since; none where there is no such"
        " person.",
        metadata={"scopes": {Scope.CONSENTS}},
    )


@strawberry.type
class ConsentMutations:
    @strawberry.mutation(
        description="A person consents from today on that a partner is given data for one purpose. It takes the place"
        " of what was said of this here before, a withdrawal too.",
        metadata={"scopes": {Scope.CONSENTS}},
    )
    async def consent_give(
        self,
        info: Info,
        person_id: PersonId,
        partner: Partner,
        purpose: Purpose,
        valid_to: Annotated[
            date | None, strawberry.argument(description="The first day that it holds no longer; open when not given.")
        ] = None,
    ) -> ConsentPayload:
        return await _said(info.context, person_id, partner, purpose, valid_to, given=True)

    @strawberry.mutation(
        description="A person consents no longer, whoever recorded it: what began today or before counts no more,"
        " loaded again or not.",
        metadata={"scopes": {Scope.CONSENTS}},
    )
    async def consent_withdraw(
        self, info: Info, person_id: PersonId, partner: Partner, purpose: Purpose
    ) -> ConsentPayload:
        return await _said(info.context, person_id, partner, purpose, None, given=False)


async def _said(
    context: Context, id_: str, partner: str, purpose: str, until: date | None, *, given: bool
) -> ConsentPayload:
    stores, actor = context.stores, context.caller.id
    try:
        person = await there(context, id_, "personId")
        with vault_errors():
            sharing = Sharing(partner, purpose)
            if given:
                await give(stores.graph, stores.vault, stores.clock, id_, sharing, until, actor)
            else:
                await withdraw(stores.graph, stores.vault, stores.clock, id_, sharing, actor)
    except Mistake as mistake:
        return ConsentPayload(person=None, consented=None, consents=[], user_errors=mistake.shown)
    except BadConsent as error:
        shown = Mistake(UserErrorCode.BAD_CONSENT, error.message, error.message.partition(":")[0]).shown
        return ConsentPayload(person=None, consented=None, consents=[], user_errors=shown)
    finally:
        context.loaders.forget()
    return ConsentPayload(
        person=person,
        consented=await consented(stores.graph, stores.clock, id_, sharing),
        consents=await _held(context, id_),
        user_errors=[],
    )


async def _held(context: Context, id_: str) -> list[Consent]:
    return [_shown(one) for one in await held(context.stores.graph, context.stores.clock, id_)]


def _shown(said: dict[str, Any]) -> Consent:
    return Consent(
        partner=said["partner"],
        purpose=said["purpose"],
        valid_from=said.get("validFrom"),
        valid_to=said.get("validTo"),
        source=said["source"],
        recorded_at=said["recordedAt"],
    )
