"""Commands for the night when no browser is at hand: emergencies declared, listed and ended."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from ivr.editor.declaring import Declaring
from ivr.editor.emergency import MOMENT, key
from ivr.editor.gate import GateError
from ivr.editor.publishing import RefusedError
from ivr.editor.texts_emergency import CLOSED
from ivr.flow.emergency import Declared
from ivr.store.audit import Trail
from ivr.store.errors import StoreError

TERMINAL: Final = "terminal"
SPAN: Final = re.compile(r"(\d{1,4})(h|m)")
CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")
UNTIL: Final = click.option("--until", required=True, help="When it ends: 2h, 45m, 18:00, or 2026-11-26 18:00.")
BY: Final = click.option("--by", default=TERMINAL, show_default=True, help="Who declares it, as everybody will see.")
WORDS: Final = click.option("--words", multiple=True, help="What callers hear, for each language: en-US=We are …")
QUEUES: Final = click.argument("queues", nargs=-1, required=True)


def emergency_commands(declaring: Declaring, trail: Trail) -> click.Group:
    """Return the commands `menus emergency …`."""

    @click.group("emergency")
    def group() -> None:
        """What goes before all else for a time that ends."""

    def declare(kind: Any, until: str, by: str, **what: Any) -> None:
        now = declaring.publishing.now()
        end = _until(until, now, declaring.flow.zone)
        _declare(declaring, trail, Declared(kind, 0, now.replace(second=0, microsecond=0), end, by, **what))

    _declaring(group, declaring, declare)
    _standing(group, declaring, trail)
    return group


def _declaring(group: click.Group, declaring: Declaring, declare: Callable[..., None]) -> None:
    """Add the commands that declare one."""

    @group.command("announce")
    @WORDS
    @UNTIL
    @BY
    def announce(words: tuple[str, ...], until: str, by: str) -> None:
        """Say something to every caller before the greeting."""
        declare("announce", until, by, words=_words(words))

    @group.command("close")
    @QUEUES
    @WORDS
    @UNTIL
    @BY
    def close(queues: tuple[str, ...], words: tuple[str, ...], until: str, by: str) -> None:
        """Close queues; without --words callers hear that something unexpected happened."""
        shipped = {one: text for one, text in CLOSED.items() if one in declaring.flow.words}
        declare("close", until, by, queues=queues, words=_words(words) or shipped)

    @group.command("divert")
    @QUEUES
    @click.option("--to", required=True, help="Another queue, or a number outside.")
    @UNTIL
    @BY
    def divert(queues: tuple[str, ...], to: str, until: str, by: str) -> None:
        """Lead whoever wants these queues into another, or outside."""
        declare("divert", until, by, queues=queues, to=to)


def _declare(declaring: Declaring, trail: Trail, wanted: Declared) -> None:
    flow, problems = declaring.trial(wanted)
    if flow is None:
        raise click.ClickException("\n".join(one.words for one in problems))
    about = {"queues": ", ".join(wanted.queues), "to": wanted.to, "until": wanted.end.isoformat()}
    trail.add(TERMINAL, "menus.emergency", wanted.kind, "", by=wanted.by, **about)
    version, end = _told(lambda: declaring.declare(wanted)), wanted.end.astimezone(flow.zone).strftime(MOMENT)
    click.echo(f"version {version} answers; this ends at {end}, or by `menus emergency end {key(wanted)}`")


def _standing(group: click.Group, declaring: Declaring, trail: Trail) -> None:
    """Add the commands about what is declared."""

    @group.command("list")
    def listed() -> None:
        """Say what is declared and has not ended, with the key by which each is ended."""
        zone = declaring.flow.zone
        for one in declaring.standing():
            start, end = (at.astimezone(zone).strftime(MOMENT) for at in (one.start, one.end))
            about = " ".join((one.kind, ", ".join(one.queues), f"→ {one.to}" if one.to else "", *one.words.values()))
            click.echo(f"{key(one)}  {start} to {end}  {one.by}  {' '.join(about.split())}")

    @group.command("end")
    @click.argument("wanted", metavar="KEY")
    @BY
    def end(wanted: str, by: str) -> None:
        """End one now."""
        trail.add(TERMINAL, "menus.emergency.end", wanted, "", by=by)
        try:
            click.echo(f"version {_told(lambda: declaring.end(wanted, by))} answers")
        except KeyError:
            words = f"no emergency {wanted} is on: `menus emergency list` says what is"
            raise click.ClickException(words) from None


def _told(act: Callable[[], int]) -> int:
    try:
        return act()
    except RefusedError as error:
        told = [str(one) for one in error.finding.problems] + [str(one["told"]) for one in error.finding.traps]
        raise click.ClickException("\n".join(told)) from None
    except (StoreError, GateError) as error:
        raise click.ClickException(str(error)) from None


def _words(given: tuple[str, ...]) -> dict[str, str]:
    named = [one.partition("=") for one in given]
    if bad := [language for language, mark, _ in named if not mark]:
        raise click.BadParameter(f"write the language before the words, as in zh-CN={bad[0]}", param_hint="--words")
    return {language.strip(): words.strip() for language, _, words in named}


def _until(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that is meant: so long from now, the next time that the clock shows this, or a day's."""
    if span := SPAN.fullmatch(text):
        length = timedelta(**{"hours" if span[2] == "h" else "minutes": int(span[1])})
        return now.replace(second=0, microsecond=0) + length
    local = now.astimezone(zone)
    try:
        if clock := CLOCK.fullmatch(text):
            at = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
            return at if at > local else at + timedelta(days=1)
        return datetime.strptime(text, MOMENT).replace(tzinfo=zone)
    except ValueError:
        raise click.BadParameter("write 2h, 45m, 18:00, or 2026-11-26 18:00", param_hint="--until") from None
