"""Personal values in clear, for one answer: with a reason, and never without a record of it for each person."""

from collections.abc import Collection, Mapping

from renche.privacy.asked import Asked
from renche.vault.audit import Audit
from renche.vault.store import Vault
from renche.vault.values import Field


def reveal(
    vault: Vault, people: Mapping[str, Collection[str]], fields: Collection[Field], asked: Asked
) -> dict[str, dict[str, str]]:
    """The values that each registration said last, by field, read at once; `people` have their registrations.

    The records are written before anything is read; when that fails, nothing is shown. Whether the caller may, and sees
    these people, is for who calls. Raises VaultError.
    """
    detail = {"fields": sorted(fields), **asked.detail}
    with Audit(vault).turn() as turn:
        for person in sorted(people):
            turn.append(asked.actor, "person.reveal", person, detail)
    # The oldest first, so that of each field the newest stays.
    return {
        registration: {value.field: value.value for value in values}
        for registration, values in vault.values_of(set().union(*people.values()), fields).items()
    }
