"""Commands: numbers whose calls are not taken."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from ivr.flow import numbers
from ivr.store.audit import Trail
from ivr.store.blocked import Blocks
from ivr.store.crypto import last4

WHOLE: Final = re.compile(r"\+[1-9]\d{6,14}")
LONGEST: Final = 200  # Letters of a reason.


@dataclass(frozen=True, slots=True)
class Blocking:
    """What the commands need; `home` is a number of the country from which others are dialled."""

    blocks: Blocks
    trail: Trail
    now: Callable[[], datetime]
    home: str


def number_of(typed: str, home: str) -> str:
    """Return a number in E.164, empty for what is none, or is withheld."""
    plain = re.sub(r"[\s()-]", "", typed)
    found = numbers.e164(plain, home) or (plain if WHOLE.fullmatch(plain) else "")
    return found if last4(found) else ""


def masked(number: str) -> str:
    """Return a number as the audit log may keep it."""
    return f"••••{last4(number)}"


def blocked_commands(given: Blocking) -> click.Group:
    """Return the commands `blocked add`, `blocked remove` and `blocked list`."""
    commands = (_add(given), _remove(given), _list(given))
    return click.Group("blocked", commands, help="Numbers whose calls are not taken.")


def _add(given: Blocking) -> click.Command:
    @click.command("add")
    @click.argument("number")
    @click.option("--reason", required=True, help="Why, for whoever looks at it later.")
    @click.option("--days", type=click.IntRange(1, 3650), help="For so many days; for ever otherwise.")
    def add(number: str, reason: str, days: int | None) -> None:
        """Take no calls from NUMBER, but for reports of a theft; servers know within seconds."""
        found = _number(given, number)
        until = given.now() + timedelta(days=days) if days else None
        given.trail.add("terminal", "blocked.add", masked(found), "", days=days or 0)
        given.blocks.add(found, reason.strip()[:LONGEST], "terminal", until)
        click.echo(f"{masked(found)} is blocked {f'for {days} days' if days else 'for ever'}")

    return add


def _remove(given: Blocking) -> click.Command:
    @click.command("remove")
    @click.argument("number")
    def remove(number: str) -> None:
        """Take calls from NUMBER again."""
        found = _number(given, number)
        if (block := given.blocks.of(found)) is None:
            raise click.ClickException(f"{masked(found)} is not blocked")
        given.trail.add("terminal", "blocked.remove", masked(found), "")
        given.blocks.remove(block.id, "terminal")
        click.echo(f"{masked(found)} may call again")

    return remove


def _list(given: Blocking) -> click.Command:
    @click.command("list")
    def show() -> None:
        """Print who is blocked, the newest first; numbers are masked."""
        for one in given.blocks.all():
            end = one.until.astimezone(UTC).isoformat(" ", "minutes") if one.until else "for ever"
            click.echo("  ".join((masked(one.number), f"until {end}" if one.until else end, one.by, one.reason)))

    return show


def _number(given: Blocking, typed: str) -> str:
    if found := number_of(typed, given.home):
        return found
    raise click.BadParameter(f"{typed!r} is no number that can be blocked: a withheld one is nobody's")
