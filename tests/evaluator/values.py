"""The values of fields: what they are compared and sorted by, and how an answer shows them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.evaluator import facts
from tests.evaluator.graph import Graph, Link, Thing, When

ROLE_TYPES = {
    "INTENDS_TO_BUY": "Intent",
    "PURCHASED": "Purchase",
    "DRIVES": "Drive",
    "SERVICES": "Service",
    "MEMBER_OF": "Membership",
    "LIVES_IN": "Residence",
    "KEEPS": "Keeping",
}
# Currencies of the random graphs, by the decimals of their minor unit.
DECIMALS = {"CNY": 2, "JPY": 0, "KWD": 3}


def type_name(holder: Thing | Link) -> str:
    """The GraphQL type of a thing or a role."""
    return holder.label if isinstance(holder, Thing) else ROLE_TYPES[holder.type]


def value_of(graph: Graph, holder: Thing | Link, field: str, when: When) -> Any:
    """What a field with a plain value shows, not yet as JSON."""
    match type_name(holder), field:
        case "Referral", "status":
            assert isinstance(holder, Thing)
            return facts.status(graph, holder, when)
        case "Person", "repurchaseReasons":
            assert isinstance(holder, Thing)
            return facts.reasons(graph, holder, when)
        case "Vehicle", "vinEnding":
            vin = holder.properties.get("vin")
            return None if vin is None else vin[-6:]
    return holder.properties.get(field)


def amount_of(holder: Thing | Link, field: str) -> tuple[int, str] | None:
    """An amount in minor units with its currency."""
    units = holder.properties.get(field)
    return None if units is None else (units, holder.properties.get("currency") or "CNY")


def money(amount: tuple[int, str] | None) -> dict[str, str] | None:
    """An amount as the answer shows it."""
    if amount is None:
        return None
    units, currency = amount
    decimals = DECIMALS[currency]
    return {"amount": f"{Decimal(units) / 10**decimals:.{decimals}f}", "currency": currency}


def shown(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value
