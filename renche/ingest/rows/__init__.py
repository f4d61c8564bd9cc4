"""The kinds of input files, a model for each, and the door from raw values to rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from renche.ingest.checks import Checks, Problem
from renche.ingest.errors import RefusedFile
from renche.ingest.rows.person import PersonRow
from renche.ingest.rows.place import ClubRow, DealerRow, HouseholdRow
from renche.ingest.rows.referral import ReferralRow, ReferralStepRow
from renche.ingest.rows.role import ConsentRow, DriveRow, IntentRow, MembershipRow, PurchaseRow, ServiceRow
from renche.ingest.rows.row import Ref, Row, required_columns, shown_column, unknown_column
from renche.ingest.rows.vehicle import ModelRow, VehicleRow

__all__ = [
    "KINDS",
    "ClubRow",
    "ConsentRow",
    "DealerRow",
    "DriveRow",
    "HouseholdRow",
    "IntentRow",
    "MembershipRow",
    "ModelRow",
    "PersonRow",
    "PurchaseRow",
    "Ref",
    "ReferralRow",
    "ReferralStepRow",
    "Row",
    "ServiceRow",
    "VehicleRow",
    "check_columns",
    "parse",
]

KINDS: Final[dict[str, type[Row]]] = {
    "models": ModelRow,
    "dealers": DealerRow,
    "clubs": ClubRow,
    "households": HouseholdRow,
    "people": PersonRow,
    "vehicles": VehicleRow,
    "intents": IntentRow,
    "purchases": PurchaseRow,
    "drives": DriveRow,
    "services": ServiceRow,
    "memberships": MembershipRow,
    "consents": ConsentRow,
    "referrals": ReferralRow,
    "referral_steps": ReferralStepRow,
}
"""File kind → its row, in the order in which files are best loaded: things before what refers to them."""


def parse(kind: str, raw: Mapping[str, Any], context: Checks) -> Row | list[Problem]:
    """The row that the raw values of one line make, or all that is wrong with them.

    `kind` is a key of KINDS; `raw` maps columns to text or to what NDJSON and Parquet make of them;
    absent, None and blank are the same.
    """
    return KINDS[kind].parse(raw, context)


def check_columns(path: Path, kind: str, columns: Sequence[str]) -> None:
    """Refuses a file whose header lacks a required column or has one that is unknown or named twice.

    Raises RefusedFile. Of a first line that is no header nothing is repeated, since it holds values.
    """
    row = KINDS[kind]
    missing = [name for name in required_columns(row) if name not in columns]
    if missing and not set(columns) & set(row.model_fields):
        raise RefusedFile(
            path,
            f"it has no header; name the columns in line 1, at least {', '.join(required_columns(row))}.",
        )
    unknown = [name for name in columns if name not in row.model_fields]
    if unknown:
        raise RefusedFile(path, f"{shown_column(unknown[0])} {unknown_column(row, unknown[0])}")
    if missing:
        raise RefusedFile(path, f"the column {', '.join(missing)} is missing, which {kind} need; add it.")
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise RefusedFile(path, f"the column {twice[0]} is there twice; rename or remove one.")
