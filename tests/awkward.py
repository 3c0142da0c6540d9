"""Calls that are hard to count, one by one and each on purpose, through the real hotline and desk."""

from datetime import datetime, timedelta
from itertools import cycle
from typing import Final

from ivr.desk.keeping import Place
from ivr.flow.inputs import Dialled, HungUp, InLine, LeftQueue, Pressed, Recorded, Silence, Transferred
from ivr.replies import Caller
from tests.desk_site import SKILLS, TO_AN_ACCOUNT, Clock, Site

THEFT: Final = ("1", "5", "5", "5", "2", "1", "8800000001", "1")  # Answered day and night.
ENGLISH: Final = "8"
ACCOUNTS: Final = (*TO_AN_ACCOUNT, "8800000042", "1")
WITHHELD: Final = ("anonymous", "", "95588")
NOBODY: Final = "zoe"  # Whose work is never done.
AGENTS: Final = ("alice", "bob", "carol")


class Awkward:
    """Hands that make such calls; time passes by the clock."""

    def __init__(self, site: Site, clock: Clock) -> None:
        """Have agents who can do all, and are offline."""
        self.site, self.clock = site, clock
        self._numbers = (f"+8613900{number:06}" for number in cycle(range(1, 999_999)))
        for name in AGENTS:
            if site.desk.agent(name) is None:
                site.hire(name)
            site.desk.enrol(name, f"client:{name}", SKILLS | {"queue:fraud"})

    def number(self) -> str:
        """Return a number from which nobody called yet."""
        return next(self._numbers)

    def joins(self, *keys: str, caller: str | None = None) -> Place:
        """Have somebody wait in line, for the theft line unless keys are given."""
        return self.site.queued(*(keys or THEFT), caller=self.number() if caller is None else caller)

    def on(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.on(seconds=seconds)

    def hangs_up(self, call_id: str, times: int = 1) -> None:
        """Have the caller be gone, told so often."""
        for _ in range(times):
            self.site.hotline.hear(call_id, "hangup", HungUp())

    def told(self, place: Place, low: int, high: int, keys: str = "") -> None:
        """Go a round in the waiting room, with a range of minutes, twice."""
        turn = self.site.hotline.journal.turn(place.call_id)
        for _ in range(2):
            self.site.hotline.hear(place.call_id, f"wait/{turn}", InLine(1, 0, keys, low, high, agents=1))

    def leaves(self, place: Place, key: str) -> None:
        """Have the caller press a key in line, to leave it."""
        self.told(place, 0, 0, key)
        self.hears(place, LeftQueue("leave"))

    def hears(self, place: Place, told: LeftQueue) -> None:
        """Have the carrier tell how the queue was left."""
        stored = self.site.hotline.journal.call(place.call_id)
        assert stored
        self.site.hotline.hear(place.call_id, f"turn/{stored.call.line}", told)

    def presses(self, call_id: str, keys: str) -> None:
        """Have the caller press keys, told twice."""
        turn = self.site.hotline.journal.turn(call_id)
        for _ in range(2):
            self.site.hotline.hear(call_id, f"turn/{turn}", Pressed(keys))

    def rings(self, agent: str, rings: float = 1) -> None:
        """Have an agent be there, and their phone ring so long."""
        assert self.site.desk.available(agent)
        self.site.ring()
        assert f"client:{agent}" in self.site.phones.offers
        self.on(rings)

    def misses(self, agent: str) -> None:
        """Have an agent let it ring."""
        self.rings(agent, 20)
        self.site.phones.hang_up(f"client:{agent}")
        self.site.desk.offline(agent)

    def takes(self, place: Place, agent: str, waits: float = 20) -> None:
        """Have the caller be answered after so many seconds."""
        self.on(waits - 1)
        self.rings(agent)
        assert self.site.phones.answer(f"client:{agent}")
        self.hears(place, LeftQueue("redirected"))

    def ends(self, place: Place, how: LeftQueue | Transferred | None, talks: float = 60) -> None:
        """Have the talk end after so long: the caller hangs up (None), goes on to the survey, or is sent on."""
        self.on(talks)
        found = self.site.desk.place(place.id)
        assert found
        assert found.offer
        if how is None:
            self.hangs_up(place.call_id)
            self.site.desk.over(place.id)
            return
        self.site.desk.over(place.id)
        for _ in range(2):
            self.site.hotline.hear(place.call_id, f"talk/{found.offer}", how)

    def wraps(self, agent: str, after: float = 30, code: str = "resolved") -> None:
        """Have the agent wrap up, and be gone."""
        self.on(after)
        assert self.site.desk.wrap_up(agent, code, "记录 note 7")
        self.site.desk.offline(agent)

    def again(self, place: Place) -> Place:
        """Return where a caller stands who was sent on."""
        return next(one for one in self.site.desk.waiting() if (one.call_id, one.kind) == (place.call_id, "call"))

    def served(self, agent: str = "alice", caller: str | None = None, talks: float = 60) -> Place:
        """Have a call from ringing to the wrap-up."""
        place = self.joins(caller=caller)
        self.takes(place, agent)
        self.ends(place, None, talks)
        self.wraps(agent)
        return place

    def scored(self, score: str, agent: str) -> None:
        """Have a caller stay for the survey, and hang up in the middle of their remark."""
        place = self.joins()
        self.takes(place, agent, 5)
        self.ends(place, LeftQueue("bridged"))
        self.presses(place.call_id, score)
        self.hangs_up(place.call_id, 2)
        self.wraps(agent)


def short(made: Awkward) -> None:
    """Callers who give up in line, and whom an agent answers, around the limits."""
    for seconds in (0, 4, 5, 5.4, 6, 19, 20, 21, 300, 301):
        place = made.joins()
        made.on(seconds)
        made.hangs_up(place.call_id, 2)
    for seconds in (2, 5, 6, 15.4, 20, 20.6, 300, 301):
        place = made.joins(*ACCOUNTS)
        made.takes(place, "bob", seconds)
        made.ends(place, None, 45)
        made.wraps("bob", 0)


def sent_on(made: Awkward) -> None:
    """Transfers: to a queue and served, to a queue and given up, to a colleague, outside, outside in vain."""
    for then in ("served", "given up"):
        place = made.joins()
        made.takes(place, "alice")
        made.ends(place, Transferred("accounts"))
        made.wraps("alice")
        again = made.again(place)
        if then == "served":
            made.takes(again, "bob", 40)
            made.ends(again, LeftQueue("bridged"))
            made.presses(place.call_id, "2")
            made.hangs_up(place.call_id)
            made.wraps("bob")
        else:
            made.on(6)
            made.hangs_up(place.call_id)
    place = made.joins()
    made.takes(place, "alice")
    made.ends(place, Transferred(agent="carol"))
    made.wraps("alice")
    made.takes(made.again(place), "carol", 11)
    made.ends(made.again(place), None)
    made.wraps("carol")
    for result in ("completed", "no-answer"):
        place = made.joins()
        made.takes(place, "bob")
        made.ends(place, Transferred(number="+862112345678"))
        made.wraps("bob")
        made.on(30)
        turn = made.site.hotline.journal.turn(place.call_id)
        made.site.hotline.hear(place.call_id, f"turn/{turn}", Dialled(result))
        made.on(10)
        made.hangs_up(place.call_id)


def handed_over(made: Awkward) -> None:
    """Talks that an agent hands over to a colleague whom they asked; one of them wraps up later than the other."""
    desk = made.site.desk
    for after in (5, 900):
        place = made.joins()
        made.takes(place, "alice")
        made.on(40)
        assert desk.available("bob")
        guest = desk.guests.consult(place.id, "alice", "bob")
        assert guest
        made.on(3)
        assert desk.guests.joined(guest.id)
        made.on(20)
        assert desk.guests.handed_over(place.id, guest.id)
        made.wraps("alice", 5)
        made.ends(place, None)
        made.wraps("bob", after)


def missed(made: Awkward) -> None:
    """Callers for whom two agents let it ring, one of whom is given up on as it rings."""
    place = made.joins()
    made.misses("alice")
    made.misses("bob")
    made.takes(place, "carol", 3)
    made.ends(place, None)
    made.wraps("carol")
    place = made.joins()
    made.misses("bob")
    made.rings("alice", 3)
    made.hangs_up(place.call_id)
    made.site.phones.hang_up("client:alice")
    made.site.desk.offline("alice")


def left(made: Awkward) -> None:
    """Callers who leave the line: for a message, for a message not left, back into the line."""
    for then in ("message", "nothing", "back"):
        place = made.joins(*ACCOUNTS)
        made.on(25)
        made.leaves(place, "1")
        made.on(9)
        if then == "message":
            turn = made.site.hotline.journal.turn(place.call_id)
            made.site.hotline.hear(place.call_id, f"turn/{turn}", Recorded(f"RE{place.call_id[2:]}", 8))
        elif then == "back":
            made.site.hotline.rescue(
                place.call_id, f"turn/{made.site.hotline.journal.turn(place.call_id)}", Caller("", "")
            )
            made.takes(made.again(place), "bob", 7)
            made.ends(made.again(place), None)
            made.wraps("bob")
        made.hangs_up(place.call_id)


def asks_back(made: Awkward, caller: str | None = None) -> Place:
    """Have somebody ask in line to be rung back; return the place of that."""
    place = made.joins(caller=caller)
    made.on(50)
    made.leaves(place, "2")
    made.presses(place.call_id, "1")
    made.hangs_up(place.call_id)
    return next(one for one in made.site.desk.waiting() if (one.call_id, one.kind) == (place.call_id, "callback"))


def rung_back(made: Awkward) -> None:
    """Call backs: answered at once; at the second try; in vain; as the customer rang again; still open."""
    desk = made.site.desk
    for tries in (0, 1, 3):
        back = asks_back(made)
        for number in range(tries):
            made.rings("alice")
            assert made.site.phones.answer("client:alice")
            made.on(20)
            assert desk.callbacks.unanswered(back.id)
            desk.offline("alice")
            made.on((16 * 60, 121 * 60, 0)[number])
        if tries == 3:
            continue
        made.rings("alice")
        assert made.site.phones.answer("client:alice")
        made.on(8)
        assert desk.callbacks.answered(back.id)
        made.on(70)
        assert desk.over(back.id)
        made.wraps("alice", 4000)
    for tries in (0, 1):
        caller = made.number()
        back = asks_back(made, caller)
        if tries:
            made.rings("alice")
            assert made.site.phones.answer("client:alice")
            assert desk.callbacks.unanswered(back.id)
            desk.offline("alice")
        made.served("bob", caller)
    assert desk.inbox.assign(asks_back(made).id, NOBODY)


def heard(made: Awkward) -> None:
    """Messages: heard and wrapped up, closed by hand, and one that waits."""
    places = [made.site.left_message(caller=made.number()) for _ in range(3)]
    made.on(60)
    assert made.site.desk.inbox.close(places[1].id, "carol", "resolved", "已处理")
    assert made.site.desk.inbox.assign(places[2].id, NOBODY)
    made.site.desk.enrol("dora", "client:dora", SKILLS, 2)
    assert made.site.desk.available("dora")
    made.site.ring()
    made.wraps("dora", 90)


def night(made: Awkward, midnight: datetime) -> None:
    """Calls over midnight: while waiting, while talking, while wrapping up; given up at midnight itself."""
    for before, waits, talks in ((10, 30, 60), (30, 20, 60), (100, 20, 60)):
        made.clock.at = midnight - timedelta(seconds=before)
        place = made.joins()
        made.takes(place, "alice", waits)
        made.ends(place, None, talks)
        made.wraps("alice", 40)
        midnight += timedelta(days=1)
    made.clock.at = midnight - timedelta(seconds=20)
    place = made.joins()
    made.clock.at = midnight
    made.hangs_up(place.call_id)
    made.hangs_up(made.joins().call_id)


def redials(made: Awkward) -> None:
    """Callers who ring again just within 7 days of the end, just beyond, at once, and from two phones of one number."""
    week = timedelta(days=7)
    within, beyond, at_once = made.number(), made.number(), made.number()
    first = [made.served("alice", within, 300), made.served("bob", beyond, 300), made.served("bob", at_once)]
    ends = [found.ended_at for found in map(made.site.desk.place, (one.id for one in first)) if found]
    made.served("alice", at_once)
    both = made.number()
    one = made.joins(caller=both)
    made.on(5)
    two = made.joins(caller=both)
    made.on(10)
    made.hangs_up(two.call_id)
    made.on(10)
    made.hangs_up(one.call_id)
    for withheld in WITHHELD:
        for _ in range(2):
            made.hangs_up(made.site.call("7", caller=withheld))
    assert ends[0]
    assert ends[1]
    made.clock.at = ends[0] + week
    made.hangs_up(made.joins(caller=within).call_id)
    made.clock.at = max(made.clock.at, ends[1] + week + timedelta(seconds=1))
    made.hangs_up(made.joins(caller=beyond).call_id)


def promised(made: Awkward) -> None:
    """Callers who are told minutes: kept on the edges, earlier, later, told twice, given up."""
    for low, high, waits in ((1, 2, 60), (1, 2, 120), (2, 3, 119), (1, 2, 121), (1, 3, 0)):
        place = made.joins()
        made.told(place, low, high)
        if not waits:
            made.hangs_up(place.call_id)
            continue
        made.on(30)
        made.told(place, 8, 9)
        made.takes(place, "carol", waits - 30)
        made.ends(place, None)
        made.wraps("carol")


def in_menus(made: Awkward) -> None:
    """Calls that stay in the menus: settled, silent, wrong keys, round and round, English, a message after the end."""
    for keys in (("7",), ("8", "7"), ("2", "*", "2", "*", "3"), ("6", "6", "6"), ()):
        call_id = made.site.call(*keys, caller=made.number())
        turn = made.site.hotline.journal.turn(call_id)
        made.site.hotline.hear(call_id, f"turn/{turn}", Silence())
        made.on(15)
        made.hangs_up(call_id, 2)
    number = made.number()
    call_id = made.site.call("2", caller=number)
    made.hangs_up(call_id)
    made.on(7200)
    made.site.hotline.save(call_id, Recorded(f"RE{call_id[2:]}", 5), Caller(number, ""))


def scores(made: Awkward) -> None:
    """Callers who give every score, and one who keys nothing that is one."""
    for number, score in enumerate("123459"):
        made.scored(score, AGENTS[number % 2])


def around(made: Awkward, moment: datetime) -> None:
    """Calls each nine to twenty-one minutes of three hours around a moment, every third of them given up."""
    made.clock.at = moment - timedelta(hours=1, minutes=25)
    for number in range(11):
        ahead = made.clock.at + timedelta(minutes=9 + 3 * (number % 5))
        place = made.joins(*((ENGLISH, *THEFT) if number % 4 else ()))
        if number % 3:
            made.takes(place, AGENTS[number % 2], 7 * number + 2)
            made.ends(place, None, 60)
            made.wraps(AGENTS[number % 2], 5)
        else:
            made.on(number)
            made.hangs_up(place.call_id)
        made.clock.at = ahead
