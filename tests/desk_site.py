"""The agent's desk as it stands in the world: the real menus, journal, line and login, with callers put in the line."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from ivr.console.commands import Staff, people_commands
from ivr.console.desk import Office, console
from ivr.console.login import protect
from ivr.desk.keeping import Desk, Place
from ivr.desk.line import Rules
from ivr.factory import menus
from ivr.flow.flow import Flow
from ivr.flow.inputs import Pressed
from ivr.flow.load import load
from ivr.hotline import Caller, Hotline
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.journal import Journal
from ivr.store.people import People
from ivr.web import web
from tests.stores import CALLED, CALLER, SECRET, new_call_id
from tests.world import OPEN, ROOT

SKILLS = frozenset({"queue:payments", "queue:accounts", "language:zh-CN", "language:en-US"})
TO_A_PERSON = ("2", "4", "4")  # money; refunds; a person
ORDER = "202611230042"


@dataclass
class Clock:
    """The time of day, moved on by hand."""

    at: datetime = OPEN

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.at

    def on(self, **more: float) -> None:
        """Let time pass."""
        self.at += timedelta(**more)


@dataclass
class Phones:
    """The agents' phones: what rings is the offers that the test has made."""

    desk: Desk
    offers: dict[str, str] = field(default_factory=dict)

    def answer(self, address: str) -> bool:
        """Pick up and take the caller."""
        return self.desk.accept(self.offers[address]) is not None

    def hang_up(self, address: str) -> None:
        """End the talk, or refuse the caller."""
        agent = next(one for one in self.desk.agents() if one.phone == address)
        if agent.state == "talking" and agent.line:
            self.desk.over(agent.line)
        else:
            self.desk.refuse(self.offers[address], "refused")

    def sound(self, address: str, told: object) -> dict[str, object]:
        """Tell of no talk: nobody listens here."""
        return {"talking": False, "elsewhere": False, "links": [], "notes": []}


@dataclass
class Site:
    """An application with a desk, and hands to move calls and agents with."""

    app: Flask
    hotline: Hotline
    desk: Desk
    staff: Staff
    flow: Flow
    clock: Callable[[], datetime]
    phones: Phones
    changes: list[str]

    def hire(self, name: str = "alice") -> str:
        """Add an agent; return the password."""
        with self.app.app_context():
            return self.staff.hire(name, f"client:{name}", SKILLS)

    def call(self, *keys: str) -> str:
        """Ring the hotline and press keys, one turn each; return the call's id."""
        call_id = new_call_id()
        self.hotline.answer(call_id, Caller(CALLER, CALLED))
        for number, key in enumerate(keys, 1):
            self.hotline.hear(call_id, f"turn/{number}", Pressed(key))
        return call_id

    def queued(self) -> Place:
        """Put a caller with an order number in the payments line."""
        call_id = self.call(*TO_A_PERSON, ORDER, "1")
        (place,) = [place for place in self.desk.waiting() if place.call_id == call_id]
        return place

    def ring(self) -> None:
        """Offer whoever waits to whoever is free."""
        for offer in self.desk.dispatch():
            self.phones.offers[offer.phone] = offer.id

    def close(self) -> None:
        """Let go of the database."""
        self.staff.people.close()
        self.hotline.journal.close()
        self.desk.engine.dispose()


@cache
def real_flow() -> Flow:
    """Return the menus of this project, read."""
    flow, problems = load(menus(ROOT / "menus"), frozenset())
    assert flow is not None, problems
    return flow


def desk_site(folder: Path, url: str, clock: Callable[[], datetime]) -> Site:
    """Return a site whose browsers come to this URL."""
    found = real_flow()
    engine = connect(f"sqlite:///{folder / 'desk.db'}", Cipher([SECRET]))
    upgrade(engine)
    journal, desk, people = Journal(engine), Desk(engine, clock, Rules()), People(engine, clock)
    app, phones, changes = Flask("desk"), Phones(desk), list[str]()
    site = Site(
        app,
        Hotline(journal, lambda _: found, lambda: 1, clock),
        desk,
        Staff(people, desk.enrol),
        found,
        clock,
        phones,
        changes,
    )

    def changed() -> None:
        changes.append("changed")
        site.ring()

    forgery = protect(app, people, url, [SECRET], desk.offline)
    app.register_blueprint(console(Office(desk, journal, lambda: found, clock, changed, forgery, phones)))
    app.register_blueprint(web())
    app.cli.add_command(people_commands(site.staff, app))
    return site


def token(page: str) -> str:
    """Return the token against forgery that a page carries."""
    found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found, page
    return found[1]


def log_in(client: FlaskClient, name: str, password: str) -> str:
    """Log in by the page; return the desk's own token, or "" where the door stays shut."""
    form = {"name": name, "password": password, "csrf_token": token(client.get("/desk/login").text)}
    if client.post("/desk/login", data=form).status_code != 302:
        return ""
    page = client.get("/desk")
    return token(page.text) if page.status_code == 200 else ""
