"""Busy days: calls made through the real hotline and desk, by chance with a seed, with all that makes counting hard.

Transfers, agents who let it ring, callers who are back in line, short and long waits in vain, messages, call backs,
calls over midnight and doubled hang-ups; `busy` returns nothing: what happened stands in the database.
"""

from datetime import datetime
from random import Random

from ivr.desk.keeping import Place
from ivr.flow.inputs import HungUp, InLine, LeftQueue, Recorded, Silence, Transferred
from tests.desk_site import ORDER, TO_A_PERSON, TO_AN_ACCOUNT, Clock, Site

PAYMENTS = (*TO_A_PERSON, ORDER, "1")
ACCOUNTS = (*TO_AN_ACCOUNT, "8800000042", "1")
COMPLAINTS = ("5", "1")
IN_MENUS = (("1",), ("2",), ("2", "4"), ("8",), ("3", "1"), ("7",), ())
CODES = ("resolved", "follow-up", "transferred", "other")
NIGHT = 20
NOTES = ("退款没有到账，已登记", "refund #12", "", "客户要求回电")


def busy(site: Site, clock: Clock, calls: int, seed: int, begins: datetime) -> None:
    """Make so many calls, one after the other with a pause, from this moment on."""
    chance = Random(seed)
    for name in ("alice", "bob"):
        if site.desk.agent(name) is None:
            site.hire(name)
    clock.at = begins
    for _ in range(calls):
        clock.on(seconds=chance.choice((30, 200, 600, 1500)))
        if clock.at.astimezone(site.flow.zone).hour >= NIGHT and chance.random() < 0.8:
            clock.on(hours=11)
        _call(site, clock, chance)


def _call(site: Site, clock: Clock, chance: Random) -> None:
    caller = chance.choice(("", *(f"+86138000{number:05}" for number in range(30))))
    if chance.random() < 0.3:
        _in_menus(site, clock, chance, caller)
        return
    call_id = site.call(*chance.choice((PAYMENTS, PAYMENTS, ACCOUNTS)), caller=caller)
    place = next((one for one in site.desk.waiting() if one.call_id == call_id), None)
    if place is None:  # Nobody is there at this hour.
        clock.on(seconds=12)
        _hang_up(site, call_id, chance)
        return
    if chance.random() < 0.5:
        low = chance.choice((1, 2, 5))
        turn = site.hotline.journal.turn(call_id)
        site.hotline.hear(call_id, f"wait/{turn}", InLine(1, 0, agents=1, low=low, high=low + 2))
    match chance.random():
        case luck if luck < 0.25:
            clock.on(seconds=chance.choice((2, 4, 5, 6, 19, 20, 21, 130, 400)))
            _hang_up(site, place.call_id, chance)
        case luck if luck < 0.35:
            clock.on(seconds=chance.choice((10, 70)))
            _message(site, clock, place, chance)
        case _:
            _talk(site, clock, place, chance)


def _in_menus(site: Site, clock: Clock, chance: Random, caller: str) -> None:
    call_id = site.call(*chance.choice(IN_MENUS), caller=caller)
    turn = site.hotline.journal.turn(call_id)
    if chance.random() < 0.3:
        site.hotline.hear(call_id, f"turn/{turn}", Silence())
    clock.on(seconds=chance.randint(1, 40))
    _hang_up(site, call_id, chance)


def _hang_up(site: Site, call_id: str, chance: Random) -> None:
    for _ in range(chance.choice((1, 1, 2))):  # A carrier may tell it twice.
        site.hotline.hear(call_id, "hangup", HungUp())


def _message(site: Site, clock: Clock, place: Place, chance: Random) -> None:
    site.hotline.hear(place.call_id, _queued(site, place), LeftQueue("leave"))
    turn = site.hotline.journal.turn(place.call_id)
    clock.on(seconds=20)
    if chance.random() < 0.7:
        site.hotline.hear(place.call_id, f"turn/{turn}", Recorded(f"RE{place.call_id[2:]}", 9))
    _hang_up(site, place.call_id, chance)


def _talk(site: Site, clock: Clock, place: Place, chance: Random) -> None:
    """Have the caller wait, an agent let it ring now and then, and talk; some are sent on to another queue."""
    clock.on(seconds=chance.choice((3, 5, 15, 20, 21, 60, 200, 500)))
    agent = chance.choice(("alice", "bob"))
    if chance.random() < 0.2:
        other = "bob" if agent == "alice" else "alice"
        site.desk.available(other)
        site.ring()
        clock.on(seconds=25)
        site.phones.hang_up(f"client:{other}")
        site.desk.offline(other)
    site.desk.available(agent)
    site.ring()
    clock.on(seconds=chance.choice((1, 4)))
    site.phones.answer(f"client:{agent}")
    clock.on(seconds=chance.choice((20, 90, 600)))
    sent_on = chance.random() < 0.15
    _ended(site, place, sent_on)
    clock.on(seconds=chance.choice((0, 5, 45)))
    site.desk.wrap_up(agent, chance.choice(CODES), chance.choice(NOTES))
    site.desk.offline(agent)
    if sent_on:
        again = next(one for one in site.desk.waiting() if one.call_id == place.call_id)
        if chance.random() < 0.4:
            clock.on(seconds=7)
            _hang_up(site, place.call_id, chance)
        else:
            _talk(site, clock, again, chance)


def _ended(site: Site, place: Place, sent_on: bool) -> None:
    site.hotline.hear(place.call_id, _queued(site, place), LeftQueue("redirected"))
    site.desk.over(place.id)
    taken = site.desk.place(place.id)
    assert taken
    ended = Transferred("accounts") if sent_on else LeftQueue("bridged")
    site.hotline.hear(place.call_id, f"talk/{taken.offer}", ended)
    if sent_on:
        return
    site.hotline.hang_up(place.call_id)


def _queued(site: Site, place: Place) -> str:
    """Return what the carrier asks when a caller has left its queue."""
    stored = site.hotline.journal.call(place.call_id)
    assert stored
    return f"turn/{stored.call.line}"
