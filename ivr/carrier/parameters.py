"""The parameters that go with every request about a call, in Twilio's names and order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

API_VERSION = "2010-04-01"
_PLACES = ("City", "State", "Zip", "Country")
_COUNTRIES = {
    "+852": "HK", "+853": "MO", "+886": "TW", "+86": "CN", "+81": "JP", "+82": "KR", "+65": "SG", "+44": "GB",
    "+49": "DE", "+33": "FR", "+34": "ES", "+39": "IT", "+55": "BR", "+61": "AU", "+91": "IN", "+1": "US",
}  # fmt: skip


def country(number: str) -> str:
    """The country of an E.164 number, as far as the carrier knows; else ""."""
    return next((name for prefix, name in _COUNTRIES.items() if number.startswith(prefix)), "")


def standard(leg: Leg) -> dict[str, str]:
    """The standard parameters, empty ones included."""
    form = {
        "AccountSid": leg.carrier.account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": leg.sid,
        "CallStatus": leg.status,
        "Direction": leg.direction,
        "From": leg.from_,
        "To": leg.to,
        "Caller": leg.from_,
        "Called": leg.to,
    }
    for side, number in (("From", leg.from_), ("Caller", leg.from_), ("To", leg.to), ("Called", leg.to)):
        form |= {side + place: country(number) if place == "Country" else "" for place in _PLACES}
    if leg.parent is not None:
        form["ParentCallSid"] = leg.parent.sid
    return form | leg.extra


def ordered(form: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The form as Twilio sends it: by name, capitals first; a later value of a name replaces an earlier one."""
    return sorted(dict(form).items())


def rfc2822(moment: datetime) -> str:
    """A date as Twilio writes it, in UTC: `Thu, 29 Jul 2021 06:59:25 +0000`."""
    from datetime import UTC

    return format_datetime(moment.astimezone(UTC))
