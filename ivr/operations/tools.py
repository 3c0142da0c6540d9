"""The commands of whoever runs the machines; the doctor's can be had without an application."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import click
from flask import Flask

from ivr import settings
from ivr.cli import Later
from ivr.parts import Parts


def tools(parts: Parts) -> Iterator[Later]:
    """Yield the groups of commands, which are made when one of them is asked for."""
    yield Later("numbers", "Where the account's numbers lead.", lambda: _numbers(parts))


def doctoring(now: Callable[[], datetime]) -> Flask:
    """Return an application that has but the doctor, who is wanted most where there is no other."""
    app = Flask("hotline")
    app.cli.add_command(doctor(now))
    return app


def doctor(now: Callable[[], datetime]) -> click.Command:
    """Return the doctor's command, which reads the settings by itself."""
    root = Path(__file__).resolve().parents[2]

    def looked() -> None:
        from ivr.operations.doctor import examine  # It knows whom a server of calls does without.

        examine(settings.surroundings(root), root, now)

    words = "Look at all that may be wrong here, and say what to do; ends with 1 if anything must be mended."
    return click.Command("doctor", callback=looked, help=words)


def _numbers(parts: Parts) -> click.Group:
    from ivr.telephony.numbers import Numbers
    from ivr.telephony.numbers_commands import numbers_commands
    from ivr.telephony.rest import Rest

    found = parts.settings
    rest = Rest(found.account, found.tokens[0], found.api_url)
    return numbers_commands(Numbers(rest, lambda: parts.flow.hotline.number, found.public_url))
