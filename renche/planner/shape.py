"""The shaper: a function, made for one plan, that turns the record's lists into the objects of the answer.

It is generated as one Python expression, since calling a function for each object and field takes ten times as long.
Only names that graphql-core has parsed and texts of our own stand in it, names always as string literals.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from renche.graph.database import iso_day, iso_instant
from renche.graph.money import DECIMALS
from renche.graph.words import RepurchaseReason
from renche.planner.meaning import Form

Code: TypeAlias = Callable[[str], str]
"""Given the name of a row's variable, the text of an expression."""


class NullInNonNull(Exception):
    """A value that the schema promises is missing: what becomes of the answer is for graphql-core to say."""


Seal: TypeAlias = Callable[[int, Sequence[Any]], str]


class Shaper:
    """Calls the function generated from the text `source`."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(f"lambda row, given, seal: {source}", mode="eval")
        for node in ast.walk(tree):
            for name in node._attributes:  # it has one line, and a table of places in it would be most of its code
                setattr(node, name, 1)
        code = compile(tree, "<shaper>", "eval")
        # No builtins but len, and no name of the document: those stand as string literals.
        self._shape: Any = eval(code, _HELPERS)  # noqa: S307

    def __call__(self, row: Sequence[Any], given: Mapping[str, Any], seal: Seal) -> dict[str, Any]:
        """The answer's data.

        `row` is the record's only value, `given` the statement's parameters; `seal` makes a cursor of the number of
        a placement and a row's keys. Raises NullInNonNull.
        """
        data: dict[str, Any] = self._shape(row, given, seal)
        return data


def each(place: int, code: Code) -> Code:
    """A list: the code of one row for every row in this column."""
    return lambda row: f"[{code(row + 'r')} for {row}r in {row}[{place}]]"


def constant(value: object) -> Code:
    """A value that is known beforehand."""
    return lambda _: repr(value)


def formed(form: Form, place: int, *, required: bool) -> Code:
    """The value of a column in the form of the answer; `required`: the schema promises that there is one."""

    def code(row: str) -> str:
        value = f"{row}[{place}]"
        shown = f"{form.value}({value})" if form in _FORMED else value
        if required:
            return f"({shown} if {value} is not None else gap())"
        return f"({shown} if {value} is not None else None)" if form in _FORMED else value

    return code


def money(parts: Mapping[str, str], units: int, currency: int) -> Code:
    """An object whose keys are each the amount or the currency; null without an amount."""

    def code(row: str) -> str:
        inner = _amount_object(parts, f"{row}[{units}]", f"{row}[{currency}]")
        return f"(None if {row}[{units}] is None else {inner})"

    return code


def sole_money(parts: Mapping[str, str], place: int) -> Code:
    """The same of a column with a figure and the first and last currency; null where there is not just one."""

    def code(row: str) -> str:
        inner = _amount_object(parts, f"{row}m[0]", f"{row}m[1]")
        return f"one([{inner} for {row}m in sole({row}[{place}])])"

    return code


def _amount_object(parts: Mapping[str, str], units: str, currency: str) -> str:
    words = {
        "amount": f"amount({units}, {currency})",
        "currency": f"({currency} or 'CNY')",
        "__typename": "'Money'",
    }
    return "{" + ", ".join(f"{key!r}: {words[name]}" for key, name in parts.items()) + "}"


def _gap() -> Any:
    raise NullInNonNull


def _one(rows: Sequence[Any]) -> Any:
    return rows[0] if rows else None


def _only(rows: Sequence[Any]) -> Any:
    return rows[0] if rows else _gap()


def _in_order(ids: Sequence[str], found: Sequence[Sequence[tuple[str, Any]]]) -> list[Any]:
    things = {id_: thing for rows in found for id_, thing in rows}
    return [things.get(id_) for id_ in ids]


def _sole(figure: Sequence[Any]) -> Sequence[Sequence[Any]]:
    _, first, last = figure
    return [figure] if first is not None and first == last else []


def _amount(units: float, currency: str | None) -> str:
    return str(Decimal(round(units)).scaleb(-DECIMALS[currency or "CNY"]))


def _ending(text: str) -> str:
    return text[-6:]


def _reasons(applies: Sequence[bool]) -> list[str]:
    return [str(reason) for reason, holds in zip(RepurchaseReason, applies, strict=True) if holds]


_FORMED = {Form.DATE, Form.INSTANT, Form.ENDING, Form.REASONS}
_HELPERS: dict[str, Any] = {
    "__builtins__": {"len": len},
    "gap": _gap,
    "one": _one,
    "only": _only,
    "in_order": _in_order,
    "amount": _amount,
    "sole": _sole,
    "date": iso_day,
    "instant": iso_instant,
    "ending": _ending,
    "reasons": _reasons,
}
