"""Status callbacks of a call: initiated, ringing, answered, completed, numbered in the order in which they happen."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from ivr.carrier.fetching import notify
from ivr.carrier.parameters import rfc2822, standard
from ivr.carrier.signals import Request

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
_SIP = {"busy": "486", "no-answer": "480", "failed": "404", "canceled": "487"}


def watcher(callback: Request, events: tuple[str, ...]) -> Callable[[Leg], None]:
    """What to put into a leg's `on_change`, so that `callback` hears of those `events`."""
    numbers = count()

    def watch(leg: Leg) -> None:
        event = "completed" if leg.status in FINAL else _EVENTS.get(leg.status)
        if event not in events:
            return
        form = standard(leg) | _progress(leg, next(numbers))
        leg.carrier.background(lambda: notify(leg.carrier, leg, callback, tuple(form.items())))

    return watch


def _progress(leg: Leg, number: int) -> dict[str, str]:
    form = {
        "Timestamp": rfc2822(leg.carrier.clock()),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(number),
    }
    if leg.status in FINAL:
        form["CallDuration"] = str(leg.seconds)
        form["Duration"] = str(math.ceil(leg.seconds / 60))
    if leg.status in _SIP:
        form["SipResponseCode"] = _SIP[leg.status]
    return form
