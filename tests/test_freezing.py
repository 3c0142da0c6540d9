"""While the database is away a wallet is frozen all the same: by a number and the code that goes to its phone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.flow.inputs import Found
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.store.crypto import Cipher
from ivr.telephony.freezing import A_CALLER, A_NUMBER, ALL, CHECKS, Freezing
from ivr.wallets.demo import Demo

BEGIN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CALL, CALLER, WHO, CODE = "CA1", "+8613800138000", "8800000001", "135790"


class Clock:
    def __init__(self) -> None:
        self.at = BEGIN

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wallet(tmp_path: Path, clock: Clock) -> Demo:
    return Demo(tmp_path, clock, "a secret")


@pytest.fixture
def freezing(wallet: Demo, clock: Clock) -> Freezing:
    return Freezing(wallet, Cipher(["a secret"]), clock)


def reason(wallet: Demo) -> str:
    return wallet.answer(Lookup("freeze_reason", (("holder", WHO),)), "r").outcome  # type: ignore[union-attr]


def test_the_right_code_freezes_the_wallet_once(freezing: Freezing, wallet: Demo) -> None:
    token = freezing.send(CALL, CALLER, WHO)
    assert WHO not in token
    held = freezing.hold(CALL, token, CODE)
    assert held is not None
    assert held.registered == "+8613800138000"
    assert reason(wallet) == "held"
    assert freezing.hold(CALL, token, CODE) == held
    assert WHO not in repr(held) + repr(token)


@pytest.mark.parametrize("code", ["000000", "", "1357", "13579?"])
def test_another_code_freezes_nothing(freezing: Freezing, wallet: Demo, code: str) -> None:
    assert freezing.hold(CALL, freezing.send(CALL, CALLER, WHO), code) is None
    assert reason(wallet) == "none"


def test_an_unknown_number_is_told_by_nothing(freezing: Freezing) -> None:
    token = freezing.send(CALL, CALLER, "8899999999")
    assert token
    assert freezing.hold(CALL, token, CODE) is None


def test_a_token_serves_its_own_call_and_ten_minutes_only(freezing: Freezing, clock: Clock) -> None:
    token = freezing.send(CALL, CALLER, WHO)
    assert freezing.hold("CA2", token, CODE) is None
    clock.at += timedelta(minutes=11)
    assert freezing.hold(CALL, token, CODE) is None
    assert freezing.hold(CALL, "forged", CODE) is None


def test_codes_are_tried_three_times_a_call(freezing: Freezing, wallet: Demo) -> None:
    token = freezing.send(CALL, CALLER, WHO)
    for _ in range(CHECKS):
        assert freezing.hold(CALL, token, "000000") is None
    assert freezing.hold(CALL, token, CODE) is None
    assert reason(wallet) == "none"


@pytest.mark.parametrize(
    ("most", "numbers", "callers"),
    [(A_NUMBER, 1, 99), (A_CALLER, 99, 1), (ALL, 1000, 1000)],
    ids=["a number", "a caller", "all"],
)
def test_codes_are_sent_so_often_an_hour_and_no_oftener(
    freezing: Freezing, clock: Clock, most: int, numbers: int, callers: int
) -> None:
    sent = [
        bool(freezing.send(f"CA{one}", f"+86138{one % callers:08}", f"{8800001001 + one % numbers}"))
        for one in range(most + 2)
    ]
    assert sent == [True] * most + [False] * 2
    clock.at += timedelta(hours=1)
    assert freezing.send("CA", CALLER, WHO)


def test_a_wallet_that_fails_freezes_nothing_and_tells_no_code(clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def answer(self, lookup: Lookup, request_id: str) -> None:
            raise RuntimeError(f"{[str(value.reveal()) for _, value in lookup.about if isinstance(value, Secret)]}")

    freezing = Freezing(Broken(), Cipher(["a secret"]), clock)  # type: ignore[arg-type]
    assert freezing.send(CALL, CALLER, WHO) == ""
    theirs = Freezing(Broken(), Cipher(["a secret"]), clock)  # type: ignore[arg-type]
    token = theirs.cipher.seal(f'["{CALL}", "{WHO}", "{clock.at.isoformat()}"]')
    assert theirs.hold(CALL, token, CODE) is None
    assert CODE not in "".join(capfd.readouterr())


def test_a_second_number_in_the_same_call_gets_its_own_code_and_hold(freezing: Freezing, wallet: Demo) -> None:
    other = "8800000002"
    tokens = {who: freezing.send(CALL, CALLER, who) for who in (other, WHO)}
    first = freezing.hold(CALL, tokens[WHO], CODE)
    assert first is not None
    assert first.registered == "+8613800138000"
    assert freezing.hold(CALL, tokens[WHO], CODE) == first
    second = freezing.hold(CALL, tokens[other], CODE)
    assert second is not None
    assert second.hold != first.hold


def test_the_ids_of_requests_tell_no_number(clock: Clock) -> None:
    asked: list[str] = []

    class Notes:
        def answer(self, lookup: Lookup, request_id: str) -> Found:
            asked.append(request_id)
            return Found({}, "sent")

    for secret in ("a secret", "another"):
        Freezing(Notes(), Cipher([secret]), clock).send(CALL, CALLER, WHO)
    assert len(set(asked)) == 2, "nobody without the secret can try out numbers"
