"""The practice carrier beside the hotline: a phone in the browser, and calls that are rehearsed by themselves."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flask import Flask, redirect, url_for

from ivr import logs
from ivr.cli import Rehearsal
from ivr.parts import Parts
from ivr.settings import Settings
from ivr.transcript import Script

if TYPE_CHECKING:
    from ivr.carrier.company import Carrier
    from ivr.carrier.desk_phones import DeskPhones


def practise(app: Flask, parts: Parts, now: Callable[[], datetime]) -> "DeskPhones":
    """Put a telephone company beside the hotline, with a phone in the browser to ring it."""
    from ivr.carrier.company import Carrier
    from ivr.carrier.desk_phones import DeskPhones
    from ivr.carrier.phone import phone
    from ivr.carrier.rest import rest

    found, number = parts.settings, parts.flow.hotline.number
    callbacks = ThreadPoolExecutor(4, "carrier")
    carrier = Carrier(found.account, found.tokens[0], now, background=callbacks.submit, api_url=found.api_url)
    base = f"{found.public_url}/voice"
    carrier.number(number, f"{base}/incoming", f"{base}/fallback", f"{base}/status")
    app.extensions["carrier"] = carrier
    app.register_blueprint(rest(carrier))
    app.register_blueprint(phone(carrier, number))
    app.add_url_rule("/", "index", lambda: redirect(url_for("phone.show")))
    phones = DeskPhones(carrier)
    parts.board.beside.append(lambda: phones.tick([agent.phone for agent in parts.desk.agents()]))
    return phones


def _rehearsal(made: Parts, carrier: "Carrier", number: str) -> Rehearsal:
    """Return a call from a number to this hotline."""
    from ivr.carrier.caller import Caller

    caller = Caller(carrier, number, made.flow.hotline.number)
    texts = carrier.inbox.of
    return Rehearsal(
        caller, lambda: made.journal.events(caller.leg.sid), lambda: [text.body for _, text in texts(number)]
    )


@contextmanager
def rehearse(
    found: Settings, number: str, script: Script, create: Callable[[Settings, Callable[[], datetime]], Flask]
) -> Iterator[Rehearsal]:
    """Give a call to a hotline like this one, which `create` makes; it has a database of its own, which is not kept."""
    from ivr.carrier.rehearsal import rehearsal
    from ivr.carrier.rest import rest

    with TemporaryDirectory() as folder:
        alone = replace(found, practice=False, instance=Path(folder), database_url=f"sqlite:///{folder}/hotline.db")

        def make(port: int, clock: Callable[[], datetime]) -> Flask:
            url = f"http://127.0.0.1:{port}"
            return create(replace(alone, port=port, public_url=url, api_url=url), clock)

        with rehearsal(make, script.at, found.account, found.tokens[0], number) as (app, carrier), logs.brief():
            app.register_blueprint(rest(carrier))  # Which sends codes and SMS.
            made: Parts = app.extensions["hotline"]
            made.desk.staff_all(made.flow.queues, made.flow.hotline.languages)
            yield _rehearsal(made, carrier, script.caller)
            made.close()
