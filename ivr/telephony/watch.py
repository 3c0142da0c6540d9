"""Calls whose end nobody told us, as while we were down: the carrier is asked about those that last."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ivr.desk.keeping import Desk, Lasting
from ivr.telephony.rest import Rest

QUIET_RING: Final = timedelta(seconds=7)
QUIET_TALK: Final = timedelta(minutes=5)  # Nobody keys so slowly in a call either; but a message may be long.
QUIET_CALLER: Final = timedelta(seconds=90)  # A round of the waiting room is shorter: its music and a few words.


@dataclass
class Watch:
    """Asks about calls that show no sign of life for longer than `quiet`, or since before we began.

    `lasting` finds those that have shown none since a moment. They are looked for every `look`, and the same one is
    asked about `again` after a while; who was longest neither heard of nor asked about comes first, `most` of them a
    look, `quietly` in the background. `over` is told what a call that has ended was for.
    """

    now: Callable[[], datetime]
    rest: Rest
    quietly: Callable[[str, Callable[[], object]], None]
    lasting: Callable[[datetime], Iterable[Lasting]]
    over: Callable[[str], object]
    quiet: timedelta
    again: timedelta
    look: timedelta
    most: int
    _begun: datetime | None = None
    _looked: datetime | None = None
    _asked: dict[str, datetime] = field(default_factory=dict)

    def tend(self) -> None:
        """Ask about every call that is due; a moment after the last look there is nothing to do."""
        now = self.now()
        if self._looked and now < self._looked + self.look:
            return
        self._looked, self._begun = now, self._begun or now
        lasting = list(self.lasting(max(self._begun, now - self.quiet)))
        self._asked = {one.name: self._asked[one.name] for one in lasting if one.name in self._asked}
        due = [one for one in lasting if one.name not in self._asked or now >= self._asked[one.name] + self.again]
        due.sort(key=lambda one: self._asked.get(one.name, one.since))
        for one in due[: self.most]:
            self._asked[one.name] = now
            self._ask(one)

    def _ask(self, one: Lasting) -> None:
        self.quietly("call not asked about", lambda: self.rest.over(one.call_id) and self.over(one.name))


def watches(
    desk: Desk,
    rest: Rest,
    quietly: Callable[[str, Callable[[], object]], None],
    left: Callable[[str], object],
    gone: Callable[[str], object],
) -> tuple[Watch, ...]:
    """Return who asks about agents' rings and talks, callers in line, and callers elsewhere."""
    second, watched = timedelta(seconds=1), (desk.now, rest, quietly)
    return (
        Watch(*watched, desk.ringing, left, QUIET_RING, 4 * second, second, most=1000),
        Watch(*watched, desk.talking, left, QUIET_TALK, QUIET_TALK, 5 * second, most=5),
        Watch(*watched, desk.quiet, gone, QUIET_CALLER, 60 * second, 5 * second, most=5),
        Watch(*watched, desk.unheard, gone, QUIET_TALK, 2 * QUIET_TALK, 5 * second, most=5),
    )
