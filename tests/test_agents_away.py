"""While the database is away agents' phones get answers that a carrier can use, and their callers the next agent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.carrier.cues import Talking
from ivr.desk.keeping import Desk
from ivr.store.errors import StoreError
from tests.test_switchboard import SKILLS, picked_up, queued, soon
from tests.world import World, world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        for name in ("alice", "bob"):
            made.carrier.phone(f"client:{name}")
            made.parts.desk.enrol(name, f"client:{name}", SKILLS)
        yield made


def statuses(here: World, what: str) -> list[int | None]:
    """Return what was answered to the requests whose path ends so."""
    return [asked.status for asked in here.carrier.log.requests if asked.url.partition("?")[0].endswith(f"/{what}")]


def test_an_agent_who_cannot_be_given_the_caller_is_hung_up_and_the_next_one_gets_them(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Desk, offer: str) -> None:
        raise StoreError("the database is away")

    assert here.parts.desk.available("alice")
    caller, agent = queued(here), picked_up(here)
    agent.listen()
    with monkeypatch.context() as patched:
        patched.setattr(Desk, "accept", away)
        agent.press("1")
        soon(lambda: agent.over)
    assert statuses(here, "take") == [200]
    assert here.parts.desk.available("bob")
    other = picked_up(here, "bob")
    other.listen()
    other.press("1")
    soon(lambda: isinstance(caller.cue, Talking) and isinstance(other.cue, Talking))


def test_the_end_of_an_agents_call_is_told_again_until_it_is_written_down(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, really = iter([True, True]), Desk.offered

    def offered(self: Desk, offer: str) -> object:
        if next(away, False):
            raise StoreError("the database is away")
        return really(self, offer)

    assert here.parts.desk.available("alice")
    queued(here)
    agent = picked_up(here)
    monkeypatch.setattr(Desk, "offered", offered)
    agent.hang_up()
    soon(lambda: statuses(here, "over") == [503, 503, 204])
