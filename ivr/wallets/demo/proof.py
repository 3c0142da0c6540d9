"""How the demo wallet has callers prove who they are: by an account's PIN, or by a one-time code."""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from secrets import token_hex
from typing import Any, Final

from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.sqlite import insert

from ivr.flow.inputs import Found
from ivr.wallets.demo.accounts import CODE
from ivr.wallets.demo.asked import Asked
from ivr.wallets.demo.file import HASHER
from ivr.wallets.demo.tables import codes

LASTS: Final = timedelta(minutes=10)
CHECKS: Final = 5
NOBODY: Final = ""  # The account of whoever has none: what is done for the others is done for it, too.


def account(asked: Asked) -> Found:
    """Say whose account it is: found or unknown."""
    return _holder(asked.account(), "found", "unknown")


def check_pin(asked: Asked) -> Found:
    """Say whether it is the account's PIN; an unknown account takes as long, and is wrong."""
    found = asked.account()
    right = _verified(found.pin if found else nobodys(), asked.text("pin"))
    return _holder(found if right else None, "right", "wrong")


def send_code(asked: Asked) -> Found:
    """Have a new one-time code for the account, which replaces the one before; who has none is told the same."""
    found, at = asked.account(), asked.now.isoformat()
    number = found.number if found else NOBODY
    made = {"code": _code(asked, number, CODE), "sent_at": at, "checks": 0}
    statement = insert(codes).values(account=number, **made)
    asked.connection.execute(statement.on_conflict_do_update(index_elements=["account"], set_=made))
    return Found({}, "sent")


def check_code(asked: Asked) -> Found:
    """Say whether it is the code that was sent: right once, within ten minutes, and among the first five checks."""
    found = asked.account()
    number = found.number if found else NOBODY
    sent = asked.connection.execute(select(codes).where(codes.c.account == number)).first()
    same = hmac.compare_digest(sent.code if sent else "", _code(asked, number, asked.text("code")))
    fresh = sent is not None and sent.checks < CHECKS and asked.now - datetime.fromisoformat(sent.sent_at) <= LASTS
    right = same and fresh and found is not None
    spent = CHECKS if right else codes.c.checks + 1
    asked.connection.execute(update(codes).where(codes.c.account == number).values(checks=spent))
    return _holder(found if right else None, "right", "wrong")


def _holder(found: Row[Any] | None, yes: str, no: str) -> Found:
    return Found({"holder": found.number, "registered": found.phone}, yes) if found else Found({}, no)


def _code(asked: Asked, number: str, code: str) -> str:
    return asked.keyed("code", number, code).hex()


@cache
def nobodys() -> str:
    """Return the hash that stands for the PIN of whoever has no account; no keys are right."""
    return HASHER.hash(token_hex())


def _verified(kept: str, pin: str) -> bool:
    try:
        return HASHER.verify(kept, pin)
    except VerifyMismatchError:
        return False


READS: Final[Mapping[str, Callable[[Asked], Found]]] = {"account": account, "check_pin": check_pin}
ONCE: Final[Mapping[str, Callable[[Asked], Found]]] = {"send_code": send_code, "check_code": check_code}
