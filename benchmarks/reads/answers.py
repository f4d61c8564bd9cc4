"""Answers brought to one form, so that servers whose schemas differ can be compared; never done in the timed path."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_LISTS: Final = ({"nodes"}, {"edges"}, {"node"}, {"links"}, {"fleet"}, {"aggregate"}, {"hops"})
ROWS: Final = 20
"""The rows of a page of `deep_page`."""
_ROLES: Final = {"PURCHASED": "Purchase", "DRIVES": "Drive", "SERVICES": "Service"}


def normal(name: str, answer: Mapping[str, Any]) -> Any:
    """The answer to the document with this name, without what only one schema's form brings."""
    (root,) = answer.values()
    plain = _plain(root)
    if name in _SINGLE and isinstance(plain, list):
        (plain,) = plain
    return _RESHAPED.get(name, lambda same: same)(plain)


def _plain(value: Any) -> Any:
    """Connections become lists, rows without a role their nodes."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() in _LISTS:
        return _plain(next(iter(value.values())))
    renamed = {key.removesuffix("Connection"): _plain(item) for key, item in value.items()}
    return {"role" if key == "properties" else key: item for key, item in renamed.items()}


def _fleet(rows: list[dict[str, Any]]) -> list[Any]:
    """Each vehicle with its roles beside it, whether they came beside or inside."""
    parted = [row if "node" in row else {"node": row, "roles": row.pop("fleetRoles")} for row in rows]
    return [
        [row["node"], [[_role(role), role["validFrom"], role["person"]] for role in row["roles"]]] for row in parted
    ]


def _role(role: dict[str, Any]) -> str:
    kind: str = role.get("__typename") or role["type"]
    return _ROLES.get(kind, kind)


def _groups(rows: list[dict[str, Any]]) -> list[Any]:
    """Groups are in no order that was promised."""
    flat = [
        row
        if "key" not in row
        else {
            "gender": row["key"]["gender"],
            "count": row["count"],
            "oldest": row["min"]["birthYear"],
            "youngest": row["max"]["birthYear"],
            "average": row["avg"]["birthYear"],
        }
        for row in rows
    ]
    return sorted([str(row["gender"]), row["count"], row["oldest"], row["youngest"], _rounded(row)] for row in flat)


def _rounded(row: dict[str, Any]) -> float | None:
    return None if row["average"] is None else round(row["average"], 6)


def _page(page: Any) -> list[Any]:
    """Cursors differ from server to server; who has none asks for a row more than the page holds."""
    if isinstance(page, list):
        return [page[:ROWS], len(page) > ROWS]
    return [page["nodes"], page["pageInfo"]["hasNextPage"]]


def _hops(hops: list[Any] | None) -> int | None:
    """Several shortest ways may be there, and each server may find another one: they are equally long."""
    return None if hops is None else len(hops)


_SINGLE: Final = {"point", "five_levels"}
_RESHAPED: Final[dict[str, Callable[[Any], Any]]] = {
    "household_fleet": lambda plain: _fleet(plain[0] if plain and isinstance(plain[0], list) else plain),
    "aggregates": _groups,
    "deep_page": _page,
    "shortest_path": _hops,
}
