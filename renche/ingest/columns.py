"""The types of columns: what each holds and the check that its values pass.

A type is written once here and used by every file kind; a column without a default is required.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, PlainValidator, ValidationInfo
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_plain_validator_function

from renche.graph import identifiers, money, words
from renche.ingest import checks
from renche.ingest.checks import Checks
from renche.vault.grants import is_code


def _identifier(check: Callable[[str], str]) -> PlainValidator:
    def normal_form(value: Any) -> str:
        return check(value if value.__class__ is str else checks.text(value))

    return PlainValidator(normal_form)


class _Choice:
    """One word of a closed set, any case."""

    def __init__(self, closed_set: type[StrEnum]) -> None:
        self.values = tuple(word.value for word in closed_set)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        values = self.values
        known = {form: value for value in values for form in (value, value.lower())}
        reason = f"is none of {', '.join(value.lower() for value in values)}; write one of them."

        def chosen(value: Any) -> str:
            found = known.get(value) if value.__class__ is str else None
            if found is None:
                found = known.get(checks.text(value).upper().replace("-", "_").replace(" ", "_"))
                if found is None:
                    raise ValueError(reason)
            return found

        return no_info_plain_validator_function(chosen)


def _checks(info: ValidationInfo) -> Checks:
    context: Checks = info.context  # type: ignore[assignment]  # parse() always gives one
    return context


def _day(value: Any, info: ValidationInfo) -> date:
    return checks.day(value, _checks(info).latest)


def _warranty_end(value: Any, info: ValidationInfo) -> date:
    return checks.day(value, _checks(info).latest_warranty)


def _city(value: Any, info: ValidationInfo) -> str:
    return checks.city(value, _checks(info).cities)


def _birth_year(value: Any, info: ValidationInfo) -> int:
    return checks.whole(value, 1900, _checks(info).today.year)


def _model_year(value: Any, info: ValidationInfo) -> int:
    return checks.whole(value, 1900, _checks(info).today.year + 2)


def _mileage(value: Any) -> int:
    return checks.whole(value, 0, 5_000_000)


def _amount(value: Any, info: ValidationInfo) -> int:
    # The currency is validated before; when it was wrong, that is the problem to report.
    return money.minor_units(value, info.data.get("currency", "CNY"))


def _after(start: str) -> AfterValidator:
    """The end of an interval that excludes it: a day later than the column `start`."""

    def end(value: date, info: ValidationInfo) -> date:
        since = info.data.get(start)
        if since is not None and value <= since:
            raise ValueError(f"is not after {start}; the interval excludes its last day, so give a later day.")
        return value

    return AfterValidator(end)


def _not_before(start: str) -> AfterValidator:
    """The last day of a span that includes it."""

    def last(value: date, info: ValidationInfo) -> date:
        since = info.data.get(start)
        if since is not None and value < since:
            raise ValueError(f"is before {start}; correct one of the two.")
        return value

    return AfterValidator(last)


def _needing(column: str) -> AfterValidator:
    """A value that says nothing unless `column` is there too."""

    def needed(value: Any, info: ValidationInfo) -> Any:
        # A column that failed its own check is absent from the data: its problem is enough.
        if info.data.get(column, "failed") is None:
            raise ValueError(f"means nothing while {column} is empty; give that too or leave both empty.")
        return value

    return AfterValidator(needed)


def _code(value: Any) -> str:
    code = checks.identifier(value)
    if not is_code(code):
        raise ValueError("is no code; write 1 to 64 letters, digits, dots, dashes or underscores.")
    return code


Label = Annotated[str, PlainValidator(checks.label)]
Key = Annotated[str, PlainValidator(checks.identifier)]
ImpersonalKey = Annotated[str, PlainValidator(checks.impersonal)]
Text = Annotated[str, PlainValidator(checks.text)]
Code = Annotated[str, PlainValidator(_code)]
Account = Annotated[str, PlainValidator(checks.account)]
Phone = Annotated[str, _identifier(identifiers.phone)]
Email = Annotated[str, _identifier(identifiers.email)]
IdCard = Annotated[str, _identifier(identifiers.id_card)]
Plate = Annotated[str, _identifier(identifiers.plate)]
Vin = Annotated[str, _identifier(identifiers.vin)]
City = Annotated[str, PlainValidator(_city)]
Truth = Annotated[bool, PlainValidator(checks.truth)]
BirthYear = Annotated[int, PlainValidator(_birth_year)]
ModelYear = Annotated[int, PlainValidator(_model_year)]
Mileage = Annotated[int, PlainValidator(_mileage)]
Currency = Annotated[str, PlainValidator(money.currency)]
Amount = Annotated[int, PlainValidator(_amount)]

Day = Annotated[date, PlainValidator(_day)]
WarrantyEnd = Annotated[date, PlainValidator(_warranty_end)]
ValidTo = Annotated[Day, _after("valid_from")]
ConsentTo = Annotated[WarrantyEnd, _after("valid_from")]
LastSeen = Annotated[Day, _not_before("first_seen")]
HouseholdFrom = Annotated[Day, _needing("household_source_id")]
HouseholdTo = Annotated[Day, _needing("household_source_id"), _after("household_from")]

PersonKind = Annotated[str, _Choice(words.PersonKind)]
Gender = Annotated[str, _Choice(words.Gender)]
Relation = Annotated[str, _Choice(words.HouseholdRelation), _needing("household_source_id")]
VehicleType = Annotated[str, _Choice(words.VehicleType)]
Energy = Annotated[str, _Choice(words.Energy)]
Heat = Annotated[str, _Choice(words.Heat)]
Stage = Annotated[str, _Choice(words.IntentStage)]
Condition = Annotated[str, _Choice(words.Condition)]
Motive = Annotated[str, _Choice(words.Motive)]
VisitKind = Annotated[str, _Choice(words.VisitKind)]
Rank = Annotated[str, _Choice(words.ClubRank)]
ReferralStatus = Annotated[str, _Choice(words.ReferralStatus)]
