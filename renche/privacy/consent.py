"""Consents that people give and withdraw here; those that sources know come with loads.

A withdrawal is a fact of its own, so that no later load of what was agreed before brings a consent back. See decision
record 0013.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from renche.graph.clock import Clock
from renche.graph.database import Database, Transaction, native
from renche.graph.errors import InvalidArgument
from renche.graph.ids import Kind, make_id, partner_id
from renche.graph.named_queries import Statement, named_query
from renche.vault.audit import Audit, Detail
from renche.vault.grants import is_code
from renche.vault.store import Vault

CONSENTED = named_query("consent.consented")
HELD = named_query("consent.held")
UNSAY = named_query("consent.unsay")
GIVE = named_query("consent.give")
WITHDRAW = named_query("consent.withdraw")

SOURCE: Final = "renche"
"""The source of what is said here."""


class BadConsent(InvalidArgument):
    """A partner, a purpose or an end that cannot be."""


@dataclass(frozen=True)
class Sharing:
    """A partner that is given data, and what for; raises BadConsent for what is no code."""

    partner: str
    purpose: str

    def __post_init__(self) -> None:
        for what, code in (("partner", self.partner), ("purpose", self.purpose)):
            if not is_code(code):
                raise BadConsent(f"{what}: must be 1 to 64 letters, digits, dots, dashes or underscores.")


async def consented(database: Database, clock: Clock, person: str, sharing: Sharing) -> bool:
    """Whether the person consents today."""
    asked = {"policyPartner": sharing.partner, "policyPurpose": sharing.purpose, "policyToday": clock.today()}
    return bool(await database.read_value(CONSENTED, {"id": person, **asked}))


async def held(database: Database, clock: Clock, person: str) -> list[dict[str, Any]]:
    """The consents of the person that hold today, by partner and purpose."""
    found = native(await database.read_value(HELD, {"id": person, "policyToday": clock.today()}))
    return sorted(found, key=lambda one: (one["partner"], one["purpose"], one["id"]))


async def give(
    database: Database, vault: Vault, clock: Clock, person: str, sharing: Sharing, until: date | None, actor: str
) -> None:
    """The person consents from today on, until that day is reached; it takes the place of what was said here before.

    Raises BadConsent for an end that is not ahead, VaultError, and what the graph raises.
    """
    if until is not None and until <= clock.today():
        raise BadConsent("validTo: must be a day after today, the first that the consent does not hold on.")
    end = until.isoformat() if until else None
    detail: Detail = {"partner": sharing.partner, "purpose": sharing.purpose, "until": end}
    await asyncio.to_thread(Audit(vault).append, actor, "consent.give", person, detail)
    await _say(database, clock, person, sharing, (UNSAY, GIVE), until=until)


async def withdraw(database: Database, vault: Vault, clock: Clock, person: str, sharing: Sharing, actor: str) -> None:
    """The person consents no longer, whoever recorded it. Raises VaultError, and what the graph raises."""
    detail = {"partner": sharing.partner, "purpose": sharing.purpose}
    await asyncio.to_thread(Audit(vault).append, actor, "consent.withdraw", person, detail)
    await _say(database, clock, person, sharing, (WITHDRAW,))


async def _say(
    database: Database, clock: Clock, person: str, sharing: Sharing, statements: tuple[Statement, ...], **more: Any
) -> None:
    said = {
        "id": person,
        "partner": sharing.partner,
        "purpose": sharing.purpose,
        "partnerId": partner_id(sharing.partner),
        "saidId": make_id(Kind.CONSENT, SOURCE, secrets.token_hex(16)),
        "source": SOURCE,
        "today": clock.today(),
        "now": clock.now(),
        **more,
    }

    async def work(transaction: Transaction) -> None:
        for statement in statements:
            await transaction.run(statement, said)

    await database.write(statements[-1].name, work)
