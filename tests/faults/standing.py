"""Who stands in the carrier's queues, and who in our line: the same callers, once all is quiet."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from ivr.carrier.verbs import Gather
from ivr.store.desk_tables import line
from tests.faults.history import History
from tests.light.leg import Leg
from tests.light.people import Customer
from tests.light.stage import Stage

AGREE: Final = 30.0  # Seconds within which both must be the same.
STANDS: Final = ("waiting", "offered")
RINGS: Final = 2.0
CALM: Final = 3
RANG: Final = "+86139"  # The numbers of those who wait at last begin so.


class Patient(Customer):
    """Somebody who asks for a person, and waits for as long as it takes."""

    def keys(self, leg: Leg, gather: Gather, heard: float) -> tuple[float, str] | None:
        """Press nothing in the waiting room, as Party."""
        return None if leg.queue else Customer.keys(self, leg, gather, heard)


def unlike(stage: Stage) -> tuple[set[str], set[str]]:
    """Return the calls that stand only in the carrier's queues, and those that stand only in our line."""
    queued = {leg.sid for queue in stage.company.queues.values() for leg in queue}
    placed = places(stage.parts.engine)
    return queued - placed, placed - queued


def arrived(stage: Stage) -> bool:
    """Say whether whoever rang at last, and is still there, has come to wait."""
    legs = stage.company.legs.values()
    return all(leg.queue for leg in legs if leg.from_.startswith(RANG) and not leg.over)


def places(engine: Engine) -> set[str]:
    """Return the calls that wait in our line."""
    query = select(line.c.call_id).where(line.c.kind == "call", line.c.state.in_(STANDS))
    with engine.connect() as connection:
        return set(connection.scalars(query))


async def patient(
    stage: Stage, history: History, chance: Random, count: int, over: Callable[[], Awaitable[object]]
) -> list[tuple[str, str]]:
    """Have callers wait while nobody takes calls and all goes wrong that does; return who stands where they must not.

    `over` ends what goes wrong. Then agents come back, and whoever waits is served.
    """
    stage.closed = True
    await stage.tended()
    people = [Patient(chance, ["0"]) for _ in range(count)]
    rings = [
        asyncio.ensure_future(stage.company.ring_in(f"{RANG}{number:08}", person))
        for number, person in enumerate(people)
    ]
    await asyncio.sleep(RINGS)
    await over()
    wrong = await _agreed(stage)
    history.stood = len(places(stage.parts.engine))
    stage.closed = False
    await asyncio.gather(*rings)
    return wrong


async def _agreed(stage: Stage) -> list[tuple[str, str]]:
    """Wait until both are the same twice in a row, as a caller may be between the two; return who is not in both."""
    until, calm = time.monotonic() + AGREE, 0
    while True:
        with suppress(DBAPIError):
            queued, placed = await asyncio.to_thread(unlike, stage)
            calm = 0 if queued or placed or not arrived(stage) else calm + 1
            if calm == CALM or time.monotonic() > until:
                return _told(queued, placed)
        await asyncio.sleep(0.3)


def _told(queued: set[str], placed: set[str]) -> list[tuple[str, str]]:
    return [
        *((call, "it is in the carrier's queue, and has no place in line") for call in queued),
        *((call, "it has a place in line, and is in no queue of the carrier's") for call in placed),
    ]
