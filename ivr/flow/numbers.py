"""Telephone numbers that we may ring: which they are, in which form they are kept, how they are said."""

from collections.abc import Sequence
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

PEOPLE: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
MOBILES: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
LONGEST: Final = 20
CONNECT: Final = "1"  # Whoever is rung and presses it is a person: a voicemail box takes no call.


def e164(text: str, home: str) -> str:
    """Return a mobile or landline number as +8613800138000, empty for what is none.

    `home` is a number of the country in which `text` was dialled. Short codes and service numbers ring nobody's phone.
    """
    try:
        number = phonenumbers.parse(text[: LONGEST + 1], _region(home))
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in PEOPLE:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mobile(text: str, region: str = "CN") -> str:
    """Return a mobile number of this country, or one with its own in front, in E.164; empty for what is none."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILES:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def allowed(number: str, prefixes: Sequence[str]) -> bool:
    """Tell whether a number in E.164 begins with one of the prefixes."""
    return number.startswith(tuple(prefixes))


def spoken(number: str, home: str) -> str:
    """Return the digits by which people at home know a number in E.164: without their own country's code."""
    parsed = phonenumbers.parse(number)
    if parsed.country_code != phonenumbers.parse(home).country_code:
        return f"00{number.removeprefix('+')}"
    local = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return "".join(sign for sign in local if sign.isdigit())


def example(home: str, prefixes: Sequence[str]) -> str:
    """Return how somebody at home keys a number that begins with one of the prefixes, empty where none is known."""
    codes = {prefix: phonenumbers.parse(f"{prefix}0000000").country_code or 0 for prefix in prefixes}
    for prefix, code in codes.items():
        number = phonenumbers.example_number_for_type(
            phonenumbers.region_code_for_country_code(code), PhoneNumberType.MOBILE
        )
        if number and phonenumbers.format_number(number, PhoneNumberFormat.E164).startswith(prefix):
            return spoken(phonenumbers.format_number(number, PhoneNumberFormat.E164), home)
    return ""


def _region(home: str) -> str:
    return phonenumbers.region_code_for_country_code(phonenumbers.parse(home).country_code or 0)
