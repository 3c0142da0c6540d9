"""Freezes wallets while the database is away: by number and one-time code, with nothing kept but in memory."""

import json
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, TypeVar

import structlog

from ivr.flow.inputs import Found
from ivr.flow.questions import outcome
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.store.crypto import Cipher
from ivr.store.errors import StoreError
from ivr.teller import request_id
from ivr.wallets.port import Wallet

HOUR: Final = timedelta(hours=1)
LASTS: Final = timedelta(minutes=10)  # A token, and so the code that it goes with.
A_NUMBER: Final = 3  # Codes sent in an hour for one number, for one caller, and in all, by this process.
A_CALLER: Final = 5
ALL: Final = 300
CHECKS: Final = 3  # Codes tried in a call.
KNOWN: Final = 10_000
CODE: Final = 900_000  # Turns that no call comes to, under which the wallet knows what a lifeboat asks.
CHECK: Final = 900_010
FREEZE: Final = 900_100
K = TypeVar("K")
T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Held:
    """A wallet that is frozen: the hold's number, until when (ISO, with its zone), and the account's phone (E.164)."""

    hold: str
    until: str
    registered: str = field(repr=False)


@dataclass
class Freezing:
    """Asks the wallet for callers in the lifeboat; what they key travels sealed, or not at all.

    The limits are this process's own, as those of the database are away with it; they are stricter.
    """

    wallet: Wallet
    cipher: Cipher
    now: Callable[[], datetime]
    _sent: dict[str, deque[datetime]] = field(default_factory=dict)
    _checks: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _held: OrderedDict[tuple[str, str], Held] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def send(self, call: str, caller: str, who: str) -> str:
        """Have a code sent to the phone of an account; return the token for keying it, "" where that cannot be."""
        if not self._may_send(who, caller):
            return ""
        try:
            came, _ = outcome(self.wallet.answer(Lookup("send_code", (("who", who),)), self._request(call, who, CODE)))
        except Exception as error:
            log.error("the wallet was not asked", question="send_code", why=type(error).__name__)
            return ""
        told = json.dumps([call, who, self.now().isoformat()])
        return self.cipher.seal(told) if came == "sent" else ""

    def hold(self, call: str, token: str, code: str) -> Held | None:
        """Freeze the wallet of whoever keyed the right code; None where it is not right, or cannot be checked."""
        who = self._who(call, token)
        if (call, who) in self._held:
            return self._held[call, who]
        if not who or not self._may_check(call):
            return None
        try:
            held = self._frozen(call, who, Secret(code))
        except Exception as error:
            log.error("the wallet was not asked", question="freeze", why=type(error).__name__)
            return None
        if held:
            with self._lock:
                _put(self._held, (call, who), held)
        return held

    def _frozen(self, call: str, who: str, code: Secret) -> Held | None:
        checked = Lookup("check_code", (("who", who), ("code", code)))
        came, facts = outcome(self.wallet.answer(checked, self._request(call, who, CHECK + self._checks[call])))
        if came != "right":
            return None
        done = self.wallet.answer(Lookup("freeze", (("holder", facts["holder"]),)), self._request(call, who, FREEZE))
        if not isinstance(done, Found) or done.outcome not in ("frozen", "already"):
            return None
        return Held(done.facts["hold"], done.facts["until"], facts["registered"])

    def _request(self, call: str, who: str, turn: int) -> str:
        """Return the name of a question about this number, which a call may ask about another, too."""
        return request_id(f"{call} {self.cipher.hash(who)}", turn)

    def _who(self, call: str, token: str) -> str:
        """Return the number to which the token belongs; empty for another call's, an old one, or none."""
        try:
            theirs, who, at = json.loads(self.cipher.open(token))
        except (StoreError, ValueError):
            return ""
        fresh = self.now() - datetime.fromisoformat(at) < LASTS
        return str(who) if theirs == call and fresh else ""

    def _may_check(self, call: str) -> bool:
        with self._lock:
            tried = self._checks.get(call, 0) + 1
            _put(self._checks, call, tried)
        return tried <= CHECKS

    def _may_send(self, who: str, caller: str) -> bool:
        """Count a code for a number, for a caller and for all, unless one of them has had too many in this hour."""
        now = self.now()
        with self._lock:
            if len(self._sent) > KNOWN:
                self._sent = {key: sent for key, sent in self._sent.items() if now - sent[-1] < HOUR}
            limits = {f"who {who}": A_NUMBER, f"caller {caller}": A_CALLER, "all": ALL}
            sent = {key: [at for at in self._sent.get(key, ()) if now - at < HOUR] for key in limits}
            if any(len(sent[key]) >= most for key, most in limits.items()):
                return False
            self._sent |= {key: deque([*at, now]) for key, at in sent.items()}
            return True


def _put(kept: OrderedDict[K, T], key: K, value: T) -> None:
    kept[key] = value
    while len(kept) > KNOWN:
        kept.popitem(last=False)
