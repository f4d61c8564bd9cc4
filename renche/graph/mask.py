"""What the graph may show of a personal value: enough to recognise it when known, too little to learn it.

A run of stars has the same length whatever it hides, and a value too short to hide enough is all stars.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from renche.graph.words import IdentifierKind

HIDDEN = "****"

# Open to everyone: such a domain names nobody. Any other may be a family's or a small firm's own.
_PUBLIC_MAIL = frozenset(
    {
        "126.com",
        "139.com",
        "163.com",
        "189.cn",
        "aliyun.com",
        "foxmail.com",
        "gmail.com",
        "hotmail.com",
        "icloud.com",
        "outlook.com",
        "qq.com",
        "sina.com",
        "sohu.com",
        "yeah.net",
    }
)
_MAINLAND_MOBILE = re.compile(r"(?:\+86)?(1[3-9][0-9])[0-9]{4}([0-9]{4})", re.ASCII)
_INTERNATIONAL = re.compile(r"\+([1-9][0-9]{3,14})", re.ASCII)
# Province and city, then five characters, or six for a new-energy vehicle.
_PLATE = re.compile(r"([\u4e00-\u9fff][A-Z])·?[0-9A-Z\u4e00-\u9fff]{3,4}([0-9A-Z\u4e00-\u9fff]{2})")


def mask_name(name: str, *, legal: bool = False) -> str:
    """王小明 becomes 王**, Anna Smith A**; a legal person keeps two characters: 上海****.

    A compound surname is no exception (欧阳娜娜 becomes 欧**): it is rare, so that shown whole it would tell
    more about a person than 王 does, and where a surname ends is a guess that a mask must not rest on.
    A single character is hidden; a legal name below four characters keeps one.
    """
    name = name.strip()
    if legal:
        return _shown(name[: 2 if len(name) >= 4 else 1 if len(name) >= 2 else 0]) + HIDDEN
    return _shown(name[: 1 if len(name) >= 2 else 0]) + "**"


def mask_phone(phone: str) -> str:
    """13812341234 and +8613812341234 become 138****1234; +14155550123 becomes +1****23.

    A number abroad or of a landline keeps its country's code and, when seven digits or more follow it, the
    last two; one of fewer than three digits is hidden with it. Any other text is hidden.
    """
    if match := _MAINLAND_MOBILE.fullmatch(phone):
        return f"{match[1]}{HIDDEN}{match[2]}"
    if match := _INTERNATIONAL.fullmatch(phone):
        digits = match[1]
        code = next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in COUNTRY_CODE_TO_REGION_CODE), "")
        number = digits[len(code) :]
        if len(number) < 3:
            return HIDDEN
        return f"{'+' if code else ''}{code}{HIDDEN}{number[-2:] if code and len(number) >= 7 else ''}"
    return HIDDEN


def mask_email(email: str) -> str:
    """anna@qq.com becomes a****@qq.com; the domain shows only where it is a large public one."""
    name, at, domain = email.rpartition("@")
    if not at:
        return HIDDEN
    first = _shown(name[: 1 if len(name) >= 3 else 0])
    return f"{first}{HIDDEN}@{domain.lower() if domain.lower() in _PUBLIC_MAIL else HIDDEN}"


def mask_plate(plate: str) -> str:
    """沪A·12345 becomes 沪A***45, and so does the new-energy plate 沪AD12345; another form is hidden."""
    match = _PLATE.fullmatch(plate)
    return f"{match[1]}***{match[2]}" if match else HIDDEN


def mask_id_card(number: str) -> str:
    """Keeps the last two of 15 characters or more: place and birth, in front, are the holder's."""
    return HIDDEN + (_shown(number[-2:]) if len(number) >= 15 else "")


def mask_account(account: str) -> str:
    """Keeps the last four of 12 characters or more and the last two of 8 or more."""
    return HIDDEN + _shown(account[-4:] if len(account) >= 12 else account[-2:] if len(account) >= 8 else "")


_MASKS: Mapping[IdentifierKind, Callable[[str], str]] = {
    IdentifierKind.PHONE: mask_phone,
    IdentifierKind.EMAIL: mask_email,
    IdentifierKind.WECHAT_UNIONID: mask_account,
    IdentifierKind.APP_ACCOUNT: mask_account,
    IdentifierKind.MEMBER_NUMBER: mask_account,
    IdentifierKind.ID_CARD: mask_id_card,
    IdentifierKind.PLATE: mask_plate,
}


def mask_identifier(kind: IdentifierKind, value: str) -> str:
    """The mask of an identifier by its kind."""
    return _MASKS[kind](value)


def _shown(part: str) -> str:
    # What cannot be printed (a lone surrogate, a control character) could not be stored or would mislead.
    return part if part.isprintable() else ""
