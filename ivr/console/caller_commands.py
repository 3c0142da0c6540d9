"""Commands: what is kept of whoever calls from a number, shown, given to them, or erased on their request."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import click

from ivr.console.caller_file import Sounds, counted, export
from ivr.console.nameless import nameless
from ivr.flow import numbers, record
from ivr.flow.events import Event
from ivr.flow.flow import Flow
from ivr.reports.digest import mark
from ivr.store.audit import Trail
from ivr.store.blocked import Blocks
from ivr.store.crypto import Cipher
from ivr.store.errors import StoreError
from ivr.store.messages import Message, elsewhere
from ivr.store.personal import Kept, Person, Registry

QUICK: Final = click.option(
    "--quick", is_flag=True, help="Do not read all calls of others for the number: only those found by an index."
)


@dataclass(frozen=True, slots=True)
class Callers:
    """What the commands need: `flow_of` gives the menus of a version, `waiting` the calls that wait in the spool.

    `delete` has the carrier delete a recording, and tells why it could not.
    """

    registry: Registry
    cipher: Cipher
    trail: Trail
    now: Callable[[], datetime]
    flow: Flow
    flow_of: Callable[[int], Flow]
    sounds: Sounds
    waiting: Callable[[], set[str]]
    delete: Callable[[str], str]

    def person(self, typed: str) -> Person:
        """Return whose number that is; raise BadParameter for what is no number."""
        if not (number := numbers.e164(typed, self.flow.hotline.number)):
            raise click.BadParameter(f"{typed!r} is no telephone number: give it like +8613800138000 or 13800138000")
        home = numbers.spoken(number, self.flow.hotline.number)
        return Person(number, tuple(dict.fromkeys((number, number.removeprefix("+"), home))))

    def find(self, person: Person, quick: bool) -> Kept:
        """Return all that is kept of them; who is in no hurry finds every call that names them, too."""
        named = set[str]() if quick else self.registry.named(person)
        signs = [f"{what}:{form}" for form in person.forms for what in ("number", "word")]
        return self.registry.find(person, [mark(one) for sign in signs for one in self.cipher.hashes(sign)], named)

    def name(self, person: Person) -> str:
        """Return what the audit log calls them: nothing tells the number from it without our secret."""
        return f"caller {self.cipher.hash(person.number)[:16]}"


def caller_commands(callers: Callers) -> click.Group:
    """Return the commands `caller show`, `caller export` and `caller erase`."""
    commands = (_show(callers), _export(callers), _erasing(callers))
    return click.Group("caller", commands, help="What is kept of whoever calls from a number.")


def _show(callers: Callers) -> click.Command:
    @click.command("show")
    @click.argument("number")
    @QUICK
    def show(number: str, quick: bool) -> None:
        """Say how much is kept of whoever calls from NUMBER."""
        with _plainly():
            kept, _ = _asked(callers, "caller.show", number, quick)
        for what, count in counted(kept):
            click.echo(f"{what}: {count}")

    return show


def _export(callers: Callers) -> click.Command:
    @click.command("export")
    @click.argument("number")
    @click.argument("file", type=click.Path(path_type=Path))
    @QUICK
    def give(number: str, file: Path, quick: bool) -> None:
        """Write all that is kept of whoever calls from NUMBER into a new ZIP FILE."""
        with _plainly():
            kept, _ = _asked(callers, "caller.export", number, quick)
            export(kept, file, callers.flow, callers.sounds)
        click.echo(f"{file}: {', '.join(f'{count} {what}' for what, count in counted(kept) if count)}")

    return give


def _erasing(callers: Callers) -> click.Command:
    @click.command("erase")
    @click.argument("number")
    @click.option("--yes", is_flag=True, help="Without asking.")
    @QUICK
    def erase(number: str, yes: bool, quick: bool) -> None:
        """Take whoever calls from NUMBER out of all that is kept; what was counted stays counted."""
        if not yes:
            click.confirm("This cannot be undone. Erase them?", abort=True)
        with _plainly():
            _erase(callers, number, quick)

    return erase


def _asked(callers: Callers, act: str, number: str, quick: bool) -> tuple[Kept, Person]:
    person = callers.person(number)
    callers.trail.add("terminal", act, callers.name(person), "")
    return callers.find(person, quick), person


def _erase(callers: Callers, number: str, quick: bool) -> None:
    kept, person = _asked(callers, "caller.erase", number, quick)
    if {row["id"] for row in kept.calls} & callers.waiting():
        raise StoreError("something of theirs waits in instance/spool until it is written down: try in a minute")
    made, other = _without(callers, kept, person)
    callers.registry.erase(person, kept, made, callers.now())
    files = sum(callers.sounds.delete(row) for row in kept.messages)
    click.echo(f"erased: {', '.join(f'{count} {what}' for what, count in counted(kept) if count) or 'nothing'}")
    _told(kept, other, files, _still(callers, kept), _blocked(callers, person))


def _without(callers: Callers, kept: Kept, person: Person) -> tuple[dict[str, list[tuple[Event, ...]]], int]:
    """Return the turns of all calls without the number, and how many of them are not what their inputs make."""
    made, other, versions = dict[str, list[tuple[Event, ...]]](), 0, callers.registry.begun(kept)
    for call_id, rows in groupby(kept.turns, lambda row: row["call_id"]):
        version, greeted = versions[call_id]
        events = [record.read(row["events"]) for row in rows]
        only = person.forms if call_id in kept.mentions else ()
        made[call_id], exact = nameless(callers.flow_of(version), greeted, events, only)
        other += not exact
    return made, other


def _still(callers: Callers, kept: Kept) -> list[str]:
    """Have the carrier delete its copies; return those that it still has."""
    copies = [message.recording_sid or "" for row in kept.messages if elsewhere(message := Message(**row))]
    return [sid for sid in copies if callers.delete(sid)]


def _blocked(callers: Callers, person: Person) -> str:
    """Return what is left of a block, which nobody is to be rid of by asking to be forgotten."""
    if (block := Blocks(callers.registry.engine, callers.now).of(person.number)) is None:
        return ""
    until = f"until {block.until.astimezone(callers.flow.zone):%Y-%m-%d %H:%M}" if block.until else "for ever"
    return f"they stay blocked {until}: of that a keyed hash of the number is kept, no number and no reason"


def _told(kept: Kept, other: int, files: int, still: Sequence[str], blocked: str) -> None:
    """Say what else a person should know who promised that somebody is forgotten."""
    click.echo(f"{files} recordings deleted here")
    for what in (
        f"{other} calls cannot be done again exactly, as menus go other ways without the number" if other else "",
        f"recordings lie at the carrier, which did not delete them: {', '.join(still)}" if still else "",
        blocked,
        f"{len(kept.audit)} entries of the audit log name them; those cannot be changed" if kept.audit else "",
        "backups taken before still hold them, until you delete those",
        "PostgreSQL's own files hold old rows, sealed, until it vacuums; SQLite's were overwritten",
    ):
        if what:
            click.echo(what)


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
