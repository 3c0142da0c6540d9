"""The wallet port's contract, over all back ends: every outcome, acts done once, whatever fails."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import pytest

from ivr.factory import utc_now
from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import QUESTIONS
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.wallets.demo import Demo
from ivr.wallets.demo.accounts import ACCOUNTS
from ivr.wallets.http import Http
from ivr.wallets.http.line import Limits
from ivr.wallets.port import Wallet
from tests.processes import APART
from tests.wallet_company import company
from tests.wallets import KEY, NOON, OUTCOMES, ask, failing, faults, lookup
from tests.world import ROOT


class Clock:
    """The wallet company's clock, which stands until it is moved on."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def moves(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture(params=["demo", "http"])
def wallet(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, waits: list[float]) -> Iterator[Wallet]:
    if request.param == "demo":
        yield Demo(tmp_path, clock, KEY, waits.append)
        return

    def wait(seconds: float) -> None:
        waits.append(seconds)
        one.over.wait(60)

    hours = count(0, 3600)  # pass from one question to the next, so that no failure keeps us from asking
    # Only of a slow wallet is anything late; a busy machine takes its time.
    slow = request.node.name.endswith("slow]")
    limits = Limits(connect=5, total=5 if slow else 30, pause=0.01)
    demo = Demo(tmp_path, clock, KEY, wait)
    ask(demo, "first", "withdrawal")  # Its file is made at the first question, which takes a busy machine its time.
    with company(demo, KEY) as one:
        asking = Http(one.url, KEY, utc_now, limits, lambda: float(next(hours)))
        yield asking
        asking.close()
        assert one.refused == []


def test_the_accounts_show_every_outcome_of_every_question(wallet: Wallet) -> None:
    for number, (account, question, about, outcome, facts) in enumerate(OUTCOMES):
        told = wallet.answer(lookup(question, account, **about), f"request-{number}")
        assert isinstance(told, Found), (question, about, told)
        assert told.outcome == outcome, (question, about)
        assert faults(question, told) == []
        assert {name: told.facts[name] for name, one in facts.items() if one is not None} == {
            name: one for name, one in facts.items() if one is not None
        }
        assert told.facts.keys() == facts.keys()
    shown = {(question, outcome) for _, question, _, outcome, _ in OUTCOMES}
    assert shown == {(name, outcome) for name, question in QUESTIONS.items() for outcome in question.outcomes}


@pytest.mark.parametrize("why", ["slow", "unavailable"])
def test_each_question_can_go_unanswered(wallet: Wallet, waits: list[float], why: str) -> None:
    with ThreadPoolExecutor(len(QUESTIONS)) as threads:
        told = list(threads.map(lambda name: wallet.answer(failing(name, why), f"{name}-{why}"), QUESTIONS))
    assert told == [NotFound(why)] * len(QUESTIONS)
    assert waits == ([3.0] * len(QUESTIONS) if why == "slow" else [])


@pytest.mark.parametrize(("account", "why"), [("21", "slow"), ("22", "unavailable")])
def test_a_wallet_may_fail_who_has_proven_who_they_are(wallet: Wallet, account: str, why: str) -> None:
    proof = ("account", "check_pin", "send_code", "check_code")
    about = [name for name in QUESTIONS if name != "ours"]
    with ThreadPoolExecutor(len(about)) as threads:
        sent = ask(wallet, "send_code", "send_code", account)
        told = dict(zip(about, threads.map(lambda name: ask(wallet, name, name, account), about), strict=True))
    assert told["send_code"] == sent
    assert [told[name].outcome for name in proof] == ["found", "right", "sent", "right"]  # type: ignore[union-attr]
    assert [one for name, one in told.items() if name not in proof] == [NotFound(why)] * (len(told) - len(proof))


def test_a_question_that_no_release_knows_is_our_fault(wallet: Wallet) -> None:
    with pytest.raises(ValueError, match="hobbies"):
        wallet.answer(Lookup("hobbies"), "a")


def test_a_request_told_again_is_answered_as_it_was_and_acts_once(wallet: Wallet, clock: Clock) -> None:
    first = ask(wallet, "a", "freeze")
    clock.moves(hours=1)
    assert ask(wallet, "a", "freeze") == first
    assert ask(wallet, "b", "freeze") == Found(first.facts, "already")  # type: ignore[union-attr]
    opened = ask(wallet, "c", "open_case")
    assert ask(wallet, "d", "open_case") == Found(opened.facts, "open")  # type: ignore[union-attr]
    assert ask(wallet, "c", "open_case") == opened


def test_an_id_is_for_one_request_only(wallet: Wallet) -> None:
    frozen = ask(wallet, "a", "freeze")
    assert ask(wallet, "a", "freeze", "02") == NotFound("unavailable")
    assert ask(wallet, "a", "unsubscribe") == NotFound("unavailable")
    assert ask(wallet, "a", "freeze") == frozen
    assert ask(wallet, "b", "freeze_reason", "02") == Found({}, "none")


def test_an_account_is_held_for_72_hours_and_three_times_in_30_days(wallet: Wallet, clock: Clock) -> None:
    told = []
    for number in range(5):
        told.append(ask(wallet, str(number), "freeze").outcome)  # type: ignore[union-attr]
        clock.moves(hours=71, minutes=59)
        assert (ask(wallet, "look", "freeze_reason") == Found({}, "none")) == (told[-1] == "capped")
        clock.moves(minutes=1)
        assert ask(wallet, "look", "freeze_reason") == Found({}, "none")
    assert told == ["frozen"] * 3 + ["capped"] * 2
    clock.moves(days=30 - 15, seconds=-1)
    assert ask(wallet, "almost", "freeze") == Found({}, "capped")
    clock.moves(seconds=1)
    assert ask(wallet, "then", "freeze").outcome == "frozen"  # type: ignore[union-attr]


def test_a_code_is_right_once_for_ten_minutes_and_among_five(wallet: Wallet, clock: Clock) -> None:
    numbers = count()

    def told(question: str, **about: str | Secret) -> str:
        return ask(wallet, f"request-{next(numbers)}", question, **about).outcome  # type: ignore[union-attr]

    assert told("send_code") == "sent"
    clock.moves(minutes=10, seconds=1)
    assert told("check_code") == "wrong"
    told("send_code")
    clock.moves(minutes=10)
    assert [told("check_code", code=Secret("135791")) for _ in range(4)] == ["wrong"] * 4
    assert [told("check_code"), told("check_code")] == ["right", "wrong"]
    told("send_code")
    assert [told("check_code", code=Secret("135791")) for _ in range(5)] == ["wrong"] * 5
    assert told("check_code") == "wrong"
    told("send_code")
    code = partial(ask, wallet, "same", "check_code")
    assert [code(), code()] == [code()] * 2
    assert code().outcome == "right"  # type: ignore[union-attr]


def test_doubled_requests_at_once_act_once(wallet: Wallet) -> None:
    with ThreadPoolExecutor(8) as threads:
        for question in ("freeze", "open_case"):
            same = list(threads.map(lambda _, name=question: ask(wallet, name, name), range(8)))
            assert same == same[:1] * 8
            others = set(threads.map(lambda n, name=question: _told(ask(wallet, f"{name}-{n}", name)), range(8)))
            assert others == {({"freeze": "already", "open_case": "open"}[question], *_told(same[0])[1:])}


def _told(answer: Found | NotFound) -> tuple[str, ...]:
    assert isinstance(answer, Found)
    return (answer.outcome, *answer.facts.values())


def _freeze(folder: Path, now: datetime, ids: list[str], told: Callable[[object], None]) -> None:
    wallet = Demo(folder, lambda: now, KEY)
    for one in ids:
        told((one, ask(wallet, one, "freeze", one[:2])))


def test_processes_that_start_at_once_make_one_wallet_and_hold_once(tmp_path: Path) -> None:
    ours, theirs = zip(*(APART.Pipe() for _ in range(3)), strict=True)
    processes = [APART.Process(target=_freeze, args=(tmp_path, NOON, ["01", "02"], one.send)) for one in theirs]
    for process in processes:
        process.start()
    told = [[one.recv(), one.recv()] for one in ours]
    for process in processes:
        process.join()
    assert told == told[:1] * 3
    assert [answer.outcome for _, answer in told[0]] == ["frozen"] * 2


def test_what_was_told_outlives_a_kill_and_is_told_again(tmp_path: Path) -> None:
    chance, accounts = Random(6), [f"{number:02}" for number in range(7, 18)]
    clock = Clock()
    again = Demo(tmp_path, clock, KEY)
    for run in range(6):
        clock.moves(days=11)
        ours, theirs = APART.Pipe()
        ids = [f"{one}-{run}" for one in accounts]
        process = APART.Process(target=_freeze, args=(tmp_path, clock.now, ids, theirs.send))
        process.start()
        told = [ours.recv() for _ in range(chance.randrange(len(accounts)))]
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        while ours.poll():
            told.append(ours.recv())
        assert [ask(again, one, "freeze", one[:2]) for one, _ in told] == [answer for _, answer in told]
        for one in accounts:
            answer = ask(again, f"{one}-{run}", "freeze", one)
            assert isinstance(answer, Found)
            assert answer.outcome == "frozen"
            assert ask(again, f"{one}-{run}", "freeze", one) == answer
            assert ask(again, f"{one}-{run}-more", "freeze", one) == Found(answer.facts, "already")


def test_the_file_keeps_no_pin_and_no_code(tmp_path: Path) -> None:
    wallet = Demo(tmp_path, lambda: NOON, KEY)
    for question in ("check_pin", "send_code", "check_code"):
        ask(wallet, question, question)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"8800000001" in kept
    assert b"246810" not in kept
    assert b"135790" not in kept


def test_a_file_that_cannot_be_used_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert ask(Demo(tmp_path / "file", lambda: NOON, KEY), "a", "freeze") == NotFound("unavailable")


def test_the_readme_lists_the_accounts() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [one for one in ACCOUNTS if f"| {one.number} | {one.phone} | {one.shows} |" not in readme] == []
    assert readme.count("| 88000000") == len(ACCOUNTS)
