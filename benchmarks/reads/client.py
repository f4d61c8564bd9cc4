"""Asks one request at a time, for checks and small measurements; load comes from `load`."""

from typing import Any

import httpx

from benchmarks.reads.documents import Request
from benchmarks.reads.servers import Server


class Refused(Exception):
    """A server did not answer a request; the message is its own."""


def ask(client: httpx.Client, server: Server, request: Request) -> dict[str, Any]:
    """The data of the answer. Raises Refused when there is none, or errors beside it."""
    response = client.post(server.url, content=request.body(), headers=server.headers)
    try:
        answer = response.json()
    except ValueError:
        raise Refused(f"HTTP {response.status_code}: {response.text[:200]}") from None
    if answer.get("errors"):
        error = answer["errors"][0]
        raise Refused(str(error.get("message", error) if isinstance(error, dict) else error))
    data: dict[str, Any] = answer["data"]
    return data
