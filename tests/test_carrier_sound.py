"""Who hears whom at the practice carrier, and how browsers are told: no browser needed."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Timer

import pytest
from flask.testing import FlaskClient

from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import KEPT, REMEMBERED, Carrier
from ivr.carrier.conferences import Participant
from ivr.carrier.cues import Talking
from ivr.carrier.desk_phones import DeskPhones
from ivr.carrier.dial import ringing
from ivr.carrier.exchange import FORGOTTEN, LEFT, LOST, News, Note
from ivr.carrier.leg import Leg
from ivr.carrier.music import tune
from ivr.carrier.phone_sound import asked
from ivr.carrier.signals import Steps
from ivr.carrier.sound import ways
from ivr.carrier.sounds import length
from ivr.carrier.web import Response
from tests.test_phone_calls import dialled, small
from tests.world import NUMBER, OPEN


@dataclass
class Talk:
    """A conference with a caller, an agent and a supervisor, each of whom has a window."""

    carrier: Carrier
    clock: SimulatedClock

    def __post_init__(self) -> None:
        """Put all three in."""
        self.room = self.carrier.room("talk")
        self.legs = {name: self.join(name) for name in ("caller", "agent", "supervisor")}

    def join(self, name: str) -> Leg:
        """Ring somebody, who answers and is in."""
        leg = self.carrier.leg(NUMBER, f"client:{name}", "outbound-api")
        self.carrier.phone(leg.to)
        self.carrier.invite(Participant(leg), self.room, 10, 20)
        leg.pick_up()
        return leg

    def ask(self, name: str, *notes: Note, first: bool = False, window: str = "") -> News:
        """Have a window ask."""
        return self.carrier.exchange.ask(name, window or f"{name}'s", lambda: self.legs[name], notes, first)

    def change(self, name: str, **how: object) -> None:
        """Change how somebody takes part."""
        one = self.room.find(self.legs[name].sid)
        assert one
        self.room.change(one, "participant-modify", **how)

    def heard(self, name: str) -> set[str]:
        """Return whom somebody hears."""
        return {way.other.to.removeprefix("client:") for way in ways(self.legs[name]) if way.hears}


@pytest.fixture
def talk() -> Talk:
    clock = SimulatedClock(OPEN)
    return Talk(Carrier("AC1", "token", clock, send=lambda *_: Response(404, {}, b"")), clock)


def test_all_hear_all_but_the_muted_the_held_and_the_coach(talk: Talk) -> None:
    assert talk.heard("caller") == {"agent", "supervisor"}
    talk.change("supervisor", muted=True)
    assert (talk.heard("caller"), talk.heard("supervisor")) == ({"agent"}, {"caller", "agent"})
    talk.change("supervisor", muted=False, coach=talk.legs["agent"].sid)
    assert (talk.heard("caller"), talk.heard("agent")) == ({"agent"}, {"caller", "supervisor"})
    talk.change("caller", hold=True)
    assert (talk.heard("caller"), talk.heard("agent"), talk.heard("supervisor")) == (set(), {"supervisor"}, {"agent"})


def test_a_pair_is_told_of_the_same_link_one_to_begin_and_a_new_one_after_a_break(talk: Talk) -> None:
    assert talk.ask("caller").links == ()
    talk.change("supervisor", muted=True)
    (agents,) = talk.ask("agent").links
    (callers,) = talk.ask("caller").links
    assert agents.number == callers.number
    assert {agents.offers, callers.offers} == {True, False}
    talk.change("caller", hold=True)
    assert talk.ask("agent").links == ()
    talk.change("caller", hold=False)
    (again,) = talk.ask("agent").links
    assert again.number != agents.number


def test_notes_reach_the_other_end_once_and_no_past_link(talk: Talk) -> None:
    talk.ask("caller")
    (link,) = talk.ask("agent").links
    talk.ask("agent", Note(link.number, "offer", "v=0"), Note(link.number + 7, "offer", "v=1"))
    assert talk.ask("caller").notes == (Note(link.number, "offer", "v=0"),)
    assert talk.ask("caller").notes == ()
    talk.ask("caller", Note(link.number, "answer", "v=2"), Note(link.number, "again"))
    told = talk.ask("agent")
    assert told.notes == ()
    assert [one.number for one in told.links] != [link.number]


def test_the_latest_window_has_the_sound_until_it_is_gone(talk: Talk) -> None:
    talk.ask("caller")
    assert talk.ask("agent", first=True).talking
    assert talk.ask("agent", window="another", first=True).talking
    assert talk.ask("agent").elsewhere
    talk.clock.advance((FORGOTTEN + timedelta(seconds=1)).total_seconds())
    assert talk.ask("agent").talking


def test_an_agent_whose_browser_is_gone_is_hung_up_and_nobody_else(talk: Talk) -> None:
    phones = DeskPhones(talk.carrier)
    talk.ask("agent")
    talk.clock.advance(LOST.total_seconds() - 1)
    talk.ask("caller")
    phones.tick([])
    assert not talk.legs["agent"].over
    talk.clock.advance(2)
    phones.tick([])
    assert [name for name, leg in talk.legs.items() if leg.over] == ["agent"]


@pytest.mark.parametrize(("back", "first"), [("", False), ("agent's", False), ("new", True), ("older", False)])
def test_an_agent_whose_page_says_that_it_closes_is_hung_up_soon_unless_it_or_another_is_there(
    talk: Talk, back: str, first: bool
) -> None:
    phones = DeskPhones(talk.carrier)
    talk.ask("agent")
    assert asked(talk.carrier.exchange, "agent", lambda: None, {"window": "agent's", "closes": True}) == {}
    talk.clock.advance(LEFT.total_seconds() - 1)
    phones.tick([])
    assert not talk.legs["agent"].over
    if back:
        assert not talk.ask("agent", window=back, first=first).elsewhere
    talk.clock.advance(2)
    phones.tick([])
    assert talk.legs["agent"].over == (not back)


def test_what_a_page_asked_just_before_it_closed_takes_nothing_back(talk: Talk) -> None:
    talk.ask("agent")
    talk.carrier.exchange.close("agent", "agent's")
    talk.clock.advance(0.3)
    assert talk.ask("agent").talking
    talk.clock.advance(LEFT.total_seconds())
    DeskPhones(talk.carrier).tick([])
    assert talk.legs["agent"].over


def test_whoever_is_quicker_than_what_makes_it_ring_picks_up_all_the_same() -> None:
    carrier = Carrier("AC1", "token", SimulatedClock(OPEN), send=lambda *_: Response(404, {}, b""))
    phone, rings, goes_on = carrier.phone("client:alice"), Event(), Event()
    leg = carrier.leg("+864001234567", "client:alice", "outbound-api")

    def watched(one: Leg) -> None:
        if one.status == "ringing":
            rings.set()
            goes_on.wait(60)

    def life() -> Steps[None]:
        assert (yield from ringing(leg))
        yield Talking("caller", None)

    leg.on_change.append(watched)
    with ThreadPoolExecutor(2) as threads:
        threads.submit(carrier.begin, leg, life())
        assert rings.wait(60)
        answered = threads.submit(phone.answer)
        assert not wait([answered], 0.1).done
        goes_on.set()
        assert answered.result(60) is leg
    assert isinstance(leg.cue, Talking)


def test_a_window_that_has_the_sound_no_more_closes_and_nobody_is_hung_up(talk: Talk) -> None:
    phones = DeskPhones(talk.carrier)
    talk.ask("agent")
    talk.ask("agent", window="another", first=True)
    talk.carrier.exchange.close("agent", "agent's")
    talk.clock.advance(LEFT.total_seconds() + 1)
    phones.tick([])
    assert not talk.legs["agent"].over


def test_an_agent_may_be_quicker_than_the_bell(talk: Talk) -> None:
    phones = DeskPhones(talk.carrier)
    assert not phones.answer("client:dora")
    leg = talk.carrier.leg(NUMBER, "client:dora", "outbound-api")
    late = Timer(0.2, lambda: talk.carrier.invite(Participant(leg), talk.room, 10, 20))
    late.start()
    assert phones.answer("client:dora")
    late.join()
    assert talk.heard("caller") == {"agent", "supervisor"} | {"dora"}


def test_who_hangs_up_has_no_link(talk: Talk) -> None:
    talk.ask("caller")
    assert talk.ask("agent").links
    talk.legs["caller"].hang_up()
    assert talk.ask("agent").links == ()
    assert not talk.ask("caller").talking


@pytest.mark.parametrize(
    "body", ["[]", "{}", '{"window": 1}', '{"window": "w", "notes": [{"link": 1, "kind": "evil", "sdp": ""}]}']
)
def test_what_no_page_of_ours_tells_is_refused(body: str) -> None:
    client: FlaskClient
    _, client = small(SimulatedClock(OPEN))
    call = dialled(client)["call"]
    path = f"/phone/calls/{call}/sound"
    assert client.post(path, data=body, content_type="application/json").status_code == 400
    assert client.post(path, json={"window": "w"}).json == {
        "talking": False,
        "elsewhere": False,
        "links": [],
        "notes": [],
    }
    assert client.post(path, json={"window": "w"}, headers={"Origin": "http://localhost:9"}).status_code == 403
    assert client.post("/phone/calls/CA0/sound", json={"window": "w"}).status_code == 404


def test_the_carriers_music_is_a_sound() -> None:
    assert length(tune()) == 6
    assert max(memoryview(tune()[44:]).cast("h")) > 3000


def test_calls_that_are_over_are_forgotten_in_time(talk: Talk) -> None:
    def called(count: int) -> None:
        for _ in range(count):
            leg = talk.carrier.leg(NUMBER, "sip:nobody", "outbound-api")
            talk.carrier.outbound(leg, None, 1)
            leg.start(iter(()))  # type: ignore[arg-type]

    called(KEPT + 300)
    assert len(talk.carrier.legs) <= KEPT + 103
    talk.clock.advance(REMEMBERED.total_seconds() + 1)
    called(100)
    assert len(talk.carrier.legs) <= 103
    assert not any(leg.over for leg in talk.legs.values())
    assert set(talk.legs.values()) <= set(talk.carrier.legs.values())
