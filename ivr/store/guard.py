"""How often anybody may try to prove who they are: the limits on guessing, durable and the same for all servers.

PINs and codes are counted apart everywhere, wrong ones only; the wallet's silence ("unavailable") counts for nobody
but for whoever had a code sent, which may have gone; what nobody knows the answer to (a crash, "slow") counts as wrong.

    strangers, on one account as keyed   5 wrong an hour, 10 a day     3 codes sent an hour, 10 a day
    one caller, as a stranger            10 wrong an hour, pauses      5 codes sent an hour
    all withheld callers together        20 times that, no pauses      20 times that
    all strangers                        1,000 wrong an hour           1,000 codes sent an hour
      from the number keyed              1,000 wrong an hour           1,000 codes sent an hour
    a caller who proved this account     5 wrong an hour, 20 a day     3 codes sent an hour, 10 a day
    all who call as such                 5,000 wrong PINs an hour      no limit

Pauses: after 3 wrong in a row a minute, after 6 five, after 9 half an hour. A freeze: 3 a day by one caller.

Whose number has proven an account within 180 days is no stranger to it: what strangers do does not touch its allowance.
A number can be forged. Hence it lifts no limit of an account; calling from the phone that was keyed only puts the try
among others that do so, and posing as many owners meets the 5,000, beyond which owners prove themselves by code. A code
that was sent within 10 minutes is counted apart from codes that were not, which anybody could make up.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from ivr.flow.numbers import e164
from ivr.flow.questions import NONE
from ivr.store import guesses
from ivr.store.crypto import WITHHELD, Cipher
from ivr.store.engine import alone, begun, opened
from ivr.store.guesses import CODE, OWNER, PHONE, STRANGER, Condition, Guess

LOCK: Final = 0x1F21  # The key of the lock under which PostgreSQL's servers count; ours for ever.
HOME: Final = "+8613800138000"  # Wallets are registered to Chinese phones: any number from there will do.
NOBODY: Final = "withheld"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KNOWN_FOR: Final = timedelta(days=180)
CODE_LASTS: Final = 10 * MINUTE
KEPT: Final = 2 * DAY
WITHHELD_TIMES: Final = 20  # So many times one caller's allowance have all withheld callers together.
PAUSES: Final[Mapping[int, timedelta]] = {3: MINUTE, 6: 5 * MINUTE, 9: 30 * MINUTE}
NEVER: Final[Mapping[int, timedelta]] = {}


@dataclass(frozen=True, slots=True)
class Most:
    """So many tries within a time, and no more."""

    tries: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one question may be tried: on one account, by one caller, by all, and by who has proven it before.

    Whoever is to have an owner's allowance has proven the account for the first time as long ago as `settled`.
    """

    account: tuple[Most, ...] = ()
    caller: tuple[Most, ...] = ()
    all: tuple[Most, ...] = ()
    owner: tuple[Most, ...] = ()
    owners: tuple[Most, ...] = ()
    pauses: Mapping[int, timedelta] = field(default_factory=dict)
    settled: timedelta = timedelta()


CODES: Final = Limits(
    account=(Most(5, HOUR), Most(10, DAY)),
    caller=(Most(10, HOUR),),
    all=(Most(1000, HOUR),),
    owner=(Most(5, HOUR), Most(20, DAY)),
    pauses=PAUSES,
)
SENDING: Final = (Most(3, HOUR), Most(10, DAY))
FREEZES: Final = (Most(3, DAY),)
LIMITS: Final[Mapping[str, Limits]] = {
    "check_pin": replace(CODES, owners=(Most(5000, HOUR),)),
    "check_code": CODES,
    "send_code": Limits(SENDING, (Most(5, HOUR),), (Most(1000, HOUR),), SENDING),
    # Who freezes has just proven the account, so that only an older proof tells an owner from whoever forges a number.
    "freeze": Limits(caller=FREEZES, owner=FREEZES, settled=DAY),
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Keeps count of who tries to prove what, and says when it is too often."""

    engine: Engine
    cipher: Cipher
    now: Callable[[], datetime]

    def allowed(self, question: str, who: str, caller: str, request_id: str) -> bool:
        """Note that this is tried, before the wallet is asked, and tell whether it may be.

        `who` is an account number or a phone as keyed, `caller` a number as the carrier says it. The same `request_id`
        is the same try: it is answered alike, and counts once. Raise StoreError where it could not be written down, and
        KeyError for a question that is not limited.
        """
        limits, (number, phone) = LIMITS[question], (_number(who), _caller(caller))
        hashes = self.cipher.hashes
        with _counting(self.engine) as connection:
            before = guesses.allowed_before(connection, request_id)
            if before is not None:
                return before
            guess = Guess(question, hashes(number), hashes(phone), self.now())
            standing = _standing(connection, guess, limits, phone == number)
            allowed = _within(connection, guess, limits, standing, phone == NOBODY)
            guesses.begin(connection, request_id, guess, standing, allowed)
        return allowed

    def before(self, request_id: str) -> str | None:
        """Return what was said to a try that was noted before, "" while nobody knows; None for a new one."""
        with opened(self.engine) as connection:
            return guesses.outcome_before(connection, request_id)

    def told(self, request_id: str, outcome: str, facts: Mapping[str, str] = NONE) -> None:
        """Note what the wallet said to a try, and the `holder` and `registered` that came with "right".

        The first answer stays, but any takes the place of none ("unavailable", "slow"). Raise StoreError where it could
        not be written down; the try then counts as wrong.
        """
        names = [_number(facts[name]) for name in ("holder", "registered") if facts.get(name)]
        with begun(self.engine) as connection:
            found = guesses.end(connection, request_id, outcome)
            if found and outcome == "right" and found[0] not in self.cipher.hashes(NOBODY):
                guesses.prove(connection, found[0], [found[1], *map(self.cipher.hash, names)], self.now())

    def sweep(self) -> int:
        """Delete what counts no more: tries after two days, proofs after 180; return how many."""
        done, now = 0, self.now()
        for some, before in ((guesses.sweep_guesses, now - KEPT), (guesses.sweep_proofs, now - KNOWN_FOR)):
            while count := self._swept(some, before):
                done += count
        return done

    def _swept(self, some: Callable[[Connection, datetime], int], before: datetime) -> int:
        with begun(self.engine) as connection:
            return some(connection, before)


@contextmanager
def _counting(engine: Engine) -> Iterator[Connection]:
    """Give a transaction in which nobody else counts, so that two at once are not both the last one allowed."""
    with begun(engine) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        alone(connection, LOCK)
        yield connection


def _standing(connection: Connection, guess: Guess, limits: Limits, same: bool) -> str:
    """Return as whom somebody tries; `same` is whether they call from the number that they keyed."""
    if guesses.proven(connection, guess, KNOWN_FOR, limits.settled):
        return OWNER
    if guess.question == "check_code" and not guesses.sent(connection, guess, CODE_LASTS):
        return STRANGER
    if same:
        return PHONE
    return CODE if guess.question == "check_code" else STRANGER


def _within(connection: Connection, guess: Guess, limits: Limits, standing: str, withheld: bool) -> bool:
    checked = list(_checked(guess, limits, standing, WITHHELD_TIMES if withheld else 1))
    used = guesses.used(connection, guess, [(condition, most.within) for condition, most in checked])
    if any(count >= most.tries for count, (_, most) in zip(used, checked, strict=True)):
        return False
    # A row of many people's mistakes is none.
    pauses = NEVER if withheld else limits.pauses
    mine = guess.of_owner() if standing == OWNER else guess.of_caller()
    return not pauses or not _paused(connection, guess, mine, pauses)


def _checked(guess: Guess, limits: Limits, standing: str, times: int) -> Iterator[tuple[Condition, Most]]:
    if standing == OWNER:
        yield from ((guess.of_owner(), most) for most in limits.owner)
        yield from ((guess.of_all(OWNER), most) for most in limits.owners)
        return
    yield from ((guess.of_strangers(), most) for most in limits.account)
    yield from ((guess.of_caller(), Most(times * most.tries, most.within)) for most in limits.caller)
    yield from ((guess.of_all(standing), most) for most in limits.all)


def _paused(connection: Connection, guess: Guess, mine: Condition, pauses: Mapping[int, timedelta]) -> bool:
    many, last = guesses.row(connection, guess, mine, HOUR)
    return last is not None and many in pauses and guess.at < last + pauses[many]


def _number(text: str) -> str:
    """Return a phone in E.164, whichever way it is written, and of any other number its digits."""
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    # With its plus: the digits of an American number may be those of a Chinese one.
    return e164(f"+{digits}" if text.strip().startswith("+") else digits, HOME) or digits


def _caller(text: str) -> str:
    number = _number(text)
    return NOBODY if not number or number in WITHHELD else number
