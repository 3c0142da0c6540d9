"""The agent's desk as it stands in the world: the real menus, journal, line and login, with callers put in the line."""

import re
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from ivr.console.audit_commands import audit_commands
from ivr.console.commands import Staff, people_commands
from ivr.console.login import protect
from ivr.console.office import Office
from ivr.console.site import furnish
from ivr.desk.guests import Mode
from ivr.desk.keeping import Desk, Offer, Place
from ivr.desk.line import Rules
from ivr.editor.gate import Gate
from ivr.editor.publishing import Publishing
from ivr.editor.reading import Here, read
from ivr.editor.site import furnish as furnish_menus
from ivr.editor.yesterday import Yesterday
from ivr.flow.flow import Flow
from ivr.flow.inputs import Pressed, Recorded
from ivr.flow.load import load
from ivr.folders import menus
from ivr.hotline import Hotline
from ivr.replies import Caller
from ivr.reports.search import Search
from ivr.store.crypto import Cipher
from ivr.store.drafts import Drafts
from ivr.store.engine import connect
from ivr.store.journal import Journal
from ivr.store.library import Library
from ivr.store.live import Live
from ivr.store.messages import Messages
from ivr.store.people import People
from ivr.store.seals import Seals
from ivr.store.shelf import Folder
from ivr.store.texts import Texts
from ivr.store.vault import Vault
from ivr.web import web
from tests.once import ready_file
from tests.stores import CALLED, CALLER, SECRET, new_call_id
from tests.world import OPEN, ROOT

SKILLS = frozenset({"queue:payments", "queue:accounts", "queue:complaints", "language:zh-CN", "language:en-US"})
TO_A_PERSON = ("2", "4", "4")  # money; refunds; a person
ORDER = "202611230042"
TO_AN_ACCOUNT = ("3", "1", "5")  # the account; frozen; a person
ACCOUNT = "8800000042"


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
        return self.desk.accept(self.offers.get(address, "")) is not None

    def hang_up(self, address: str) -> None:
        """End the talk, or refuse the caller."""
        agent = next(one for one in self.desk.agents() if one.phone == address)
        if agent.state == "talking" and agent.line:
            self.desk.over(agent.line)
        else:
            self.desk.refuse(self.offers.get(address, ""), "refused")

    def sound(self, address: str, told: object) -> dict[str, object]:
        """Tell of no talk: nobody listens here."""
        return {"talking": False, "elsewhere": False, "links": [], "notes": []}


@dataclass
class Board:
    """A switchboard whose carrier does at once what it is asked: what the desk keeps of it is all there is."""

    desk: Desk
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def end_talk(self, agent: str) -> None:
        """Leave it to the phone, whose end is the talk's."""
        self.asked.append(("end", agent))

    def ring(self, made: Offer) -> None:
        """Note it."""
        self.asked.append(("ring", made.agent, made.kind, made.line))

    def hold(self, place: str, on: bool) -> bool:
        """Note it."""
        return self.desk.talks.hold(place, on)

    def record(self, place: str, on: bool) -> bool:
        """Note it."""
        return self.desk.talks.recording(place, "on" if on else "paused")

    def transfer(self, place: str, *, queue: str = "", agent: str = "", number: str = "", level: int = 0) -> bool:
        """End the talk for its agent; outside numbers may be rung in this country only."""
        if number and not number.startswith("+86"):
            raise ValueError("not a number to be rung")
        self.asked.append(("transfer", queue, agent, number, level))
        return self.desk.over(place)

    def escalate(self, place: str) -> bool:
        """End the talk for its agent."""
        return self.transfer(place, level=2)

    def consult(self, place: str, by: str, *, agent: str = "", number: str = "") -> object:
        """Ring, by the desk."""
        return self.desk.guests.consult(place, by, agent or None, number or None)

    def complete(self, guest: str) -> bool:
        """Hand over."""
        found = self.desk.guests.one(guest)
        return bool(found) and self.desk.guests.handed_over(found.line, guest)

    def join_all(self, guest: str) -> bool:
        """Let the caller hear both."""
        found = self.desk.guests.one(guest)
        return bool(found) and self.desk.talks.hold(found.line, False)

    def drop(self, guest: str) -> bool:
        """Let the guest go."""
        return bool(self.desk.guests.gone(guest))

    def monitor(self, place: str, who: str, phone: str, mode: Mode) -> object:
        """Ring, by the desk."""
        return self.desk.guests.monitor(place, who, phone, mode)

    def mode(self, guest: str, mode: Mode) -> bool:
        """Note it."""
        return self.desk.guests.mode(guest, mode)


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
    folder: Path
    board: Board
    publishing: Publishing
    yesterday: Yesterday

    def hire(self, name: str = "alice", *roles: str) -> str:
        """Add a person, an agent unless other roles are given; return the password."""
        return hired(self.app, self.staff, name, *roles, skills=SKILLS)

    def call(self, *keys: str, caller: str = CALLER) -> str:
        """Ring the hotline and press keys, one turn each; return the call's id."""
        call_id = new_call_id()
        self.hotline.answer(call_id, Caller(caller, CALLED))
        for number, key in enumerate(keys, 1):
            self.hotline.hear(call_id, f"turn/{number}", Pressed(key))
        return call_id

    def queued(self, *keys: str, caller: str = CALLER) -> Place:
        """Put a caller in the line who keys this: or else an order number, for payments."""
        call_id = self.call(*(keys or (*TO_A_PERSON, ORDER, "1")), caller=caller)
        (place,) = [place for place in self.desk.waiting() if place.call_id == call_id]
        return place

    def left_message(self, here: bool = True, caller: str = CALLER) -> Place:
        """Have a caller leave a message of two seconds for complaints, whose sound is here or not."""
        call_id = self.call("5", "4", "2", "2", caller=caller)
        sid = f"RE{call_id[2:]}"
        self.hotline.hear(call_id, "turn/5", Recorded(sid, 2))
        messages = Messages(self.desk.engine)
        message = messages.recorded(sid)
        assert message
        if here:
            self.folder.mkdir(exist_ok=True)
            with wave.open(str(self.folder / f"{message.id}.wav"), "wb") as sound:
                sound.setparams((1, 2, 8000, 0, "NONE", ""))
                sound.writeframes(bytes(32_000))
            messages.fetched(message.id, f"{message.id}.wav", 32_044)
        return next(place for place in self.desk.inbox.work() if place.call_id == call_id)

    def talking(self, name: str = "alice") -> Place:
        """Have an agent talk with a caller."""
        self.desk.available(name)
        place = self.queued()
        self.ring()
        self.phones.answer(f"client:{name}")
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


def desk_site(
    folder: Path, url: str, clock: Callable[[], datetime], database: str = "", rules: Rules | None = None
) -> Site:
    """Return a site whose browsers come to this URL, on an SQLite file of its own unless a database is given."""
    if not database:
        (folder / "desk.db").write_bytes(ready_file())
    engine = connect(database or f"sqlite:///{folder / 'desk.db'}", Cipher([SECRET]))
    journal, desk, people = Journal(engine), Desk(engine, clock, rules or Rules()), People(engine, clock)
    app, phones, changes = Flask("desk"), Phones(desk), list[str]()
    publishing = published(engine, clock)
    live = publishing.live
    site = Site(
        app,
        Hotline(journal, live.of, lambda: live.version, clock),
        desk,
        Staff(people, desk),
        live.flow,
        clock,
        phones,
        changes,
        folder / "messages",
        Board(desk),
        publishing,
        Yesterday(engine, (SECRET,)),
    )

    def changed() -> None:
        changes.append("changed")
        site.ring()

    forgery = protect(app, people, url, [SECRET], desk, phones)
    office = Office(
        desk=desk,
        journal=journal,
        search=Search(engine),
        messages=Messages(engine),
        texts=Texts(engine),
        folder=site.folder.parent,
        vault=Vault(Folder(site.folder.parent), Seals([SECRET])),
        board=site.board,
        flow=lambda: live.flow,
        menus=live.of,
        now=clock,
        changed=changed,
        forgery=forgery,
        practice=phones,
    )
    furnish(app, office, site.staff)
    furnish_menus(app, office, site.publishing, site.yesterday)
    app.register_blueprint(web())
    app.cli.add_command(people_commands(site.staff, app))
    app.cli.add_command(audit_commands(app.extensions["audit"]))
    return site


def published(engine: Engine, now: Callable[[], datetime]) -> Publishing:
    """Return how menus are published at a site that has this project's, or what its database says."""
    library, here = Library(engine), Here(frozenset(), frozenset({"hold.wav"}), ("+86",))
    shipped = menus(ROOT / "menus")

    def again(files: Mapping[str, str]) -> Flow:
        if files == shipped:
            return real_flow()
        found, problems = read(files, here)
        assert found, problems
        return found

    if library.live() is None:
        library.publish(library.keep(shipped, now()), "", now(), "menus/", None)
    last = library.live()
    assert last
    live = Live(library, again)
    live.switch(last)
    return Publishing(library, Drafts(engine), live, Gate(lambda: here), now)


def hired(app: Flask, staff: Staff, name: str = "alice", *roles: str, skills: frozenset[str] = frozenset()) -> str:
    """Add a person, an agent unless other roles are given; return the password, as if it were changed already."""
    with app.app_context():
        password = staff.hire(name, "", skills, *roles)
        person = staff.people.find(name)
        assert person
        staff.people.own(person)
        return password


def token(page: str) -> str:
    """Return the token against forgery that a page carries."""
    found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found, page
    return found[1]


def log_in(client: FlaskClient, name: str, password: str, front: str = "/desk") -> str:
    """Log in by the page; return the token of the page that follows, or "" where the door stays shut."""
    form = {"name": name, "password": password, "csrf_token": token(client.get("/desk/login").text)}
    if client.post("/desk/login", data=form).status_code != 302:
        return ""
    page = client.get(front)
    return token(page.text) if page.status_code == 200 else ""
