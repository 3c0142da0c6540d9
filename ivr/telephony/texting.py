"""Sends SMS by Twilio's REST, and looks up which it has taken, in case nobody heard its answer."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from ivr.store.answers import Gone, Later, Refused, Taken, Unsure
from ivr.telephony.asking import TWILIO
from ivr.telephony.rest import Rest

SERVICE: Final = "MG"  # So begins the id of a messaging service, which chooses among its numbers.
TRIAL: Final = "Sent from your Twilio trial account - "  # What Twilio puts before the words, as long as nobody pays.
LATEST: Final = 200  # Far more than one number gets in a day, and one page of the carrier's.
BUSY: Final = 429
FAILED: Final = ("failed", "undelivered", "canceled")


@dataclass(frozen=True, slots=True)
class Texting:
    """Our texts at the carrier, from this sender: a number (E.164) or a messaging service (MG…)."""

    rest: Rest
    sender: str

    def send(self, number: str, words: str) -> Taken | Refused | Later | Unsure:
        """Have the carrier send an SMS to a number (E.164); return within about four seconds what came of it."""
        by = "MessagingServiceSid" if self.sender.startswith(SERVICE) else "From"
        try:
            answer = self.rest.client.request("POST", self._url, data={"To": number, by: self.sender, "Body": words})
        except OSError as error:  # So are all of the client's own; their words hold the address, and so the account.
            return Unsure(type(error).__name__)
        return _answered(answer)

    def sent(self, number: str) -> list[Gone] | Unsure:
        """Return the latest texts to a number that the carrier has taken, the newest first."""
        # Not those since a day: the carrier goes by when a text was sent, and one that still waits there has not been.
        asked = {"To": number, "PageSize": LATEST}
        try:
            answer = self.rest.client.request("GET", self._url, params=asked)
        except OSError as error:
            return Unsure(type(error).__name__)
        found = _read(answer.text).get("messages") if answer.ok else None
        if not isinstance(found, list):
            return Unsure(f"the carrier answered {answer.status_code}", _seconds(answer))
        return [_gone(one) for one in found if one.get("date_created")]

    @property
    def _url(self) -> str:
        return f"{TWILIO}/2010-04-01/Accounts/{self.rest.account}/Messages.json"


def _answered(answer: Any) -> Taken | Refused | Later | Unsure:
    status, told = int(answer.status_code), _read(answer.text)
    if answer.ok:
        return Taken(str(told["sid"]), _failed(told)) if told.get("sid") else Unsure("the carrier's answer is no text")
    why = f"the carrier answered {status}"
    if status == BUSY:
        return Later(why, _seconds(answer))
    if status >= 500:  # It may have taken it all the same.
        return Unsure(why, _seconds(answer))
    # Its words would tell the number; the code says enough, and what it means stands in the carrier's own list.
    return Refused(f"the carrier refused it: {told.get('code') or status}")


def _gone(told: dict[str, Any]) -> Gone:
    words = str(told.get("body") or "").removeprefix(TRIAL)
    return Gone(str(told["sid"]), words, _moment(str(told["date_created"])), _failed(told))


def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text)


def _failed(told: dict[str, Any]) -> str:
    if told.get("status") not in FAILED:
        return ""
    return f"the carrier could not deliver it: {told.get('error_code') or told['status']}"


def _seconds(answer: Any) -> float | None:
    """Return after how many seconds the carrier wants to be asked again, where it says so in a number."""
    with suppress(KeyError, ValueError):
        return max(0.0, float(answer.headers["Retry-After"]))
    return None


def _read(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    return {}
