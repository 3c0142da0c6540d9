"""Agents whose page is gone take no calls any more; those who are merely hard to see do."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from ivr.desk.presence import Presence
from ivr.store.desk_tables import pages
from ivr.store.journal import Journal
from tests.desk_site import Clock, Site, desk_site, log_in
from tests.desks import SKILLS, Office
from tests.states import story


@pytest.fixture
def office(engine: Engine, journal: Journal) -> Office:
    """Return a desk without agents."""
    return Office(engine, journal)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = desk_site(tmp_path, "http://127.0.0.1:8000", Clock())
    yield made
    made.close()


def watched(office: Office) -> Presence:
    return Presence(office.engine, office.clock)


def passes(office: Office, minutes: float, *servers: Presence, sees: tuple[str, ...] = ()) -> None:
    """Let time pass, in which servers tend all the time; the first sees these agents' pages."""
    until = office.clock() + timedelta(minutes=minutes)
    while office.clock() < until:
        for agent in sees:
            servers[0].saw(agent, ends=True)
        for one in servers:
            one.tend()
        office.clock.on(seconds=10)


def test_an_agent_whose_page_is_gone_is_offline_whichever_server_it_asked(office: Office) -> None:
    office.hire("alice", "bob")
    one, other = watched(office), watched(office)
    passes(office, 10, one, other, sees=("alice", "bob"))
    assert (office.state("alice"), office.state("bob")) == ("available", "available")
    passes(office, 5, one, other, sees=("bob",))
    assert (office.state("alice"), office.state("bob")) == ("offline", "available")
    assert story(office.engine, "alice")[-1] == "offline:gone"
    assert office.desk.available("alice")
    passes(office, 2, other)
    assert office.state("alice") == "available", "who has just come is not gone"


def test_who_has_a_phone_or_is_busy_needs_no_page(office: Office) -> None:
    office.hire("alice", "bob")
    office.desk.enrol("bob", "+8613900000009", SKILLS)
    place = office.queued()
    (offer,) = office.desk.dispatch()
    assert offer.agent == "alice"
    office.desk.accept(offer.id)
    one = watched(office)
    passes(office, 1, one, sees=("alice", "bob"))
    passes(office, 10, one)
    assert (office.state("alice"), office.state("bob")) == ("talking", "available")
    assert place


def test_nobody_is_gone_while_pages_could_not_say_that_they_are_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hire("alice")
    one = watched(office)
    passes(office, 5, one, sees=("alice",))
    office.clock.on(minutes=30)  # The machine slept, or all servers were down.
    passes(office, 2, one)
    assert office.state("alice") == "available"
    passes(office, 1, one, sees=("alice",))

    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("the database is away"))

    with monkeypatch.context() as broken:
        broken.setattr(type(office.engine), "begin", away)
        one.saw("alice", ends=True)
        for _ in range(30):
            with pytest.raises(OperationalError):
                one.tend()
            office.clock.on(seconds=31)
            one.saw("alice", ends=True)
    passes(office, 2, one)
    assert office.state("alice") == "available"
    with office.engine.connect() as connection:
        assert connection.execute(pages.select()).all()[0].at > office.clock() - timedelta(minutes=3)


def test_what_a_page_says_that_has_just_come_is_known_at_once(office: Office) -> None:
    def known() -> list[tuple[str, bool]]:
        with office.engine.connect() as connection:
            return sorted((row.agent, row.ends) for row in connection.execute(pages.select()))

    one = watched(office)
    one.tend()
    for seen in ([("alice", True)], [("alice", True), ("bob", False)], [("alice", True), ("bob", True)]):
        office.clock.on(seconds=1)
        for agent, ends in seen:
            one.saw(agent, ends)
        one.tend()
        assert known() == seen


@pytest.mark.parametrize("asked", ["?ends", ""])
def test_a_page_that_asks_for_news_says_that_it_is_there(site: Site, asked: str) -> None:
    client = site.app.test_client()
    log_in(client, "alice", site.hire())
    assert client.get(f"/desk/news{asked}").status_code == 200
    site.desk.presence.tend()
    with site.desk.engine.connect() as connection:
        assert [(row.agent, row.ends) for row in connection.execute(pages.select())] == [("alice", bool(asked))]
