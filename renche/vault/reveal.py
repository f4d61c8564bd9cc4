"""Personal values in clear, for one answer: with a reason, and never without a record of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from renche.vault.store import Vault

SHORTEST_REASON = 4
LONGEST_REASON = 500


@dataclass(frozen=True)
class Revelation:
    """What is about to be shown, for an audit record: of whom, which fields, why; no value."""

    subjects: tuple[str, ...]
    fields: tuple[str, ...]
    reason: str


def reveal(
    vault: Vault,
    subjects: Collection[str],
    fields: Collection[str],
    *,
    reason: str,
    audit: Callable[[Revelation], None],
) -> dict[str, dict[str, str]]:
    """The values of each subject that were said last, by field, read at once; what is not known is missing.

    ``audit`` is called before anything is read; when it raises, nothing is shown. Whether the caller may is for
    the caller's scope to say. Raises ValueError without a reason that says something, and VaultError.
    """
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise ValueError(f"reason: say in {SHORTEST_REASON} to {LONGEST_REASON} characters why.")
    asked = tuple(sorted(set(subjects)))
    audit(Revelation(asked, tuple(sorted(fields)), reason))
    # The oldest first, so that of each field the newest stays.
    return {
        subject: {value.field: value.value for value in values}
        for subject, values in vault.values_of(asked, fields).items()
    }
