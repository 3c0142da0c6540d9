"""An SMS goes out once: through refusals, faults of the carrier, and workers that are killed in the middle."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from ivr.carrier.faults import Fault
from ivr.desk.allowance import Allowance
from ivr.jobs.texts import SETTLED, Sending
from ivr.store.answers import Gone, Later, Refused, Taken, Unsure
from ivr.store.crypto import Cipher
from ivr.store.engine import connect
from ivr.store.journal import Journal
from ivr.store.texts import LEASE, Sms, Texts
from ivr.telephony import asking
from ivr.telephony.rest import Rest
from ivr.telephony.texting import Texting
from tests.carrier_site import ACCOUNT, TOKEN
from tests.processes import APART, awaited
from tests.stores import NOON, SECRET, first, new_call_id
from tests.test_store_texts import NUMBER, sending
from tests.texting_site import SENDER, Site, afresh, texting
from tests.world import world

WORDS = "您的受理编号是 20260302。"
SERVICE = "MG" + "a" * 32


@dataclass
class Clock:
    """The time, which tests move on."""

    at: datetime = NOON + timedelta(seconds=2)

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """The keeping of texts, who sends them, and the time."""

    journal: Journal
    texts: Texts
    sending: Sending
    clock: Clock

    def wanted(self, words: str = WORDS, number: str = NUMBER) -> str:
        """Let a call have an SMS sent; return the call's id."""
        begun = first(new_call_id())
        self.journal.append(begun)
        self.journal.append(sending(begun, words, number=number))
        return begun.call_id

    def work(self) -> None:
        """Do all that is due."""
        for text_id in self.sending.due():
            self.sending.send(text_id)

    def one(self, call_id: str) -> Sms:
        """Return a call's only text."""
        (found,) = self.texts.of_call(call_id)
        return found

    def wait_for(self, call_id: str) -> timedelta:
        """Let the time pass until the text is due again; return how long that was."""
        due = self.one(call_id).next_try_at
        assert due is not None
        passed = due - self.clock.at
        self.clock.at = due
        return passed


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    """Return one carrier for all of these tests, as it takes a moment to start."""
    with texting() as made:
        yield made


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    """Return the carrier, with nothing of other tests."""
    with afresh(served) as made:
        yield made


def at_desk(engine: Engine, journal: Journal, url: str, sender: str = SENDER) -> Desk:
    """Return a desk whose texts go to the carrier at this address."""
    texts, clock = Texts(engine), Clock()
    return Desk(journal, texts, Sending(texts, Texting(Rest(ACCOUNT, TOKEN, url), sender), clock), clock)


@pytest.fixture
def desk(engine: Engine, journal: Journal, site: Site) -> Desk:
    """Return a desk with a fresh database."""
    return at_desk(engine, journal, site.url)


def test_a_text_is_sent_once(desk: Desk, site: Site) -> None:
    call_id = desk.wanted()
    desk.work()
    desk.work()
    assert site.bodies == [(NUMBER, WORDS)]
    found = desk.one(call_id)
    assert (found.state, found.sid, found.sent_at) == ("sent", next(iter(site.carrier.messages)), desk.clock.at)
    assert [one.from_ for one in site.carrier.messages.values()] == [SENDER]
    assert [one.body for _, one in site.carrier.inbox.of(NUMBER)][-1] == WORDS


def test_a_messaging_service_may_be_the_sender(engine: Engine, journal: Journal, site: Site) -> None:
    desk = at_desk(engine, journal, site.url, SERVICE)
    desk.wanted()
    desk.work()
    assert [(one.service, one.from_) for one in site.carrier.messages.values()] == [(SERVICE, "")]


def test_a_busy_carrier_is_asked_again_when_it_says_and_ever_more_seldom(desk: Desk, site: Site) -> None:
    site.carrier.faults.plan(*["429"] * 6)
    call_id = desk.wanted()
    pauses: list[float] = []
    for _ in range(6):
        desk.work()
        assert desk.one(call_id).error == "the carrier answered 429"
        desk.work()  # Nothing is due yet.
        pauses.append(desk.wait_for(call_id).total_seconds())
    assert pauses[0] >= 2
    assert all(5 * 2**tried * 0.75 <= pause <= 5 * 2**tried * 1.25 for tried, pause in enumerate(pauses))
    desk.work()
    assert site.bodies == [(NUMBER, WORDS)]
    assert desk.one(call_id).tries == 7
    assert site.asked() == ["POST Messages.json"] * 7


def test_a_longer_pause_that_the_carrier_asks_for_is_kept_to(desk: Desk) -> None:
    call_id = desk.wanted()
    desk.sending = Sending(desk.texts, Told(Later("busy", 90)), desk.clock)
    desk.work()
    assert desk.wait_for(call_id) >= timedelta(seconds=90)


@pytest.mark.parametrize(
    ("fault", "why", "taken"),
    [
        ("500", "the carrier answered 500", False),
        ("500 after", "the carrier answered 500", True),
        ("hang", "ReadTimeout", True),
        ("break", "ConnectionError", False),
        ("break after", "ConnectionError", True),
    ],
)
def test_a_text_whose_fate_nobody_knows_is_looked_up_before_it_is_sent_again(
    desk: Desk, site: Site, fault: Fault, why: str, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "hang":
        monkeypatch.setattr(asking, "SECONDS", 0.4)
    site.carrier.faults.plan(fault)
    call_id = desk.wanted()
    desk.work()
    site.carrier.faults.release()
    awaited(lambda: len(site.bodies) == taken, "the carrier has it, or not")
    awaited(lambda: site.asked() == ["POST Messages.json"], "what broke off was written down, too")
    found = desk.one(call_id)
    assert (found.state, found.sid, found.error) == ("sending", None, why)
    assert desk.wait_for(call_id) >= SETTLED
    desk.work()
    assert site.bodies == [(NUMBER, WORDS)]
    assert (desk.one(call_id).state, desk.one(call_id).sid) == ("sent", next(iter(site.carrier.messages)))
    asked = ["GET Messages.json"] if taken else ["GET Messages.json", "POST Messages.json"]
    assert site.asked()[-len(asked) :] == asked


@pytest.mark.parametrize("fault", ["500", "429", "break"])
def test_nothing_is_sent_again_before_the_look_up_succeeds(desk: Desk, site: Site, fault: Fault) -> None:
    site.carrier.faults.plan("break after")
    site.carrier.faults.plan(fault, method="GET")
    call_id = desk.wanted()
    for _ in range(3):
        desk.work()
        if desk.one(call_id).next_try_at:
            desk.wait_for(call_id)
    assert site.bodies == [(NUMBER, WORDS)]
    assert desk.one(call_id).state == "sent"


def test_the_same_words_of_another_call_are_not_taken_for_this_ones(desk: Desk, site: Site) -> None:
    desk.wanted()
    desk.work()
    site.carrier.faults.plan("500")
    again = desk.wanted()
    desk.work()
    desk.wait_for(again)
    desk.work()
    assert site.bodies == [(NUMBER, WORDS)] * 2
    assert len({one.sid for one in site.carrier.messages.values()}) == 2


def test_a_refused_text_is_given_up_with_the_carriers_code(desk: Desk, site: Site) -> None:
    call_id = desk.wanted(number="+15005550004")
    with capture_logs() as logs:
        desk.work()
    assert (desk.one(call_id).state, desk.one(call_id).error) == ("given up", "the carrier refused it: 21610")
    assert [one["event"] for one in logs if one.get("call") == call_id] == ["text given up"]
    assert "15005550004" not in str(logs)
    desk.clock.at += timedelta(days=1)
    desk.work()
    assert site.asked() == ["POST Messages.json"]


def test_neither_number_nor_words_are_logged(desk: Desk, site: Site) -> None:
    site.carrier.faults.plan("429", "break after")
    call_id = desk.wanted()
    with capture_logs() as logs:
        for _ in range(3):
            desk.work()
            if desk.one(call_id).next_try_at:
                desk.wait_for(call_id)
    assert len([one for one in logs if one.get("call") == call_id]) == 2
    assert NUMBER[1:] not in str(logs)
    assert "受理" not in str(logs)
    assert ACCOUNT not in str(logs)


def test_a_text_is_given_up_after_a_day(desk: Desk) -> None:
    call_id = desk.wanted()
    desk.sending = Sending(desk.texts, Told(Later("busy")), desk.clock)
    for _ in range(100):
        desk.work()
        if desk.one(call_id).state == "given up":
            break
        desk.wait_for(call_id)
    assert desk.one(call_id).state == "given up"
    assert timedelta(hours=22) < desk.clock.at - NOON <= timedelta(hours=24)


def test_one_number_gets_ten_a_day(desk: Desk, site: Site) -> None:
    calls = [desk.wanted(f"第 {number}") for number in range(11)]
    other = desk.wanted(number="+8613900139000")
    desk.work()
    states = [(desk.one(call_id).state, desk.one(call_id).error) for call_id in calls]
    assert sorted(states, key=str) == [("given up", "capped"), *[("sent", None)] * 10]
    assert desk.one(other).state == "sent"
    assert len(site.bodies) == 11


def test_what_is_beyond_the_days_texts_waits_and_goes_when_there_are_some_again(desk: Desk, site: Site) -> None:
    allowance = Allowance(3, desk.texts.gone, desk.clock)
    desk.sending = replace(desk.sending, allowance=allowance)
    calls = [desk.wanted(number=f"+861390013900{number}") for number in range(5)]
    desk.work()
    assert len(site.bodies) == 3
    waiting = [one for one in calls if desk.one(one).state == "waiting"]
    assert [desk.one(one).error for one in waiting] == ["the day's texts are used up"] * 2
    other = replace(desk.sending, allowance=Allowance(3, desk.texts.gone, desk.clock))  # Of another process.
    desk.clock.at += timedelta(hours=1)
    for text_id in other.due():
        other.send(text_id)
    assert len(site.bodies) == 3
    desk.clock.at += timedelta(hours=23, minutes=30)
    assert desk.texts.gone(desk.clock.at - timedelta(days=1)) == 0
    allowance.spend()


def test_a_number_that_may_not_be_rung_is_not_written_to_either(desk: Desk, site: Site) -> None:
    desk.sending = replace(desk.sending, prefixes=("+86", "+852"))
    dear, ours = desk.wanted(number="+23280123456"), desk.wanted(number="+85291234567")
    desk.work()
    assert (desk.one(dear).state, desk.one(ours).state) == ("given up", "sent")
    assert "ALLOWED_PREFIXES" in (desk.one(dear).error or "")
    assert len(site.bodies) == 1


def test_without_a_sender_it_is_said_why_nothing_goes(desk: Desk) -> None:
    call_id = desk.wanted()
    desk.sending = Sending(desk.texts, None, desk.clock)
    desk.work()
    assert desk.one(call_id).state == "given up"
    assert "TWILIO_SMS_FROM" in (desk.one(call_id).error or "")


def killed(url: str, carrier: str, at: datetime, sent: bool) -> None:
    """Send what is due, and be killed: right after the carrier took it, or right before it is asked."""

    class Killed:
        def send(self, number: str, words: str) -> Taken:
            if sent:
                Texting(Rest(ACCOUNT, TOKEN, carrier), SENDER).send(number, words)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

        def sent(self, number: str) -> list[Gone]:
            raise AssertionError(number)

    texts = Texts(connect(url, Cipher([SECRET])))
    made = Sending(texts, Killed(), lambda: at)
    for text_id in made.due():
        made.send(text_id)


@pytest.mark.parametrize("sent", [True, False])
def test_a_killed_worker_neither_loses_a_text_nor_doubles_it(desk: Desk, site: Site, database: str, sent: bool) -> None:
    call_id = desk.wanted()
    process = APART.Process(target=killed, args=(database, site.url, desk.clock.at, sent))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(site.bodies) == sent
    assert desk.one(call_id).state == "sending"
    desk.work()
    assert len(site.bodies) == sent
    desk.clock.at += LEASE
    desk.work()
    assert site.bodies == [(NUMBER, WORDS)]
    assert (desk.one(call_id).state, desk.one(call_id).tries) == ("sent", 2)


def test_a_hand_that_was_held_up_does_not_send_what_another_may_have_sent(desk: Desk, site: Site) -> None:
    call_id = desk.wanted()
    clock = desk.clock
    moments = iter([clock.at, clock.at + LEASE])
    Sending(desk.texts, desk.sending.carrier, lambda: next(moments)).send(desk.one(call_id).id)
    assert site.bodies == []
    clock.at += LEASE
    desk.work()
    assert site.bodies == [(NUMBER, WORDS)]


@dataclass
class Told:
    """A carrier that always says the same."""

    answer: Taken | Refused | Later | Unsure

    def send(self, number: str, words: str) -> Taken | Refused | Later | Unsure:
        """Say it."""
        return self.answer

    def sent(self, number: str) -> list[Gone] | Unsure:
        """Say that there are none."""
        return []


def test_the_hotline_sends_what_a_turn_says(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        begun = first(new_call_id())
        for entry in (begun, sending(begun, WORDS)):
            here.parts.journal.append(entry)
        here.parts.begin()
        awaited(lambda: here.carrier.inbox.of(NUMBER), "the SMS has come")
        assert [one.path.rsplit("/", 1)[1] for one in here.rest.sent if one.method == "POST"] == ["Messages.json"]
