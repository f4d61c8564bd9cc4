"""Identifiers of people and vehicles: their forms, and the one way each is written.

Each check takes trimmed text and gives the normal form, which is what identity compares. It raises
ValueError with a reason that says what is wrong and what to do, and never repeats the value.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from operator import mul

import phonenumbers

_SERIAL = "[A-HJ-NP-Z0-9]"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_MOBILE = re.compile(r"(?:(?:\+|00)?86[ -]?)?(1[3-9][0-9])[ -]?([0-9]{4})[ -]?([0-9]{4})")
# Letters on both sides may be of a hexadecimal id, so a digit group within one is no phone number.
_MOBILE_WITHIN = re.compile(r"(?<![0-9A-Fa-f])(?:\+?86|0086)?1[3-9][0-9]{9}(?![0-9A-Fa-f])")
# Amid other text: mobiles in their usual groups, landlines with their area, numbers from abroad.
_PHONE_AMID = re.compile(
    r"(?<![0-9A-Fa-f])(?:(?:\+|00)?86[ .-]?)?1[3-9][0-9](?:[ .-]?[0-9]{4}){2}(?![0-9A-Fa-f])"
    r"|(?<![0-9A-Fa-f])0[0-9]{2,3}[ .-]?[0-9]{7,8}(?![0-9A-Fa-f])"
    r"|\+[1-9](?:[ .-]?[0-9]){6,13}(?![0-9])"
)
_OTHER_PHONE = re.compile(r"\+?[0-9 ().-]{5,30}")
_PLATE = re.compile(
    rf"[{PROVINCES}][A-HJ-Z](?:"
    rf"{_SERIAL}{{5}}"  # 沪A12345
    rf"|[A-HJK]{_SERIAL}[0-9]{{4}}"  # new energy, small: 沪AD12345
    rf"|[0-9]{{5}}[DF]"  # new energy, large: 沪A12345D
    rf"|{_SERIAL}{{4}}[警学挂港澳试超领])"  # 粤Z1234港
    rf"|使[0-9]{{6}}|[0-9]{{6}}[使领]"
)
_PLATE_AMID = re.compile(rf"[{PROVINCES}][A-HJ-Z][·•‧∙●・.\-－— ]?{_SERIAL}{{4}}[A-HJ-NP-Z0-9警学挂港澳试超领]")
_PLATE_SEPARATORS = {ord(mark): None for mark in "·•‧∙●・.-－— \t\u3000"}
_EMAIL = re.compile(r"[^\s@,;:<>()\"\[\]]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VIN_AMID = re.compile(r"(?<![0-9A-Z_])(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}(?![0-9A-Z_])")
_VIN_VALUES = str.maketrans("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789")
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_ID_CARD = re.compile(r"[1-9][0-9]{16}[0-9X]")
_ID_CARD_AMID = re.compile(r"(?<![0-9])(?:[1-9][0-9]{16}[0-9X]|[1-9][0-9]{14})(?![0-9A-Z])")
_OLD_ID_CARD = re.compile(r"[1-9][0-9]{14}")
_ID_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CARD_DIGITS = "10X98765432"
# The first two digits: provinces, 81–83 residence permits of Hong Kong, Macao and Taiwan, 9x of foreigners.
_ID_CARD_REGIONS = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[1-9]")


def plain(text: str) -> str:
    """Full-width letters and digits become plain ones (NFKC)."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def phone(text: str) -> str:
    """E.164: `138-1234-1234` → `+8613812341234`; numbers without a country are Chinese."""
    text = plain(text)
    match = _MOBILE.fullmatch(text)
    if match is not None:
        return "+86" + "".join(match.groups())
    if "*" in text:
        raise ValueError("is masked with asterisks; give the whole phone number or leave the cell empty.")
    if _OTHER_PHONE.fullmatch(text) is not None:
        # Only what is no mainland mobile comes here: phonenumbers takes 30 µs.
        try:
            number = phonenumbers.parse(text, "CN")
        except phonenumbers.NumberParseException:
            number = None
        if number is not None and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise ValueError("is no phone number; give one number alone, from abroad with + and its country code.")


def email(text: str) -> str:
    """The address in lower case."""
    text = plain(text).lower()
    if len(text) > 254 or _EMAIL.fullmatch(text) is None:
        raise ValueError("is no e-mail address; write one address as name@example.com.")
    return text


def plate(text: str) -> str:
    """The plate in capitals without separators: `沪a·12345` → `沪A12345`."""
    if _PLATE.fullmatch(text) is not None:
        return text
    text = plain(text).upper().translate(_PLATE_SEPARATORS)
    if _PLATE.fullmatch(text) is not None:
        return text
    if text[:1] in PROVINCES and re.search("[IO]", text[2:]):
        raise ValueError("has the letter I or O, which plates avoid; write the digit 1 or 0.")
    raise ValueError("is no mainland plate; write province, letter and five characters, or six for new energy.")


def id_card(text: str) -> str:
    """The 18-character number; a 15-digit one is brought to 18 by its century and check digit."""
    text = plain(text).upper()
    if _OLD_ID_CARD.fullmatch(text) is not None:
        text = f"{text[:6]}19{text[6:]}"
        text += _id_card_digit(text)
    if _ID_CARD.fullmatch(text) is None:
        raise ValueError("is no ID-card number; give 18 characters (17 digits and a digit or X), or the old 15 digits.")
    if _ID_CARD_REGIONS.fullmatch(text[:2]) is None or not _is_day(text[6:14]):
        raise ValueError("is no ID-card number, as its region or date of birth does not exist; check the digits.")
    if _id_card_digit(text) != text[17]:
        raise ValueError("is an ID-card number whose check digit is wrong; check the digits.")
    return text


def vin(text: str) -> str:
    """The VIN in capitals; its check digit is not looked at (see `vin_check_digit_holds`)."""
    if _VIN.fullmatch(text) is not None:
        return text
    text = plain(text).upper()
    if _VIN.fullmatch(text) is not None:
        return text
    if len(text) != 17:
        raise ValueError("is no VIN, which has 17 characters; correct it or leave the cell empty.")
    raise ValueError("is no VIN, which has digits and letters other than I, O and Q; correct it.")


def vin_check_digit_holds(normal_vin: str) -> bool:
    """Whether the ninth character is the check digit of ISO 3779; not every maker uses it."""
    digits = normal_vin.translate(_VIN_VALUES).encode()
    rest = (sum(map(mul, _VIN_WEIGHTS, digits)) - ord("0") * sum(_VIN_WEIGHTS)) % 11
    return normal_vin[8] == "0123456789X"[rest]


def personal_form(text: str) -> str | None:
    """What identifier of a person this text looks like, in words; None when like none.

    Names of things (source ids) stand in clear in the graph, so they must be no such identifier.
    """
    if len(text) < 7:
        return None
    text = plain(text)
    if _MOBILE.fullmatch(text) or _MOBILE_WITHIN.search(text):
        return "a mobile phone number"
    if "@" in text and _EMAIL.fullmatch(text):
        return "an e-mail address"
    if text[0] in PROVINCES or text[0] == "使" or text[-1] in "使领":
        return "a plate" if _holds(plate, text) else None
    if len(text) in (15, 18) and text[:15].isdigit() and _holds(id_card, text):
        return "an ID-card number"
    return None


def personal_form_amid(text: str) -> str | None:
    """What identifier of a person or vehicle seems to stand somewhere in a sentence, in words; None when none does."""
    text = plain(text).upper()
    if _EMAIL.search(text):
        return "an e-mail address"
    if any(_holds(id_card, found[0]) for found in _ID_CARD_AMID.finditer(text)):
        return "an ID-card number"
    if _PHONE_AMID.search(text):
        return "a phone number"
    if _PLATE_AMID.search(text):
        return "a plate"
    return "a VIN" if _VIN_AMID.search(text) else None


def _holds(check: Callable[[str], str], text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True


def _id_card_digit(text: str) -> str:
    return _ID_CARD_DIGITS[(sum(map(mul, _ID_CARD_WEIGHTS, text[:17].encode())) - 48 * sum(_ID_CARD_WEIGHTS)) % 11]


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return "1850" <= digits[:4] <= "2100"
