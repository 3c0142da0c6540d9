"""Moments at which a flow must be walked: one for each set of queues open and emergencies on together."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ivr.flow.flow import Flow

AHEAD: Final = timedelta(days=400)
MOST: Final = 5_000  # Changes that are looked at; hours that change more often repeat themselves.


def moments(flow: Flow, first: datetime) -> dict[frozenset[str], datetime]:
    """Return which queues are open together, and the first moment from this one on at which they are.

    Emergencies that are on then stand among them, named by their places.
    """
    found: dict[frozenset[str], datetime] = {}
    for queues, at in changes(flow, first):
        found.setdefault(queues, at)
    return found


def changes(flow: Flow, first: datetime) -> Iterator[tuple[frozenset[str], datetime]]:
    """Yield which queues are open, and emergencies on, at a moment; and then whenever that changes, with when."""
    at = first
    for _ in range(MOST):
        now = {queue: flow.schedule.at(queue, at) for queue in flow.queues}
        on = {one.place for one in flow.emergencies if one.on(at)}
        yield frozenset(on.union(queue for queue, one in now.items() if one.open)), at
        ahead = [change for one in now.values() if (change := one.until if one.open else one.next) and change > at]
        ahead += [end for one in flow.emergencies for end in (one.start, one.end) if end > at]
        if not ahead or min(ahead) > first + AHEAD:
            return
        at = min(ahead)
