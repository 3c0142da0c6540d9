"""Random documents and random people: the practice carrier never breaks, and nobody is left talking to nobody."""

import random
from collections import Counter

import pytest

from ivr.carrier.company import Carrier
from ivr.carrier.cues import Over, Recording, Talking
from ivr.carrier.leg import KEYS, Leg
from ivr.carrier.signals import HungUp, Moved, Request
from ivr.carrier.web import Response
from tests.carrier_site import ADDRESS, AGENT, HOTLINE, Answer, Site, company

PATHS = [f"/p{number}" for number in range(8)]
STEPS = 150


def document(chance: random.Random) -> Answer:
    """A document of a few verbs that lead anywhere; now and then a broken one."""
    path = lambda: chance.choice(PATHS)  # noqa: E731
    audio = ["<Say>hello</Say>", '<Pause length="3"/>']
    verbs = [
        *audio,
        f'<Gather numDigits="{chance.randint(1, 3)}" action="{path()}">{chance.choice(audio)}</Gather>',
        f'<Gather action="{path()}" actionOnEmptyResult="true"/>',
        f'<Record action="{path()}" maxLength="20" recordingStatusCallback="/callback"/>',
        f'<Enqueue action="{path()}" waitUrl="{path()}" maxQueueSize="3">q</Enqueue>',
        "<Enqueue>q</Enqueue>",
        "<Leave/>",
        f'<Dial action="{path()}" record="true"><Queue url="{path()}">q</Queue></Dial>',
        f'<Dial action="{path()}" hangupOnStar="true"><Number url="{path()}">{AGENT}</Number></Dial>',
        f"<Dial><Number>{AGENT}</Number><Number>{HOTLINE}</Number></Dial>",
        f'<Dial action="{path()}"><Conference waitUrl="{path()}">room</Conference></Dial>',
        '<Dial><Conference endConferenceOnExit="true" statusCallback="/callback">room</Conference></Dial>',
        f"<Redirect>{path()}</Redirect>",
        "<Hangup/>",
        "<Reject/>",
    ]
    if chance.random() < 0.1:
        return chance.choice([Response(500), ConnectionError(), TimeoutError(), "<Nonsense/>", Response(200)])
    return "".join(chance.choices(verbs, k=chance.randint(1, 4)))


def act(chance: random.Random, carrier: Carrier, leg: Leg) -> None:
    """Somebody does something."""
    match chance.randrange(10):
        case 0 | 1 | 2 | 3:
            leg.finish(leg.turn)
        case 4 | 5:
            leg.press(chance.choice(KEYS))
        case 6:
            leg.pick_up() if chance.random() < 0.7 else leg.decline("busy")
        case 7:
            leg.speak(chance.randint(1, 30)) if isinstance(leg.cue, Recording) else leg.utter("hello")
        case 8:
            leg.hang_up() if chance.random() < 0.6 else leg.signal(HungUp("completed"))
        case _:
            _stir(chance, carrier, leg)


def _stir(chance: random.Random, carrier: Carrier, leg: Leg) -> None:
    room = carrier.rooms.get("room")
    someone = room.find(leg.sid) if room is not None else None
    if room is None or someone is None:
        leg.signal(Moved(Request(ADDRESS + chance.choice(PATHS))))
    elif chance.random() < 0.2:
        room.end("conference-ended-via-api")
    else:
        announcement = Request(ADDRESS + chance.choice(PATHS)) if chance.random() < 0.5 else None
        room.change(someone, "participant-modify", hold=chance.random() < 0.5, announcement=announcement)


def check(carrier: Carrier, site: Site) -> None:
    """What must hold whenever nobody is doing anything."""
    for leg in carrier.legs.values():
        assert leg.over == (leg.status in ("completed", "busy", "failed", "no-answer", "canceled")), leg.status
        if isinstance(leg.cue, Talking) and not leg.cue.to.startswith("conference:"):
            assert leg.bridge is not None
            other = leg.bridge.other(leg)
            assert isinstance(other.cue, Talking), (leg.cue, other.cue)
            assert other.bridge is leg.bridge
    for queue in carrier.queues.values():
        assert all(not member.leg.over and member.leg.place is queue for member in queue.members)
    for room in carrier.rooms.values():
        assert all(not one.leg.over and one.leg.place is room for one in room.participants)
        assert not (room.over and room.participants)
    ends = Counter(form["CallSid"] for form in site.asked("/over"))
    inbound = [leg for leg in carrier.legs.values() if leg.direction == "inbound"]
    assert ends == Counter(leg.sid for leg in inbound if leg.over)


@pytest.mark.parametrize("seed", range(150))
def test_random_calls_keep_the_carrier_whole(seed: int) -> None:
    chance = random.Random(seed)
    carrier, site = company({path: document(chance) for path in PATHS}, fallback=chance.random() < 0.5)
    site.pages["/in"] = [document(chance) for _ in range(5)]
    site.pages["/fallback"] = document(chance)
    for _ in range(STEPS):
        alive = [leg for leg in carrier.legs.values() if not leg.over]
        if len(alive) < 4 and chance.random() < 0.3:
            carrier.dial(f"+86139{chance.randrange(10**8):08}", HOTLINE)
        elif alive:
            act(chance, carrier, chance.choice(alive))
        check(carrier, site)
    for leg in list(carrier.legs.values()):
        leg.hang_up()
    assert all(isinstance(leg.cue, Over) for leg in carrier.legs.values())
    check(carrier, site)
