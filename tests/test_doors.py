"""Guessing at logins is slow by name and by line; nobody keeps an agent out from elsewhere, or fills the audit log."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_security import forms
from sqlalchemy import Engine, func, select

from ivr.console.doorkeeper import Doorkeeper
from ivr.console.texts import TEXTS
from ivr.factory import create_app
from ivr.store.audit import Trail, entries
from ivr.store.doors import FROM_A_LINE, KNOWN_FOR, KNOWN_TIMES, SPAN, TRIES, WRITTEN, Doors, known_lines, refusals
from ivr.store.people import People
from tests.desk_site import Clock, Site, token
from tests.stores import SECRET
from tests.test_people import clock, site
from tests.world import hotline_settings

__all__ = ["clock", "site"]
WRONG = TEXTS["en"]["wrong"]
OFFICE, HOME, MALLORY = "192.0.2.1", "192.0.2.2", "198.51.100.7"


def browser(site: Site, address: str) -> FlaskClient:
    client = site.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def enter(site: Site, address: str, name: str, password: str) -> bool:
    """Try to log in from there; tell whether that let somebody in."""
    client = browser(site, address)
    form = {"name": name, "password": password, "csrf_token": token(client.get("/desk/login?lang=en").text)}
    answer = client.post("/desk/login", data=form)
    assert (answer.status_code == 302) != (WRONG in answer.text), "one and the same answer to whatever is wrong"
    return answer.status_code == 302


def acts(site: Site) -> list[str]:
    log: Trail = site.app.extensions["audit"]
    return [one.act for one in reversed(log.page(1000))]


def test_a_spray_over_many_names_from_one_line_is_stopped_and_others_are_not(site: Site, clock: Clock) -> None:
    names = [f"agent{number}" for number in range(FROM_A_LINE + 5)]
    passwords = {name: site.hire(name) for name in names[-2:]}
    for name in names[:FROM_A_LINE]:
        assert not enter(site, MALLORY, name, "Summer2026")
    assert not enter(site, MALLORY, names[-1], passwords[names[-1]]), "though this guess is right"
    assert enter(site, OFFICE, names[-1], passwords[names[-1]])
    clock.on(minutes=10)
    assert enter(site, MALLORY, names[-2], passwords[names[-2]])


def test_what_comes_from_a_line_that_is_stopped_costs_next_to_nothing(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.hire("alice")
    hashed = list[str]()
    plain = forms.hash_password
    monkeypatch.setattr(forms, "hash_password", lambda password: hashed.append(password) or plain(password))
    for _ in range(FROM_A_LINE + 5):
        enter(site, MALLORY, "nobody", "a guess")
    assert len(hashed) == FROM_A_LINE
    clock.on(minutes=10)
    enter(site, MALLORY, "nobody", "a guess")
    assert len(hashed) == FROM_A_LINE + 1


def test_a_line_is_stopped_however_many_addresses_it_has(site: Site) -> None:
    password = site.hire("alice")
    for number in range(FROM_A_LINE):
        enter(site, f"2001:db8::{number:x}", "nobody", "a guess")
    assert not enter(site, "2001:db8::ffff", "alice", password)
    assert enter(site, "2001:db8:0:1::1", "alice", password)


def test_nobody_locks_an_agent_out_from_elsewhere_where_they_are_known(site: Site, clock: Clock) -> None:
    password = site.hire("alice")
    assert enter(site, OFFICE, "alice", password)
    for _ in range(TRIES):
        enter(site, MALLORY, "alice", "a guess")
    assert not enter(site, HOME, "alice", password), "where nobody knows her the name pauses"
    assert enter(site, OFFICE, "alice", password)
    for _ in range(FROM_A_LINE):
        enter(site, OFFICE, "nobody", "a guess")
    assert enter(site, OFFICE, "alice", password), "nor by whoever sits beside her"
    clock.on(seconds=KNOWN_FOR.total_seconds() + 1)
    for _ in range(TRIES):
        enter(site, MALLORY, "alice", "a guess")
    assert not enter(site, OFFICE, "alice", password), "it was too long ago"


def test_where_somebody_is_known_guesses_at_them_pause_all_the_same(site: Site, clock: Clock) -> None:
    password = site.hire("alice")
    assert enter(site, OFFICE, "alice", password)
    for _ in range(TRIES):
        enter(site, OFFICE, "alice", "a guess")
    assert not enter(site, OFFICE, "alice", password)
    assert enter(site, HOME, "alice", password), "a colleague's mistakes are none of hers elsewhere"
    clock.on(seconds=61)
    assert enter(site, OFFICE, "alice", password)


def test_a_house_full_of_agents_is_stopped_late_but_it_is(site: Site) -> None:
    passwords = {name: site.hire(name) for name in ("alice", "bob")}
    for name, password in passwords.items():
        assert enter(site, OFFICE, name, password)
    for _ in range(FROM_A_LINE * KNOWN_TIMES):
        enter(site, OFFICE, "nobody", "a guess")
    assert not enter(site, OFFICE, "alice", passwords["alice"])


def test_nobody_is_stopped_by_an_address_that_all_seem_to_have(site: Site) -> None:
    keeper: Doorkeeper = site.app.extensions["doorkeeper"]
    behind = replace(keeper, tell=False)
    password = site.hire("alice")
    for _ in range(FROM_A_LINE + 1):
        enter(site, OFFICE, "nobody", "a guess")
    with site.app.test_request_context(environ_base={"REMOTE_ADDR": OFFICE}):
        assert (keeper.shuts(), behind.shuts()) == (True, False)
    assert not enter(site, OFFICE, "alice", password)


@pytest.mark.parametrize(("url", "proxies", "told"), [("https", 0, False), ("https", 1, True), ("http", 0, True)])
def test_addresses_tell_apart_unless_a_proxy_is_not_believed(
    tmp_path: Path, url: str, proxies: int, told: bool
) -> None:
    settings = hotline_settings(tmp_path, 8000)
    address = settings.public_url.replace("http:", f"{url}:")
    app = create_app(replace(settings, public_url=address, proxies=proxies))
    pages, _ = app.extensions["pages"].made()
    assert pages.extensions["doorkeeper"].tell is told
    app.extensions["hotline"].close()


def test_wrong_logins_beyond_the_limit_are_counted_not_written_one_by_one(site: Site, clock: Clock) -> None:
    site.hire("alice")
    before = len(acts(site))
    for _ in range(FROM_A_LINE + 30):
        enter(site, MALLORY, "nobody", "a guess")
    assert acts(site)[before:] == [*["login.unknown"] * FROM_A_LINE, "login.shut"]
    log: Trail = site.app.extensions["audit"]
    assert json.loads(log.page(1)[0].detail) == {"line": MALLORY}
    doors = Doors(site.desk.engine, clock)
    doors.sweep(log)
    assert acts(site)[-1] == "login.shut", "the ten minutes are not over"
    clock.on(minutes=10)
    doors.sweep(log)
    doors.sweep(log)
    assert acts(site)[before:] == [*["login.unknown"] * FROM_A_LINE, "login.shut", "login.more"]
    told = json.loads(log.page(1)[0].detail)
    assert (told["refused"], told["lines"], told["mostly"]) == (FROM_A_LINE + 30, 1, {MALLORY: FROM_A_LINE + 30})
    assert log.check().wrong == ""


def test_the_audit_log_does_not_grow_by_a_crowd_of_lines_nor_is_anybody_stopped_by_it(site: Site) -> None:
    password = site.hire("alice")
    before = len(acts(site))
    for number in range(WRITTEN + 20):
        enter(site, f"203.0.113.{number}", f"agent{number}", "a guess")
    assert len(acts(site)) == before + WRITTEN
    assert enter(site, HOME, "alice", password)


def test_what_was_written_one_by_one_is_not_told_again(site: Site, clock: Clock) -> None:
    enter(site, MALLORY, "nobody", "a guess")
    before = acts(site)
    clock.on(minutes=11)
    Doors(site.desk.engine, clock).sweep(site.app.extensions["audit"])
    assert acts(site) == before
    with site.desk.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(refusals)) == 0


def test_doors_are_the_same_for_all_servers_on_either_database(engine: Engine, clock: Clock) -> None:
    people = People(engine, clock)
    people.add("alice", "a hash")
    alice = people.known("alice").id
    one, other, log = Doors(engine, clock), Doors(engine, clock), Trail(engine, [SECRET], clock)
    assert one.known(alice, OFFICE) is None
    one.came(alice, OFFICE)
    assert other.known(alice, OFFICE) is False
    pauses = [(one, other)[number % 2].missed(alice, OFFICE) for number in range(TRIES)]
    assert pauses == [False] * (TRIES - 1) + [True]
    assert other.known(alice, OFFICE) is True
    clock.on(minutes=1)
    assert other.known(alice, OFFICE) is False
    told = [(one, other)[number % 2].refused(MALLORY) for number in range(FROM_A_LINE + 1)]
    assert told == [(True, False)] * (FROM_A_LINE - 1) + [(True, True), (False, False)]
    assert (other.shut(MALLORY), other.shut(HOME)) == (True, False)
    for _ in range(FROM_A_LINE):
        one.refused(OFFICE)
    assert not other.shut(OFFICE), "somebody is known there"
    clock.on(seconds=SPAN.total_seconds())
    other.sweep(log)
    with engine.connect() as connection:
        written = connection.execute(select(entries.c.act, entries.c.detail)).all()
    assert [(act, json.loads(detail)["refused"]) for act, detail in written] == [("login.more", 2 * FROM_A_LINE + 1)]
    clock.on(seconds=(KNOWN_FOR + timedelta(days=1)).total_seconds())
    other.sweep(log)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(known_lines)) == 0
    people.close()
