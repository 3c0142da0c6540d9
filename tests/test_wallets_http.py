"""The wallet over HTTP: whatever the company does, there is an answer in time, and each act is done once."""

import hmac
import json
import re
import socket
import time
from base64 import b64encode
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ivr.factory import utc_now
from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import QUESTIONS
from ivr.wallets.demo import Demo
from ivr.wallets.http import Http
from ivr.wallets.http.document import FILE, text
from ivr.wallets.http.line import Limits
from tests.processes import NOBODY
from tests.wallet_company import FAULTS, SLOW, Company, company
from tests.wallets import FIRST, KEY, NOON, ask
from tests.world import free_port

LIMITS = Limits(connect=0.6, total=1.5, pause=0.01)  # What a busy machine still keeps, where nothing is broken.
PATIENT = Limits(connect=30, total=60, pause=0.01)  # Where nobody is slow but a machine that stands still.
STILL = 5.0  # Seconds for which one may stand still; whoever is slow takes longer by far.
ANSWER = Found({"asked": "50000"}, "paid")


@dataclass
class Seconds:
    """A clock in seconds, which stands until it is moved on."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Company]:
    demo = Demo(tmp_path, lambda: NOON, KEY)
    ask(demo, "first", "withdrawal")  # Its file is made at the first question, which takes a busy machine its time.
    with company(demo, KEY) as one:
        yield one


@contextmanager
def asking(url: str, secret: str = KEY, seconds: Seconds | None = None, limits: Limits = PATIENT) -> Iterator[Http]:
    made = Http(url, secret, utc_now, limits, seconds or Seconds())
    yield made
    made.close()


def within(fault: str) -> Limits:
    """Return the limits within which this fault shows."""
    return LIMITS if fault in SLOW else PATIENT


def asked(logs: list[MutableMapping[str, Any]]) -> list[str]:
    """Return the questions that were told of; a thread of a test before this one may tell of other things."""
    return [one["question"] for one in logs if "question" in one]


def whys(logs: list[MutableMapping[str, Any]]) -> list[str]:
    """Return why questions had no answer."""
    return [one["why"] for one in logs if "question" in one]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_at_the_company_is_no_answer_in_time_and_told_without_facts(
    served: Company, fault: str
) -> None:
    with asking(served.url, limits=within(fault)) as wallet, capture_logs() as logs:
        assert ask(wallet, "a", "withdrawal") == ANSWER
        assert asked(logs) == []
        served.fails(fault)
        begun = time.monotonic()
        assert ask(wallet, "b", "withdrawal") == NotFound("slow" if fault in SLOW else "unavailable")
        assert time.monotonic() - begun < LIMITS.total + STILL
        ask(wallet, "c", "check_pin")
        served.fails("", 0)
        assert ask(wallet, "d", "withdrawal") == ANSWER
    assert asked(logs)[:1] == ["withdrawal"]
    assert re.search(r"88000000|13800138|246810|50000", repr(logs)) is None
    assert ("/wallet/v1/ours", "b") not in served.asked


ACTS = [name for name, question in QUESTIONS.items() if question.acts]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("act", ["freeze", "open_case"])
def test_nobody_knows_whether_an_act_was_done_of_which_the_answer_was_lost(
    served: Company, fault: str, act: str
) -> None:
    served.fails(fault)
    with asking(served.url, limits=within(fault)) as wallet:
        assert ask(wallet, "a", act) == NotFound("slow")
        served.fails("", 0)
        assert isinstance(ask(wallet, "a", act), Found)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_whose_line_breaks_after_it_was_sent_may_be_done(act: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there, ThreadPoolExecutor(1) as threads:

        def once() -> None:
            with there.accept()[0] as line:
                line.recv(65536)
            there.close()

        threads.submit(once)
        with asking(f"http://127.0.0.1:{there.getsockname()[1]}") as wallet:
            assert ask(wallet, "a", act) == NotFound("slow"), "also where nobody is there at the second try"


@pytest.mark.parametrize(("question", "told"), [("freeze", "slow"), ("freeze_reason", "unavailable")])
def test_of_an_act_that_fails_as_nobody_foresaw_nobody_knows_whether_it_was_done(
    served: Company, monkeypatch: pytest.MonkeyPatch, question: str, told: str
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("of which nobody thought")

    monkeypatch.setattr("ivr.wallets.http.Line.post", fails)
    with asking(served.url) as wallet:
        assert ask(wallet, "a", question) == NotFound(told)


def test_who_refuses_an_act_that_an_earlier_try_may_have_done_does_not_settle_it(served: Company) -> None:
    with asking(served.url) as wallet:
        assert ask(wallet, "a", "freeze", "22") == NotFound("unavailable")
        served.fails("half", 1)
        assert ask(wallet, "b", "freeze", "22") == NotFound("slow")


def test_nobody_at_the_other_end_is_no_answer() -> None:
    with asking(f"http://127.0.0.1:{free_port()}") as wallet, capture_logs() as logs:
        assert ask(wallet, "a", "freeze") == NotFound("unavailable")
    assert whys(logs)[0] == "ClientConnectorError"


def test_an_address_that_is_none_is_no_answer() -> None:
    with asking("http://127.0.0.1:1/a b") as wallet, capture_logs() as logs:
        assert ask(wallet, "a", "check_pin") == NotFound("unavailable")
    assert whys(logs)[0] == "HTTPMessageSignaturesException"


def test_who_cannot_be_reached_in_time_was_not_asked() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, ExitStack() as waiting:
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(busy.getsockname())
        begun = time.monotonic()
        with asking(f"http://127.0.0.1:{busy.getsockname()[1]}", limits=LIMITS) as wallet:
            assert ask(wallet, "a", "freeze") == NotFound("unavailable")
        assert time.monotonic() - begun < LIMITS.total + STILL


def test_a_service_that_nobody_vouches_for_is_not_asked(served: Company, tmp_path: Path) -> None:
    with asking(served.secured(tmp_path)) as wallet, capture_logs() as logs:
        assert ask(wallet, "a", "withdrawal") == NotFound("unavailable")
    assert whys(logs)[0] == "ClientConnectorCertificateError"
    assert served.asked == []


def test_an_answer_that_broke_off_is_asked_for_again_under_the_same_id(served: Company) -> None:
    with asking(served.url) as wallet:
        served.fails("half", 1)
        told = ask(wallet, "a", "freeze")
        assert isinstance(told, Found)
        assert told.outcome == "frozen"
    assert served.asked == [("/wallet/v1/freeze", "a")] * 2
    assert served.refused == []


def test_an_act_whose_answer_came_too_late_is_done_once(served: Company) -> None:
    with asking(served.url, limits=LIMITS) as wallet:
        served.fails("slow", 1)
        assert ask(wallet, "a", "freeze") == NotFound("slow")
        told = ask(wallet, "a", "freeze")
        assert isinstance(told, Found)
        assert told.outcome == "frozen"
        assert ask(wallet, "b", "freeze") == Found(told.facts, "already")


def test_a_wallet_that_keeps_failing_is_left_alone_and_tried_by_one(served: Company) -> None:
    seconds = Seconds()
    with asking(served.url, seconds=seconds, limits=LIMITS) as wallet:
        served.fails("500")
        assert [ask(wallet, "a", "withdrawal") for _ in range(8)] == [NotFound("unavailable")] * 8
        assert len(served.asked) == 5
        seconds.now += 4.9
        assert (ask(wallet, "a", "withdrawal"), len(served.asked)) == (NotFound("unavailable"), 5)
        seconds.now += 0.1
        served.fails("slow", 1)
        with ThreadPoolExecutor(6) as threads:
            told = list(threads.map(lambda _: ask(wallet, "a", "withdrawal"), range(6)))
        assert sorted(told, key=repr) == [NotFound("slow")] + [NotFound("unavailable")] * 5
        assert len(served.asked) == 6
        seconds.now += 5
        assert [ask(wallet, "a", "withdrawal") for _ in range(3)] == [ANSWER] * 3


def test_who_refuses_us_works(served: Company) -> None:
    with asking(served.url, "another secret of thirty-two letters") as wallet:
        assert [ask(wallet, "a", "withdrawal") for _ in range(7)] == [NotFound("unavailable")] * 7
    assert len(served.refused) == 7


def test_one_connection_does_for_many_questions_and_nothing_of_this_machine_is_used(
    served: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    for name, value in {"NETRC": tmp_path / "netrc", "HTTP_PROXY": NOBODY, "ALL_PROXY": NOBODY}.items():
        monkeypatch.setenv(name, str(value))
        monkeypatch.setenv(name.lower(), str(value))
    with asking(served.url) as wallet:
        assert [ask(wallet, "a", "withdrawal") for _ in range(10)] == [ANSWER] * 10
    assert len(served.lines) == 1
    assert {"Authorization", "Cookie"} & served.headers.keys() == set()


def test_a_request_is_signed_as_rfc_9421_says(served: Company) -> None:
    with asking(served.url) as wallet:
        ask(wallet, "a", "withdrawal")
    sent = served.headers
    digest = b64encode(sha256(json.dumps({"about": {"holder": FIRST}}).encode()).digest()).decode()
    assert sent["Content-Digest"] == f"sha-256=:{digest}:"
    told = sent["Signature-Input"].removeprefix("sig=")
    base = (
        f'"@method": POST\n"@target-uri": {served.url}/v1/withdrawal\n"content-type": application/json\n'
        f'"content-digest": {sent["Content-Digest"]}\n"idempotency-key": a\n"@signature-params": {told}'
    )
    expected = b64encode(hmac.digest(KEY.encode(), base.encode(), "sha256")).decode()
    assert sent["Signature"] == f"sig=:{expected}:"
    assert re.search(r';created=\d{10}\b.*;nonce="[\w-]{20,}"', told)


def test_an_id_that_no_header_can_hold_is_no_request(served: Company) -> None:
    with asking(served.url) as wallet:
        assert [ask(wallet, one, "freeze") for one in ("", "a\r\nb", "号")] == [NotFound("unavailable")] * 3
    assert served.asked == []


def test_the_published_document_is_the_catalogue(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("update"):
        FILE.write_text(text(), "utf-8")
    assert FILE.read_text("utf-8") == text(), "pytest --update writes ivr/wallets/openapi.json anew"
