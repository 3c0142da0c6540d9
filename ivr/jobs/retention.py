"""How long each kind of data is kept, and who deletes what is over its time: rows, files, and copies elsewhere."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import click
import structlog

from ivr.store.messages import Messages, elsewhere
from ivr.store.retention import Retention
from ivr.store.vault import Vault, place

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MOST: Final = 1000  # Recordings that could not be deleted, until it is left for another day.
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Period:
    """A kind of data, the days that it is kept, up to when it is over, and how much is."""

    kind: str
    days: int
    until: datetime
    over: int


@dataclass(frozen=True, slots=True)
class Retaining:
    """Deletes what is over its time; `erase` has the carrier delete a recording, and tells why it could not."""

    retention: Retention
    messages: Messages
    vault: Vault
    erase: Callable[[str], str]
    days: Mapping[str, int]
    now: Callable[[], datetime]

    def periods(self) -> Iterator[Period]:
        """Yield each kind that is not kept for ever."""
        for kind, days in self.days.items():
            until = self._until(days)
            yield Period(kind, days, until, self.retention.count(kind, until))

    def run(self) -> dict[str, int]:
        """Delete it, and return how much of each kind; what is killed meanwhile is done by the next."""
        done = {kind: sum(self._batches(kind, self._until(days))) for kind, days in self.days.items()}
        if any(done.values()):
            log.info("deleted what was over its time", **{kind: str(number) for kind, number in done.items() if number})
        return done

    def _batches(self, kind: str, until: datetime) -> Iterator[int]:
        kept = set[str]()
        while len(kept) < MOST and (found := self.retention.over(kind, until, kept)):
            ready = [one for one in found if self._without_sound(one)] if kind in ("messages", "talks") else found
            kept |= set(found) - set(ready)
            yield self.retention.drop(kind, ready, until) if ready else 0

    def _without_sound(self, message_id: str) -> bool:
        """Delete a recording here and at the carrier; return whether it is gone from both."""
        if (message := self.messages.find(message_id)) is None:
            return False
        try:
            if elsewhere(message) and (why := self.erase(message.recording_sid or "")):
                raise OSError(why)
            if message.file:
                self.vault.delete(place(message))
        except OSError as error:
            log.warning("a recording is kept over its time", message=message_id, why=str(error))
            return False
        return True

    def _until(self, days: int) -> datetime:
        """Return the beginning of the first day that is kept, by the hotline's clock."""
        zone: ZoneInfo = self.retention.zone
        return datetime.combine(self.now().astimezone(zone).date() - timedelta(days=days), time(), zone)


def retention_commands(retaining: Retaining) -> click.Group:
    """Return the group `retention`."""

    @click.group("retention")
    def retention() -> None:
        """How long data is kept."""

    @retention.command("show")
    def show() -> None:
        """Say of each kind how many days it is kept, and how much is over that."""
        for one in retaining.periods():
            click.echo(f"{one.kind}: {one.days} days, from {one.until:%Y-%m-%d} on; {one.over} to be deleted")

    @retention.command("run")
    def run() -> None:
        """Delete what is over its time now; the proofs are in the audit log, as `retention.…`."""
        for kind, number in retaining.run().items():
            click.echo(f"{kind}: {number} deleted")

    return retention
