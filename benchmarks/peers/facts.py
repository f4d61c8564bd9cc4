"""When a relationship holds, for statements written by hand: `valid(x)` and others are replaced by their conditions.

The meaning is that of `renche/cypher/predicate.cypher`, written anew, so that a peer needs nothing of renche.
"""

import re
from typing import Final

_KNOWN: Final = "{0}.recordedAt <= $asKnownAt AND ({0}.retractedAt IS NULL OR $asKnownAt < {0}.retractedAt)"
_VALID: Final = (
    "({0}.validFrom IS NULL OR {0}.validFrom <= $asOf) AND ({0}.validTo IS NULL OR $asOf < {0}.validTo) AND " + _KNOWN
)
_OWNING: Final = (
    _VALID + " AND NOT EXISTS {{ MATCH ({1})<-[later:PURCHASED]-(:Person) WHERE " + _KNOWN.replace("{0}", "later")
    + " AND later.validFrom <= $asOf AND later.validFrom > coalesce({0}.validFrom, date('0001-01-01')) }}"
)  # fmt: skip
_CALL: Final = re.compile(r"\b(known|valid|owning)\((\w+)(?:, (\w+))?\)")
_CONDITIONS: Final = {"known": _KNOWN, "valid": _VALID, "owning": _OWNING}


def with_facts(statement: str) -> str:
    """The statement with the conditions in the place of their names."""
    return _CALL.sub(lambda call: _CONDITIONS[call[1]].format(call[2], call[3]), statement)
