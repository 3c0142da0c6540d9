"""Whoever guesses is stopped, on both databases, in any number of processes; owners are not."""

import os
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection as Pipe

import pytest
from sqlalchemy import Engine, event, func, insert, select

from ivr.store.crypto import Cipher
from ivr.store.engine import connect, nowhere
from ivr.store.errors import StoreError
from ivr.store.guard import DAY, HOUR, MINUTE, Guard
from ivr.store.guesses import guesses, proofs
from tests.bench.guessing import attacked, report
from tests.stores import NOON, SECRET
from tests.test_store_processes import child

ACCOUNT = "8800000001"
PHONE = "+8613800138000"
NUMBERS = count(1)


@dataclass
class Door:
    """A guard with a clock that we set, and tries by people of whom it knows nothing."""

    guard: Guard
    at: datetime = NOON
    tries: "count[int]" = field(default_factory=lambda: count(1))

    def later(self, span: timedelta) -> None:
        self.at += span

    def tried(self, question: str, who: str, caller: str, outcome: str = "wrong") -> bool:
        """Try once, and have the wallet say this where it is asked."""
        request_id = f"CA-{next(self.tries)}"
        allowed = self.guard.allowed(question, who, caller, request_id)
        if allowed and outcome:
            self.guard.told(request_id, outcome)
        return allowed

    def passed(self, times: int, question: str, who: str = "", caller: str = "", outcome: str = "wrong") -> int:
        """Try so often, each by another caller and on another account where none is given; return how many passed."""
        return sum(self.tried(question, who or account(), caller or stranger(), outcome) for _ in range(times))

    def flood(self, question: str, standing: str, many: int, ago: timedelta = MINUTE) -> None:
        """Have so many wrong tries be there already."""
        hashes = {"who_hash": "w", "caller_hash": "c", "standing": standing}
        told = {"at": self.at - ago, "allowed": True, "outcome": "wrong", "counts": True, "question": question}
        rows = [{"request_id": f"flood-{next(NUMBERS)}", **hashes, **told} for _ in range(many)]
        with self.guard.engine.begin() as connection:
            connection.execute(insert(guesses), rows)


def stranger() -> str:
    return f"+86139{next(NUMBERS):08d}"


def account() -> str:
    return f"77{next(NUMBERS):08d}"


@pytest.fixture
def door(engine: Engine) -> Door:
    made: Door
    made = Door(Guard(engine, Cipher([SECRET]), lambda: made.at))
    return made


@pytest.mark.parametrize("question", ["check_pin", "check_code"])
def test_strangers_have_five_wrong_tries_an_hour_and_ten_a_day_on_an_account(door: Door, question: str) -> None:
    assert door.passed(9, question, who=ACCOUNT) == 5
    door.later(HOUR - MINUTE)
    assert not door.tried(question, ACCOUNT, stranger())
    door.later(MINUTE)
    assert door.passed(9, question, who=ACCOUNT) == 5
    door.later(HOUR)
    assert not door.tried(question, ACCOUNT, stranger())
    door.later(DAY - 2 * HOUR)
    assert door.passed(9, question, who=ACCOUNT) == 5
    assert door.tried(question, account(), stranger())


def test_a_phone_is_the_same_however_it_is_written(door: Door) -> None:
    written = [PHONE, "13800138000", "8613800138000", "008613800138000", "138 0013 8000", "+86 138-0013-8000"]
    assert [door.tried("check_pin", who, stranger()) for who in written] == [True] * 5 + [False]
    callers = ["13800138001", "+8613800138001", "008613800138001", "8613800138001"]
    assert [door.tried("check_pin", account(), caller) for caller in callers] == [True] * 3 + [False]


def test_a_foreign_caller_is_not_taken_for_the_chinese_phone_of_the_same_digits(door: Door) -> None:
    door.flood("check_pin", "stranger", 1000)
    assert not door.tried("check_pin", "13862345678", "+13862345678")
    assert door.tried("check_pin", "13862345678", "+8613862345678")


def test_a_caller_pauses_longer_and_longer_and_has_ten_wrong_tries_an_hour(door: Door) -> None:
    caller = stranger()
    for pause in (MINUTE, 5 * MINUTE, 30 * MINUTE):
        assert door.passed(5, "check_pin", caller=caller) == 3
        door.later(pause - timedelta(seconds=1))
        assert door.passed(2, "check_pin", caller=caller) == 0
        door.later(timedelta(seconds=1))
    assert door.passed(3, "check_pin", caller=caller) == 1
    door.later(22 * MINUTE)
    assert door.passed(1, "check_pin", caller=caller) == 0
    door.later(2 * MINUTE)
    assert door.passed(9, "check_pin", caller=caller) > 0
    assert door.tried("check_code", ACCOUNT, stranger())


def test_being_right_elsewhere_does_not_end_the_row_of_wrong_tries(door: Door) -> None:
    guesser, owner = stranger(), stranger()
    assert door.passed(2, "check_pin", ACCOUNT, guesser) == door.passed(2, "check_pin", ACCOUNT, owner) == 2
    door.later(timedelta(seconds=1))
    assert door.tried("check_pin", "8800000099", guesser, "right")
    assert door.tried("check_pin", account(), guesser)
    assert not door.tried("check_pin", account(), guesser)
    assert door.tried("check_pin", ACCOUNT, owner, "right")
    assert door.passed(3, "check_pin", caller=owner) == 3
    assert not door.tried("check_pin", account(), owner)


def test_withheld_callers_share_a_larger_allowance_without_pauses(door: Door) -> None:
    withheld = ["", "anonymous", "+266696687", "Restricted", "+86256"]
    for number in range(200):
        assert door.tried("check_pin", account(), withheld[number % 4])
    assert not any(door.tried("check_pin", account(), caller) for caller in withheld[:4])
    assert door.tried("check_pin", account(), withheld[4])


@pytest.mark.parametrize("question", ["check_pin", "check_code", "send_code"])
def test_all_strangers_together_have_a_thousand_an_hour(door: Door, question: str) -> None:
    door.flood(question, "stranger", 998)
    assert door.passed(4, question) == 2
    door.later(HOUR - MINUTE - timedelta(seconds=1))
    assert door.passed(1, question) == 0
    door.later(timedelta(seconds=1))
    assert door.passed(1, question) == 1


def test_codes_are_sent_thrice_an_hour_and_ten_times_a_day(door: Door) -> None:
    for _ in range(3):
        assert door.passed(5, "send_code", who=ACCOUNT, outcome="sent") == 3
        door.later(HOUR)
    assert door.passed(5, "send_code", who=ACCOUNT, outcome="sent") == 1
    caller = stranger()
    assert door.passed(9, "send_code", caller=caller, outcome="sent") == 5
    door.later(HOUR)
    assert door.passed(9, "send_code", caller=caller, outcome="sent") == 5
    assert door.passed(120, "send_code", caller="anonymous", outcome="sent") == 100


def test_a_caller_freezes_thrice_a_day_however_many_others_do(door: Door) -> None:
    caller = stranger()
    door.flood("freeze", "stranger", 1500)
    assert door.passed(9, "freeze", outcome="frozen") == 9
    assert door.passed(5, "freeze", caller=caller, outcome="frozen") == 3
    door.later(DAY - MINUTE)
    assert door.passed(1, "freeze", caller=caller, outcome="frozen") == 0
    door.later(MINUTE)
    assert door.passed(1, "freeze", caller=caller, outcome="frozen") == 1
    assert door.passed(70, "freeze", caller="anonymous", outcome="frozen") == 60


def test_whoever_forges_an_owners_number_does_not_keep_the_owner_from_freezing(door: Door) -> None:
    assert door.tried("check_pin", ACCOUNT, PHONE, "right")
    assert door.passed(4, "freeze", who=ACCOUNT, caller=PHONE, outcome="frozen") == 3
    door.later(2 * DAY)
    others = ("8800000098", "8800000099")
    assert all(door.tried("check_pin", who, PHONE, "right") for who in (*others, ACCOUNT))
    assert sum(door.passed(2, "freeze", who=who, caller=PHONE, outcome="frozen") for who in others) == 3
    assert door.passed(5, "freeze", who=ACCOUNT, caller=PHONE, outcome="frozen") == 3


def test_right_tries_and_the_wallets_silence_count_for_nobody(door: Door) -> None:
    for outcome in ("right", "unavailable"):
        assert door.passed(20, "check_pin", ACCOUNT, "+8613811110000", outcome) == 20
    for outcome in ("slow", ""):
        assert door.passed(9, "check_pin", account(), outcome=outcome) == 5
        assert door.passed(9, "check_pin", caller=stranger(), outcome=outcome) == 3


def test_a_code_that_may_have_been_sent_though_nobody_said_so_counts_as_sent(door: Door) -> None:
    assert door.passed(20, "send_code", who=ACCOUNT, outcome="unavailable") == 3


def test_refused_tries_neither_count_nor_prolong_the_pause(door: Door) -> None:
    caller = stranger()
    assert door.passed(3, "check_pin", caller=caller) == 3
    for _ in range(59):
        door.later(timedelta(seconds=1))
        assert not door.tried("check_pin", ACCOUNT, caller)
    door.later(timedelta(seconds=1))
    assert door.tried("check_pin", ACCOUNT, caller)
    assert door.passed(9, "check_pin", who=ACCOUNT) == 4


def test_a_try_told_again_is_answered_alike_and_counts_once(door: Door) -> None:
    for number in range(5):
        for _ in range(3):
            assert door.guard.allowed("check_pin", ACCOUNT, caller := f"+861391234{number:04d}", f"CA-same-{number}")
            door.guard.told(f"CA-same-{number}", "wrong")
    assert not door.guard.allowed("check_pin", ACCOUNT, caller, "CA-refused")
    door.guard.told("CA-refused", "right")
    door.later(2 * HOUR)
    assert not door.guard.allowed("check_pin", ACCOUNT, caller, "CA-refused")
    assert door.guard.allowed("check_pin", ACCOUNT, caller, "CA-same-0")
    assert door.passed(9, "check_pin", who=ACCOUNT) == 5


def test_the_first_answer_stays_but_any_takes_the_place_of_none(door: Door) -> None:
    for outcomes, counts in (
        (["wrong", "right"], True),
        (["wrong", "unavailable"], True),
        (["right", "wrong"], False),
        (["unavailable", "wrong"], True),
        (["slow", "right"], False),
    ):
        request_id = f"CA-{next(door.tries)}"
        assert door.guard.allowed("check_pin", account(), stranger(), request_id)
        for outcome in outcomes:
            door.guard.told(request_id, outcome)
        with door.guard.engine.connect() as connection:
            kept = connection.scalar(select(guesses.c.counts).where(guesses.c.request_id == request_id))
        assert kept is counts, outcomes


def test_what_was_not_answered_counts_again_once_it_is_asked_again(door: Door) -> None:
    for number in range(5):
        for _ in range(2):
            assert door.guard.allowed("check_pin", ACCOUNT, f"+861391234{number:04d}", f"CA-again-{number}")
            door.guard.told(f"CA-again-{number}", "unavailable")
        assert door.guard.allowed("check_pin", ACCOUNT, f"+861391234{number:04d}", f"CA-again-{number}")
    assert not door.tried("check_pin", ACCOUNT, stranger())


@pytest.mark.parametrize("question", ["check_pin", "check_code", "send_code"])
def test_strangers_do_not_lock_an_owner_out(door: Door, question: str) -> None:
    assert door.tried("check_pin", ACCOUNT, PHONE, "right")
    door.later(179 * DAY)
    door.passed(9, question, who=ACCOUNT)
    door.flood(question, "stranger", 1000)
    door.flood(question, "phone", 1000)
    door.flood(question, "code", 1000)
    assert not door.tried(question, ACCOUNT, stranger())
    assert door.passed(9, question, caller=PHONE) == 0
    assert door.tried(question, ACCOUNT, PHONE)


def test_an_owner_has_an_allowance_of_their_own_with_pauses(door: Door) -> None:
    assert door.tried("check_pin", ACCOUNT, PHONE, "right")
    assert door.passed(9, "check_pin", ACCOUNT, PHONE) == 3
    door.later(MINUTE)
    assert door.passed(9, "check_pin", ACCOUNT, PHONE) == 2
    assert door.tried("check_code", ACCOUNT, PHONE)
    assert door.passed(9, "check_pin", caller=PHONE) == 3, "it uses up nothing of what the number has as a stranger"
    assert door.passed(9, "check_pin", who=ACCOUNT) == 5
    passed = 0
    for _ in range(23):
        door.later(30 * MINUTE)
        passed += door.passed(9, "check_pin", ACCOUNT, PHONE)
    assert passed == 15


def test_posing_as_many_owners_has_an_end_too_but_not_for_codes(door: Door) -> None:
    assert door.tried("check_pin", ACCOUNT, PHONE, "right")
    for question in ("check_pin", "check_code"):
        door.flood(question, "owner", 4999)
    assert door.passed(3, "check_pin", ACCOUNT, PHONE) == 1
    assert door.passed(3, "check_code", ACCOUNT, PHONE) == 3


def test_an_owner_is_known_by_all_names_of_the_account_for_half_a_year(door: Door) -> None:
    assert door.guard.allowed("check_pin", "13800138000", PHONE, "CA-proof")
    door.guard.told("CA-proof", "right", {"holder": ACCOUNT, "registered": PHONE})
    for who in (ACCOUNT, PHONE):
        assert door.passed(9, "check_pin", who=who) == 5
        assert door.tried("check_pin", who, PHONE)
        assert not door.tried("check_pin", who, stranger())
    door.later(180 * DAY)
    assert door.passed(9, "check_pin", who=ACCOUNT) == 5
    assert not door.tried("check_pin", ACCOUNT, PHONE)


def test_a_withheld_number_is_never_an_owners(door: Door) -> None:
    assert door.tried("check_pin", ACCOUNT, "anonymous", "right")
    assert door.passed(9, "check_pin", who=ACCOUNT) == 5
    assert not door.tried("check_pin", ACCOUNT, "anonymous")


def test_a_first_time_owner_gets_in_while_strangers_are_at_their_limit(door: Door) -> None:
    for question in ("check_pin", "check_code", "send_code"):
        door.flood(question, "stranger", 1000)
    assert not door.tried("check_pin", ACCOUNT, PHONE)
    assert not door.tried("check_code", PHONE, PHONE), "no code was sent"
    assert door.tried("check_pin", PHONE, PHONE, "")
    assert door.tried("send_code", PHONE, PHONE, "sent")
    assert door.tried("check_code", PHONE, PHONE, "")
    assert door.tried("check_code", PHONE, stranger(), ""), "who holds the code may call from anywhere"
    door.later(10 * MINUTE)
    assert not door.tried("check_code", PHONE, PHONE)


def test_calling_from_the_phone_that_was_keyed_lifts_no_limit_of_the_account(door: Door) -> None:
    assert door.passed(9, "check_pin", who=PHONE) == 5
    assert not door.tried("check_pin", PHONE, PHONE)
    door.flood("check_pin", "phone", 1000)
    other = stranger()
    assert not door.tried("check_pin", other, other)


@pytest.mark.parametrize("seed", range(3))
def test_of_two_at_once_on_the_last_try_one_gets_in(door: Door, seed: int) -> None:
    chance = random.Random(seed)
    before = chance.randrange(5)
    assert door.passed(before, "check_pin", who=ACCOUNT) == before
    tries = [(f"CA-{seed}-{number}", stranger()) for number in range(12)] * 2
    chance.shuffle(tries)
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda made: door.guard.allowed("check_pin", ACCOUNT, made[1], made[0]), tries))
    told = {request_id: set[bool]() for request_id, _ in tries}
    for (request_id, _), answer in zip(tries, answers, strict=True):
        told[request_id].add(answer)
    assert all(len(answers) == 1 for answers in told.values()), f"seed {seed}: {told}"
    assert sum(answers.pop() for answers in told.values()) == 5 - before, f"seed {seed}"


def guess_on(pipe: Pipe, url: str, die_at: int) -> None:
    """Try PINs on one account, telling of each that may be asked of the wallet; die just before a commit, if told."""
    engine = connect(url, Cipher([SECRET]))
    guard = Guard(engine, Cipher([SECRET]), lambda: NOON)
    if die_at:
        commits = iter(range(1, die_at + 1))
        event.listen(engine, "commit", lambda _: next(commits) == die_at and os.kill(os.getpid(), signal.SIGKILL))
    for number in range(20):
        request_id = f"CA-{os.getpid()}-{number}"
        if guard.allowed("check_pin", ACCOUNT, f"+861391234{number:04d}", request_id):
            pipe.send(request_id)
            pipe.recv()
            guard.told(request_id, "wrong")
    pipe.send("")


@pytest.mark.parametrize("seed", range(2))
def test_killed_in_between_nobody_gets_a_free_try(database: str, engine: Engine, seed: int) -> None:
    chance, asked = random.Random(seed), list[str]()
    guard = Guard(engine, Cipher([SECRET]), lambda: NOON)
    for _ in range(8):
        with child(guess_on, database, chance.choice([0, 1, 2, 3])) as (process, pipe):
            try:
                while request_id := pipe.recv():
                    asked.append(request_id)
                    if chance.random() < 0.5:
                        os.kill(process.pid or 0, signal.SIGKILL)
                        break
                    pipe.send("go on")
                else:
                    break
            except EOFError:
                continue
    assert 0 < len(asked) <= 5, f"seed {seed}"
    assert all(guard.allowed("check_pin", ACCOUNT, stranger(), request_id) for request_id in asked), f"seed {seed}"
    with engine.connect() as connection:
        counted = connection.scalar(select(func.count()).where(guesses.c.counts))
    assert len(asked) <= (counted or 0) <= 5, f"seed {seed}"


def test_two_processes_share_the_limits(database: str, engine: Engine) -> None:
    asked = list[str]()
    with child(guess_on, database, 0) as (_, one), child(guess_on, database, 0) as (_, two):
        running = [one, two]
        while running:
            for pipe in tuple(running):
                if request_id := pipe.recv():
                    asked.append(request_id)
                    pipe.send("go on")
                else:
                    running.remove(pipe)
    assert len(asked) == 5


def test_numbers_are_kept_as_keyed_hashes_that_outlive_a_new_secret(door: Door, engine: Engine) -> None:
    assert door.guard.allowed("check_pin", ACCOUNT, PHONE, "CA-proof")
    door.guard.told("CA-proof", "right", {"holder": ACCOUNT, "registered": PHONE})
    assert door.passed(5, "check_pin", who=ACCOUNT) == 5
    with engine.connect() as connection:
        kept = str(connection.execute(select(guesses)).all()) + str(connection.execute(select(proofs)).all())
    assert ACCOUNT not in kept
    assert "13800138000" not in kept
    door.guard = Guard(engine, Cipher(["a new secret", SECRET]), lambda: door.at)
    assert not door.tried("check_pin", ACCOUNT, stranger())
    assert door.tried("check_pin", ACCOUNT, PHONE)


def test_old_tries_and_proofs_are_swept(door: Door, engine: Engine) -> None:
    door.flood("check_pin", "stranger", 2500, ago=DAY)
    assert door.tried("check_pin", ACCOUNT, PHONE, "right")
    door.later(DAY + MINUTE)
    assert door.guard.sweep() == 2500
    assert door.guard.sweep() == 0
    door.later(DAY)
    assert door.guard.sweep() == 1
    door.later(178 * DAY)
    assert door.guard.sweep() == 1
    with engine.connect() as connection:
        assert connection.execute(select(proofs)).all() == []


def test_without_its_database_nobody_may_try() -> None:
    cipher = Cipher([SECRET])
    away = Guard(nowhere(StoreError("it is away"), cipher), cipher, lambda: NOON)
    with pytest.raises(StoreError):
        away.allowed("check_pin", ACCOUNT, PHONE, "CA-1")
    with pytest.raises(StoreError):
        away.told("CA-1", "wrong")


def test_counting_reads_indexes_only_as_far_as_it_counts(
    database: str, opened_engine: Callable[..., Engine], door: Door
) -> None:
    if door.guard.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by its figures, which a small table has not")
    door.flood("check_pin", "stranger", 50)
    statements = list[tuple[str, tuple[object, ...]]]()
    event.listen(door.guard.engine, "before_cursor_execute", lambda *told: statements.append((told[2], told[3])))
    assert door.tried("check_pin", ACCOUNT, stranger())
    assert len(statements) <= 9
    with opened_engine(database).connect() as connection:
        for statement, values in statements:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                assert not [step for *_, step in plan if step.startswith("SCAN") and "CONSTANT" not in step], plan


def test_an_attack_is_held_to_the_limits_and_owners_get_in(engine: Engine) -> None:
    found = attacked(engine, tries=300, callers=12, accounts=20, seed=1)
    assert found.beyond == []
    assert found.refused > 100
    assert found.tested > 50
    assert all(some.tried == some.pin == some.code for some in found.owners if "attacked" not in some.name), found
    assert all(some.tried == some.pin == some.code for some in found.owners if some.name.startswith("known")), found
    assert "PINs tested" in "\n".join(report(found))


def test_what_came_of_a_try_before_is_known(door: Door) -> None:
    assert door.guard.before("CA-once") is None
    assert door.guard.allowed("check_code", account(), stranger(), "CA-once")
    assert door.guard.before("CA-once") == ""
    door.guard.told("CA-once", "wrong")
    assert door.guard.before("CA-once") == "wrong"
