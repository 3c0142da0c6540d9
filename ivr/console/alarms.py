"""When the wallboard warns of a queue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.flow.flow import Queue
from ivr.reports.live import Waiting
from ivr.reports.today import Day

ENOUGH: Final = 10  # Of fewer callers, one who had to wait would make an alarm all morning.


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong with a queue (`wait`, `waiting`, `service`), and beyond which limit."""

    queue: str
    what: str
    limit: int


def alarms(name: str, queue: Queue, waiting: Waiting, day: Day, now: datetime) -> Iterator[Alarm]:
    """Yield what to warn of; the limits are the queue's."""
    if waiting.since and (now - waiting.since).total_seconds() > queue.alarm_wait:
        yield Alarm(name, "wait", queue.alarm_wait)
    if waiting.callers >= queue.alarm_waiting:
        yield Alarm(name, "waiting", queue.alarm_waiting)
    if day.offered >= ENOUGH and 100 * day.within < queue.alarm_service * day.offered:
        yield Alarm(name, "service", queue.alarm_service)
