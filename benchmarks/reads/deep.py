"""Cursors deep in a list: each server is paged through with its own, from the first page on."""

from typing import Any, Final

import httpx

from benchmarks.reads.answers import ROWS
from benchmarks.reads.client import ask
from benchmarks.reads.documents import Variables, request
from benchmarks.reads.servers import Server

DOCUMENT: Final = "deep_page"


def with_cursors(client: httpx.Client, server: Server, variables: list[Variables]) -> list[Variables]:
    """The variables, each with a cursor of this server from the second half of the list; page by page the same."""
    city = variables[0]
    cursors: list[str] = []
    while True:
        after = {"after": cursors[-1]} if cursors else {"after": ""} if server.name == "floor" else {}
        cursor = _next(ask(client, server, request(server.name, DOCUMENT, {**city, **after})))
        if cursor is None:
            break
        cursors.append(cursor)
    deep = cursors[len(cursors) // 2 :]
    return [{**each, "after": deep[number % len(deep)]} for number, each in enumerate(variables)]


def _next(data: dict[str, Any]) -> str | None:
    """What to ask on after; None when this is the last page."""
    (root,) = data.values()
    if isinstance(root, list):
        return str(root[ROWS - 1]["id"]) if len(root) > ROWS else None
    info = root["pageInfo"]
    return str(info["endCursor"]) if info["hasNextPage"] else None
