"""Commands: a phone in the terminal, the desk's promises, the call log made anew."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import click

from ivr import transcript
from ivr.flow.events import Event, Waiting
from ivr.flow.sealing import WRONG
from ivr.flow.secret import SEALED
from ivr.flow.waits import Keys, Message, Room, Wait
from ivr.transcript import Script

CUSTOMER: Final = "+8613800138000"
PRACTICE: Final = ("246810", "135790")  # The demo wallet's, which a page may tell.
KEYS: Final = re.compile(r"[0-9*#]+")
SPEECH: Final = re.compile(r"say (\d{1,3})")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
HELP: Final = "Type keys (0-9 * #), nothing for silence, `say 5` to speak for 5 seconds, `hang up` or Ctrl-D to end."


class Sound(Protocol):
    """Something heard: the words of a `say`, the address of a `play`."""

    @property
    def kind(self) -> str:
        """What kind of sound it is."""

    @property
    def text(self) -> str:
        """What is heard."""


class Phone(Protocol):
    """A phone with a call on it, as the practice carrier's Caller is."""

    @property
    def over(self) -> bool:
        """Whether the call is over."""

    def listen(self) -> Sequence[Sound]:
        """Listen until the hotline waits for something; what was heard."""

    def press(self, keys: str) -> object:
        """Key in."""

    def silence(self) -> object:
        """Do nothing until the hotline goes on."""

    def speak(self, seconds: float) -> object:
        """Speak while a message is recorded."""

    def hang_up(self) -> object:
        """Put the phone down."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A call made for practice: the phone, all that happened in the call up to now, and the SMS that came meanwhile."""

    phone: Phone
    events: Callable[[], Sequence[Event]]
    texts: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True, slots=True)
class Tools:
    """What the commands need.

    `rehearse` makes a call at the moment and from the number of a script; `pages` is where pages are saved; `work` does
    the jobs until the process is told to end; `promised` says how many of the waits that callers were told in the last
    28 days came true, and how many were told; `rebuild` makes the call log and the tallies anew, and tells again and
    again how many `calls`, `days` or `months` are done and differed.
    """

    rehearse: Callable[[Script], AbstractContextManager[Rehearsal]]
    now: Callable[[], datetime]
    zone: ZoneInfo
    base: str
    pages: Path
    work: Callable[[], None]
    promised: Callable[[], tuple[int, int]]
    rebuild: Callable[[], Iterator[tuple[str, int, int]]]


def commands(tools: Tools) -> tuple[click.Command, ...]:
    """Return the commands, to be added to the application's."""
    jobs = click.Command("jobs", callback=tools.work, help="Do what comes after the calls, until told to end.")
    return _call(tools), _desk(tools), _log(tools), jobs


class Later(click.Group):
    """Commands that are made only when one of them is asked for."""

    def __init__(self, name: str, help: str, make: Callable[[], click.Group]) -> None:
        super().__init__(name, help=help)
        self._make = make

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return self._make().list_commands(ctx)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command."""
        return self._make().get_command(ctx, name)


@dataclass
class Page:
    """A call as the terminal shows it, line by line."""

    rehearsal: Rehearsal
    base: str
    lines: list[str]
    told: int = 0
    texts: int = 0
    typing: bool = field(default_factory=lambda: sys.stdin.isatty())

    def run(self) -> None:
        """Listen and do what is typed until the call is over."""
        self._listen()
        while not self.rehearsal.phone.over:
            typed = self._typed()
            if action := self._understood(typed):
                self._do(action)

    def _listen(self) -> None:
        heard = self.rehearsal.phone.listen()
        events = self.rehearsal.events()
        if len(events) == self.told:  # The lifeboat speaks: a fault of ours is heard, but is no event of the call.
            click.echo("".join(f"< {sound.text}\n" for sound in heard if sound.kind == "say"), nl=False)
        new = [line for line in transcript.lines(events[self.told :], self.base) if not line.startswith(">")]
        self.told = len(events)
        self.lines += new
        for line in new:
            click.echo(line)
        # Codes only: what the menus have sent stands among the events. The page that is kept has none of them.
        texts = self.rehearsal.texts()
        for words in texts[self.texts :]:
            click.echo(f"~ SMS: {' '.join(words.split())}")
        self.texts = len(texts)

    def _wait(self) -> Wait | None:
        return next((event.wait for event in reversed(self.rehearsal.events()) if isinstance(event, Waiting)), None)

    def _shown(self, action: str) -> str:
        """Return an action as the page has it: what is keyed in confidence, or too early, is told for practice only."""
        wait, keys = self._wait(), action.rstrip("#")
        if not isinstance(wait, Keys) or not KEYS.fullmatch(keys) or len(keys) < 2 or keys in PRACTICE:
            return action
        if not wait.secret and len(keys) >= wait.least:
            return action
        if keys[-1] in "*#":  # Whoever goes back in the middle of a number goes back.
            return keys[-1]
        return SEALED if wait.secret and len(keys) == wait.most and keys.isdigit() else WRONG

    def _typed(self) -> str:
        if self.typing:
            click.echo("> ", nl=False)
        line = sys.stdin.readline()
        if self.typing and not line:
            click.echo()
        return line.strip() if line else "hang up"

    def _understood(self, typed: str) -> str:
        """Return what a page calls the thing typed; "", and say so, where it makes no sense now."""
        wait = self._wait()
        if typed == "":
            return "(waits)" if isinstance(wait, Room) else "(silence)"
        if typed == "hang up":
            return "(hangs up)"
        if KEYS.fullmatch(typed):
            return typed
        if (spoken := SPEECH.fullmatch(typed)) and isinstance(wait, Message):
            return f"(speaks {int(spoken[1])} s)"
        click.echo("Nothing is being recorded now." if spoken else HELP, err=True)
        return ""

    def _do(self, action: str) -> None:
        self.lines.append(f"> {self._shown(action)}")
        if not self.typing:
            click.echo(self.lines[-1])
        phone = self.rehearsal.phone
        match action:
            case "(silence)" | "(waits)":
                phone.silence()
            case "(hangs up)":
                phone.hang_up()
            case _ if action.startswith("(speaks "):
                phone.speak(float(action.split()[1]))
                phone.press("#")
            case _:
                phone.press(action)
        self._listen()


def _call(tools: Tools) -> click.Command:
    @click.command("call")
    @click.option("--from", "caller", default=CUSTOMER, show_default=True, help="The number that rings.")
    @click.option("--at", help="The moment of the call in the hotline's zone, like '2026-11-23 10:00'; now otherwise.")
    @click.option("--save", metavar="NAME", help="Keep the page as the test NAME.")
    def call(caller: str, at: str | None, save: str | None) -> None:
        """Ring the hotline from this terminal, in no time and without a trace. Type keys as a caller would."""
        file = _file(tools, save)
        script = Script((save or "A call").replace("-", " ").replace("_", " "), _moment(tools, at), caller)
        lines = transcript.head(script)
        click.echo(HELP, err=True)
        click.echo("\n".join(lines))
        with tools.rehearse(script) as rehearsal:
            page = Page(rehearsal, tools.base, lines)
            page.run()
        if file:
            file.write_text("\n".join(page.lines) + "\n", "utf-8")
            click.echo(f"saved: {file.name}", err=True)

    return call


def _file(tools: Tools, name: str | None) -> Path | None:
    if name is None:
        return None
    if not NAME.fullmatch(name):
        raise click.BadParameter("a name is made of small letters, digits, - and _", param_hint="--save")
    if not tools.pages.is_dir():
        raise click.BadParameter(f"there is no folder {tools.pages} to save pages in", param_hint="--save")
    file = tools.pages / f"{name}.txt"
    if file.exists():
        raise click.BadParameter(f"{file.name} is there already: take another name", param_hint="--save")
    return file


def _moment(tools: Tools, at: str | None) -> datetime:
    """Return the moment that was asked for, in whole minutes as a page has it."""
    if at is None:
        return tools.now().astimezone(tools.zone).replace(second=0, microsecond=0)
    try:
        return datetime.strptime(at, transcript.STAMP).replace(tzinfo=tools.zone)
    except ValueError:
        raise click.BadParameter("write a moment like '2026-11-23 10:00'", param_hint="--at") from None


def _desk(tools: Tools) -> click.Command:
    @click.group("desk")
    def desk() -> None:
        """How the desk does."""

    @desk.command("promises")
    def promises() -> None:
        """Say how many of the waits that callers were told came true, of the last 28 days."""
        hits, told = tools.promised()
        rate = f": {hits / told:.0%}" if told else ""
        click.echo(f"{hits} of {told} ranges of minutes that were told in the last 28 days came true{rate}")

    return desk


def _log(tools: Tools) -> click.Command:
    @click.group("calls")
    def calls() -> None:
        """The call log."""

    @calls.command("rebuild")
    def rebuild() -> None:
        """Make the facts of calls and the tallies of days and months anew; say how many were not as they should be."""
        told = {"calls": (0, 0), "days": (0, 0), "months": (0, 0)}
        for what, done, differed in tools.rebuild():
            told[what] = done, differed
            click.echo(f"\r{done} {what}   ", nl=False, err=True)
        click.echo(err=True)
        for what, (done, differed) in told.items():
            click.echo(f"{done} {what} made anew, {differed} of them were otherwise before")

    return calls
