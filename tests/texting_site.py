"""A practice carrier's SMS and codes over real HTTP, whose faults can be planned; all is held against the contract."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask

from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.rehearsal import served
from ivr.carrier.rest import rest
from tests.carrier_site import ACCOUNT, TOKEN
from tests.openapi import Log, recorded
from tests.stores import NOON
from tests.world import free_port

SENDER = "+861069012345"
SERVICE = "VA" + "0" * 32


@dataclass(frozen=True, slots=True)
class Site:
    """The carrier, where it answers, and what it was asked."""

    carrier: Carrier
    url: str
    log: Log

    @property
    def bodies(self) -> list[tuple[str, str]]:
        """Return each SMS that was taken, with its number."""
        return [(one.to, one.body) for one in self.carrier.messages.values()]

    def asked(self) -> list[str]:
        """Return what was asked, in order."""
        return [f"{one.method} {one.path.rsplit('/', 1)[1]}" for one in self.log.sent]


@contextmanager
def texting() -> Iterator[Site]:
    """Serve a carrier for the length of the block; its time stands still at noon."""
    port = free_port()
    carrier = Carrier(ACCOUNT, TOKEN, SimulatedClock(NOON))
    app = Flask(__name__)
    app.register_blueprint(rest(carrier))
    log = recorded(app)
    with served(app, port):
        yield Site(carrier, f"http://127.0.0.1:{port}", log)


@contextmanager
def afresh(site: Site) -> Iterator[Site]:
    """Give a carrier with nothing of other tests; whatever it is asked must keep Twilio's contract."""
    site.carrier.messages.clear()
    site.log.sent.clear()
    site.carrier.faults.forget()
    try:
        yield site
    finally:
        site.carrier.faults.release()
    wrong = site.log.faults()
    assert not wrong, wrong
