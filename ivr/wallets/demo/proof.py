"""How the demo wallet has callers prove who they are: by an account's PIN, or by a one-time code."""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.sqlite import insert

from ivr.flow.inputs import Found
from ivr.wallets.demo.accounts import CODE, NOBODY
from ivr.wallets.demo.asked import Asked
from ivr.wallets.demo.file import HASHER
from ivr.wallets.demo.tables import codes

LASTS: Final = timedelta(minutes=10)
CHECKS: Final = 5


def account(asked: Asked) -> Found:
    """Say whose account it is: found or unknown."""
    return _holder(asked.account(), "found", "unknown")


def check_pin(asked: Asked) -> Found:
    """Say whether it is the account's PIN; an unknown account takes as long, and is wrong."""
    row = asked.row()
    right = _verified(row.pin, asked.text("pin")) and row.number != NOBODY
    return _holder(row if right else None, "right", "wrong")


def send_code(asked: Asked) -> Found:
    """Have a new one-time code for the account, which replaces the one before; who has none is told the same."""
    number, at = asked.row().number, asked.now.isoformat()
    made = {"code": _code(asked, number, CODE), "sent_at": at, "checks": 0}
    statement = insert(codes).values(account=number, **made)
    asked.connection.execute(statement.on_conflict_do_update(index_elements=["account"], set_=made))
    return Found({}, "sent")


def check_code(asked: Asked) -> Found:
    """Say whether it is the code that was sent: right once, within ten minutes, and among the first five checks."""
    row = asked.row()
    number = row.number
    sent = asked.connection.execute(select(codes).where(codes.c.account == number)).first()
    same = hmac.compare_digest(sent.code if sent else "", _code(asked, number, asked.text("code")))
    fresh = sent is not None and sent.checks < CHECKS and asked.now - datetime.fromisoformat(sent.sent_at) <= LASTS
    right = same and fresh and number != NOBODY
    spent = CHECKS if right else codes.c.checks + 1
    asked.connection.execute(update(codes).where(codes.c.account == number).values(checks=spent))
    return _holder(row if right else None, "right", "wrong")


def _holder(found: Row[Any] | None, yes: str, no: str) -> Found:
    return Found({"holder": found.number, "registered": found.phone}, yes) if found else Found({}, no)


def _code(asked: Asked, number: str, code: str) -> str:
    return asked.keyed("code", number, code).hex()


def _verified(kept: str, pin: str) -> bool:
    try:
        return HASHER.verify(kept, pin)
    except VerifyMismatchError:
        return False


READS: Final[Mapping[str, Callable[[Asked], Found]]] = {"account": account, "check_pin": check_pin}
ONCE: Final[Mapping[str, Callable[[Asked], Found]]] = {"send_code": send_code, "check_code": check_code}
