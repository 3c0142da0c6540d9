"""One-time codes: sent and checked by Verify in time or not at all, and alike for unknown accounts."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from math import inf
from threading import Barrier

import pytest
from structlog.testing import capture_logs

from ivr.carrier.clock import SimulatedClock
from ivr.carrier.faults import Fault
from ivr.carrier.verifications import CODE, MOST_CHECKS, MOST_SENDS
from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import HOLDER, QUESTIONS
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.telephony.codes import Codes
from ivr.telephony.proving import Proving
from tests.carrier_site import ACCOUNT, TOKEN
from tests.pages import until
from tests.quickest import quickest
from tests.stores import NUMBERS
from tests.texting_site import SERVICE, Site, afresh, texting

RIGHT, WRONG = Secret(CODE), Secret("000000")
SENT = Found({}, "sent")


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


@pytest.fixture
def codes(site: Site) -> Codes:
    """Return the codes of this carrier's service."""
    return Codes(ACCOUNT, TOKEN, site.url, SERVICE)


def new_phone() -> str:
    """Return a phone that no other test has."""
    return f"+861390{next(NUMBERS):07d}"


def test_a_code_is_right_once(codes: Codes, site: Site) -> None:
    phone = new_phone()
    assert codes.send(phone, "zh-CN") == SENT
    assert [CODE in text.body for _, text in site.carrier.inbox.of(phone)] == [True]
    assert [codes.check(phone, one) for one in (WRONG, RIGHT, RIGHT)] == ["wrong", "right", "wrong"]
    assert dict(site.log.sent[0].form) == {"To": phone, "Channel": "sms", "Locale": "zh"}


def test_the_sms_is_in_the_callers_language(codes: Codes, site: Site) -> None:
    phone = new_phone()
    for language in ("zh", "en"):
        codes.send(phone, language)
    assert ["wallet" in text.body for _, text in site.carrier.inbox.of(phone)] == [False, True]


def test_a_code_that_was_never_sent_or_is_old_is_wrong(codes: Codes, site: Site) -> None:
    phone, clock = new_phone(), site.carrier.clock
    assert codes.check(phone, RIGHT) == "wrong"
    codes.send(phone, "zh")
    assert isinstance(clock, SimulatedClock)
    clock.advance(timedelta(minutes=10).total_seconds())
    assert codes.check(phone, RIGHT) == "wrong"


def test_who_tries_or_asks_too_often_is_limited_at_once(codes: Codes, site: Site) -> None:
    phone = new_phone()
    assert [codes.send(phone, "zh") for _ in range(MOST_SENDS + 1)] == [SENT] * MOST_SENDS + [NotFound("limited")]
    assert [codes.check(phone, WRONG) for _ in range(MOST_CHECKS)] == ["wrong"] * MOST_CHECKS
    assert codes.check(phone, RIGHT) == "limited"
    assert len(site.log.sent) == MOST_SENDS + MOST_CHECKS + 2


@pytest.mark.parametrize("fault", ["429", "500", "500 after", "break", "break after"])
def test_a_busy_or_failing_verify_sends_one_code_while_there_is_time(codes: Codes, site: Site, fault: Fault) -> None:
    phone, waited = new_phone(), list[float]()
    patient = Codes(ACCOUNT, TOKEN, site.url, SERVICE, wait=waited.append)
    site.carrier.faults.plan(fault, fault)
    assert patient.send(phone, "zh") == SENT
    assert len(site.carrier.inbox.of(phone)) == 1
    after = fault.endswith("after")  # Then it is looked up that the code was sent.
    expected = (1, 2) if after else (3, 3) if fault == "429" else (3, 5)
    until(lambda: len(site.log.sent) >= expected[1])  # The carrier notes a request once it is done with it.
    assert (sum(one.method == "POST" for one in site.log.sent), len(site.log.sent)) == expected
    if after:
        assert len(waited) == 1
        return
    first, second = waited
    # The carrier that is busy asks for two seconds.
    assert (first, second) == (2.0, 2.0) if fault == "429" else 0.15 <= first <= 0.25 < 0.3 <= second <= 0.5


def test_a_code_that_may_have_been_sent_is_not_sent_again_while_nobody_can_look_it_up(site: Site) -> None:
    phone = new_phone()
    site.carrier.faults.plan("500 after")
    site.carrier.faults.plan(*["500"] * 20, method="GET")
    hurried = Codes(ACCOUNT, TOKEN, site.url, SERVICE, seconds=1.0)
    assert hurried.send(phone, "zh") == NotFound("unavailable")
    assert len(site.carrier.inbox.of(phone)) == 1


def test_a_verify_that_is_busy_for_longer_than_the_caller_waits_is_no_answer(site: Site) -> None:
    waited: list[float] = []
    site.carrier.faults.plan("429")
    assert Codes(ACCOUNT, TOKEN, site.url, SERVICE, 2.0, waited.append).send(new_phone(), "zh") == NotFound(
        "unavailable"
    )
    assert waited == []


HURRIED: tuple[tuple[list[Fault], str], ...] = (
    (["500"] * 20, "unavailable"),
    (["hang"], "slow"),
    (["500", "hang"], "slow"),
)


def test_it_never_takes_longer_than_the_caller_waits(site: Site) -> None:
    hurried = Codes(ACCOUNT, TOKEN, site.url, SERVICE, seconds=1.0)

    def sent(faults: list[Fault], outcome: str) -> float:
        site.carrier.faults.plan(*faults)
        begun = time.monotonic()
        told, took = hurried.send(new_phone(), "zh"), time.monotonic() - begun
        site.carrier.faults.release()
        site.carrier.faults.forget()
        return took if told == NotFound(outcome) else inf  # Where the machine stood still, it is another.

    for faults, outcome in HURRIED:
        assert quickest(partial(sent, faults, outcome), 2.0) < 2.0


@pytest.mark.parametrize("fault", ["500 after", "break after"])
def test_a_check_that_failed_after_it_was_right_is_not_called_wrong(codes: Codes, site: Site, fault: Fault) -> None:
    phone = new_phone()
    codes.send(phone, "zh")
    site.carrier.faults.plan(fault)
    assert codes.check(phone, RIGHT) == "unavailable"
    codes.send(phone, "zh")
    site.carrier.faults.plan(fault)
    assert codes.check(phone, WRONG) == "wrong"


def test_nobody_there_and_no_service_is_no_answer(site: Site) -> None:
    nobody = Codes(ACCOUNT, TOKEN, "http://127.0.0.1:9", SERVICE, seconds=0.6)
    for codes in (nobody, Codes(ACCOUNT, TOKEN, site.url, "")):
        assert codes.send(new_phone(), "zh") == NotFound("unavailable")
        assert codes.check(new_phone(), RIGHT) == "unavailable"


def test_neither_code_nor_number_is_logged(codes: Codes, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    phone, key = new_phone(), Secret("974853")
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        codes.send(phone, "zh")
        for fault in ("500", "break", "break after"):
            site.carrier.faults.plan(fault)
            codes.check(phone, key)
        Codes(ACCOUNT, TOKEN, "http://127.0.0.1:9", SERVICE, seconds=0.6).check(phone, key)
    told = f"{logs} {caplog.text} {codes!r}"
    assert len(logs) >= 3
    assert key.reveal() not in told
    assert phone[1:] not in told
    assert TOKEN not in told


@dataclass
class Book:
    """A wallet that knows one account, and notes what it is asked."""

    phone: str
    asked: list[tuple[Lookup, str]] = field(default_factory=list)

    def answer(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        """Return the account of 8800000001; anything else is unknown."""
        self.asked.append((lookup, request_id))
        if lookup.question != "account":
            return Found({}, "none")
        if dict(lookup.about)["who"] == "silent":
            return NotFound("slow")
        known = dict(lookup.about)["who"] == "8800000001"
        return Found({"holder": "8800000001", "registered": self.phone}, "found") if known else Found({}, "unknown")


def send(who: str) -> Lookup:
    """Return the question for a code."""
    return Lookup("send_code", (("who", who),))


def check(who: str, code: Secret) -> Lookup:
    """Return the question whether a code is right."""
    return Lookup("check_code", (("who", who), ("code", code)))


def test_a_holder_proves_who_they_are_by_a_code(codes: Codes, site: Site) -> None:
    wallet = Proving(Book(phone := new_phone()), codes)
    assert wallet.answer(send("8800000001"), "a") == SENT
    assert len(site.carrier.inbox.of(phone)) == 1
    assert wallet.answer(check("8800000001", WRONG), "b") == Found({}, "wrong")
    right = wallet.answer(check("8800000001", RIGHT), "c")
    assert right == Found({"holder": "8800000001", "registered": phone}, "right")
    assert isinstance(right, Found)
    assert set(right.facts) == set(HOLDER)


def test_one_request_acts_once_and_is_answered_alike(codes: Codes, site: Site) -> None:
    wallet = Proving(Book(phone := new_phone()), codes)
    together = Barrier(8)

    def ask(_: int) -> Found | NotFound:
        together.wait()
        return wallet.answer(send("8800000001"), "a")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [SENT] * 8
    assert len(site.carrier.inbox.of(phone)) == 1
    verdicts = [wallet.answer(check("8800000001", RIGHT), "b") for _ in range(2)]
    assert [one.outcome for one in verdicts if isinstance(one, Found)] == ["right", "right"]


def test_an_unknown_account_is_answered_like_a_known_one_and_sent_nothing(codes: Codes, site: Site) -> None:
    waited: list[float] = []
    wallet = Proving(Book(new_phone()), codes, wait=waited.append)
    wallet.answer(send("8800000001"), "a")
    wallet.answer(check("8800000001", WRONG), "b")
    asked = len(site.log.sent)
    assert wallet.answer(send("8800000002"), "c") == SENT
    assert wallet.answer(check("8800000002", RIGHT), "d") == Found({}, "wrong")
    assert len(site.log.sent) == asked
    assert all(0 < seconds < 1 for seconds in waited)
    assert len(waited) == 2


def test_when_verify_is_away_an_unknown_account_hears_so_too(site: Site) -> None:
    away = Codes(ACCOUNT, TOKEN, "http://127.0.0.1:9", SERVICE, seconds=0.6)
    wallet = Proving(Book(new_phone()), away, wait=lambda _: None)
    answers = [wallet.answer(send(who), who) for who in ("8800000001", "8800000002")]
    assert answers == [NotFound("unavailable")] * 2


def test_all_else_is_the_wallets(codes: Codes) -> None:
    book = Book(new_phone())
    wallet = Proving(book, codes)
    for question in QUESTIONS.keys() - {"send_code", "check_code", "account"}:
        assert wallet.answer(Lookup(question), "x") == Found({}, "none")
    assert wallet.answer(send("silent"), "y") == NotFound("slow")
