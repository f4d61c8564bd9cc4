"""Statements for the gate: hostile ones, each with the rule that must refuse it, and harmless ones that look hostile.

`{port}` stands for the port of a canary, on which nobody may knock.
"""

import json
from pathlib import Path

_FOLDER = Path(__file__).parent


def hostile() -> list[tuple[str, str]]:
    """Rule and statement."""
    return [(each["rule"], each["statement"]) for each in _read("hostile")]


def harmless() -> list[str]:
    """Statements that must run; `$id` is their only parameter."""
    return [each["statement"] for each in _read("harmless")]


def _read(name: str) -> list[dict[str, str]]:
    # Not splitlines: a line separator of Unicode is part of a statement.
    text = (_FOLDER / f"{name}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.strip().split("\n")]
