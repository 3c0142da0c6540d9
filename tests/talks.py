"""A caller in a talk with an agent, in a hotline with three of them; for tests of what is done to talks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ivr.carrier.caller import Caller
from ivr.carrier.conferences import Participant
from ivr.carrier.cues import Talking
from ivr.desk.keeping import Place
from tests.desks import at_their_pages
from tests.test_switchboard import SKILLS, picked_up, queued, soon
from tests.world import CUSTOMER, World, world

OUTSIDE = "+8613900139000"


@contextmanager
def staffed(folder: Path, excused: tuple[str, ...] = ()) -> Iterator[World]:
    """Run a hotline with Alice, Bob, and Carol, who is of a higher level; faults with these codes are no wonder."""
    with world(folder) as made:
        for name in ("alice", "bob", "carol"):
            made.carrier.phone(f"client:{name}")
            made.parts.desk.enrol(name, f"client:{name}", SKILLS, level=2 if name == "carol" else 1)
        at_their_pages(made.parts.desk, "alice", "bob", "carol")
        yield made
        assert [wrong for wrong in made.wrong() if not wrong.startswith(excused)] == []


class Talk:
    """A caller who talks with Alice."""

    def __init__(self, here: World) -> None:
        self.here, self.board, self.desk = here, here.parts.board, here.parts.desk
        self.desk.available("alice")
        self.caller = queued(here)
        self.agent = picked_up(here)
        self.agent.press("1")
        soon(lambda: talking(self.caller) and talking(self.agent))
        self.id = self.place.id

    @property
    def place(self) -> Place:
        """Where the caller stands now."""
        return next(one for one in self.desk.waiting() if one.call_id == self.caller.leg.sid)

    def guest(self, name: str, key: str = "1", phone: str = "") -> tuple[str, Caller]:
        """Alice asks somebody, who presses a key."""
        made = self.board.consult(self.id, "alice", agent="" if phone else name, number=phone)
        assert made
        leg = answered(self.here, phone or f"client:{name}")
        leg.press(key)
        if key == "1":
            soon(lambda: isinstance(leg.cue, Talking))
            self.host(leg)
        return made.id, leg

    def host(self, guest: Caller) -> None:
        """Wait until the talk would survive Alice."""
        soon(lambda: not seat(self.here, self.agent).end_on_exit)


def talking(one: Caller) -> bool:
    return isinstance(one.cue, Talking)


def seat(here: World, one: Caller) -> Participant:
    """Return how somebody takes part in the talk that they are in."""
    found = next(room for room in here.carrier.conferences.values() if not room.over and room.find(one.leg.sid))
    there = found.find(one.leg.sid)
    assert there
    return there


def answered(here: World, address: str) -> Caller:
    phone = here.carrier.phone(address)
    soon(lambda: phone.ringing)
    return Caller(here.carrier, leg=phone.answer())


def heard(one: Caller) -> str:
    return "".join(sound.text for sound in one.listen())


@contextmanager
def failing(
    here: World,
    part: str,
    done: bool = False,
    methods: tuple[str, ...] = ("POST",),
    most: int = 1000,
    error: tuple[int, int] = (503, 20503),
) -> Iterator[None]:
    """Have the carrier's REST fail wherever its address has this part, though what was asked may be `done`.

    It does so `most` times at most, by this status and code of the carrier's.
    """
    whole, left = here.app.wsgi_app, iter(range(most))

    def broken(environ: Any, start: Any) -> Any:
        path = environ["PATH_INFO"]
        if not (path.startswith("/2010-04-01/") and part in path and environ["REQUEST_METHOD"] in methods):
            return whole(environ, start)
        if next(left, None) is None:
            return whole(environ, start)
        if done:
            b"".join(whole(environ, lambda *_: None))
        status, code = error
        start(f"{status} Failed", [("Content-Type", "application/json")])
        return [json.dumps({"code": code, "message": f"It fails for {CUSTOMER}", "status": status}).encode()]

    here.app.wsgi_app = broken  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        here.app.wsgi_app = whole  # type: ignore[method-assign]
