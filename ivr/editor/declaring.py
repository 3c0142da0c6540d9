"""Declares and ends emergencies: each is an ordinary publication of what is live, behind the same gate."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ivr.editor import emergency
from ivr.editor.emergency import FILE, Files
from ivr.editor.publishing import Publishing
from ivr.flow.emergency import Declared, read
from ivr.flow.emergency.under import house, under
from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.flow.text import parse
from ivr.store.drafts import StaleError

TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Declaring:
    """What people do about emergencies; each act raises RefusedError, GateError or StaleError where it cannot be."""

    publishing: Publishing

    @property
    def flow(self) -> Flow:
        """What callers who ring now hear."""
        return self.publishing.live.flow

    def standing(self) -> list[Declared]:
        """Return what is declared and has not ended."""
        return [one for one in self.flow.emergencies if one.end > self._now]

    def trial(self, wanted: Declared) -> tuple[Flow | None, list[Problem]]:
        """Return the live menus as they would be, or what is wrong with an emergency."""
        files = emergency.declared(self._files(), wanted, self._now, self.flow.zone)
        text, problems = parse(FILE, files[FILE])
        declared, troubles = read(text.data, house(self.flow.hotline, self.flow.queues))
        problems += [Problem(FILE, text.line(one.path), one.words) for one in troubles]
        return (None if problems else under(self.flow, declared)), problems

    def declare(self, wanted: Declared) -> int:
        """Let it count for all calls that begin from now on; return the version that says so."""
        note = f"{FILE}: {wanted.kind} {', '.join(wanted.queues)} {wanted.to}".strip()
        return self._publish(lambda files, _: emergency.declared(files, wanted, self._now, self._zone), wanted.by, note)

    def end(self, key: str, by: str) -> int:
        """End one for all calls that begin from now on; raise KeyError where it has ended already."""

        def without(files: Files, flow: Flow) -> dict[str, str]:
            found = next((one for one in flow.emergencies if emergency.key(one) == key), None)
            if found is None or found.end <= self._now:
                raise KeyError(key)
            return emergency.ended(files, found, self._now, self._zone)

        return self._publish(without, by, f"{FILE}: -")

    def _publish(self, change: Callable[[Files, Flow], dict[str, str]], by: str, note: str) -> int:
        """Change what is live, anew where others were faster."""
        tried = 0
        while True:
            last = self.publishing.last()
            files, flow = self.publishing.library.files(last.version), self.publishing.live.of(last.version)
            try:
                return self.publishing.whole(change(files, flow), by, note, last)
            except StaleError:
                if (tried := tried + 1) == TRIES:
                    raise

    def _files(self) -> dict[str, str]:
        return self.publishing.library.files(self.publishing.last().version)

    @property
    def _now(self) -> datetime:
        return self.publishing.now()

    @property
    def _zone(self) -> ZoneInfo:
        return self.flow.zone


def closing(flow: Flow, now: datetime) -> datetime | None:
    """Return when the last queue that is open now closes today; None where none does."""
    today = now.astimezone(flow.zone).date()
    ends = [one.until for queue in flow.queues if (one := flow.schedule.at(queue, now)).until]
    return max((end for end in ends if end and end.astimezone(flow.zone).date() == today), default=None)
