"""What a mutation answers in the place of its work: something that the user can mend."""

from enum import Enum

import strawberry


@strawberry.enum(description="What is wrong with what a user gave.")
class UserErrorCode(Enum):
    BAD_GRANT = strawberry.enum_value("BAD_GRANT", description="A token cannot be given so, or not by this caller.")
    UNKNOWN_TOKEN = strawberry.enum_value(
        "UNKNOWN_TOKEN", description="There is no such token for this caller, or it has ended."
    )
    UNKNOWN_PERSON = strawberry.enum_value(
        "UNKNOWN_PERSON", description="There is no such person, or none that this caller may see."
    )
    ERASED = strawberry.enum_value("ERASED", description="The person was erased: nothing is held any more.")
    BAD_CONSENT = strawberry.enum_value("BAD_CONSENT", description="A partner, a purpose or an end that cannot be.")
    BAD_REASON = strawberry.enum_value(
        "BAD_REASON", description="The reason is too short or too long, or holds what no record may hold."
    )


@strawberry.type(description="Something that the user can mend; nothing was changed.")
class UserError:
    code: UserErrorCode = strawberry.field(description="What is wrong.")
    message: str = strawberry.field(description="A sentence that says what is wrong and what to do.")
    field: list[str] = strawberry.field(description="The argument that it is about, from the outside inwards.")


class Mistake(Exception):
    """What the user can mend, on its way to the payload."""

    def __init__(self, code: UserErrorCode, message: str, *field: str) -> None:
        super().__init__(message)
        self.shown = [UserError(code=code, message=message, field=list(field))]
