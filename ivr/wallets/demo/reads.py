"""What the demo wallet answers by looking: the state of an account, and of what happened in it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from ivr.flow.inputs import Found, NotFound
from ivr.wallets.demo.accounts import FRAUD, OURS, UNANSWERED
from ivr.wallets.demo.asked import Asked
from ivr.wallets.demo.tables import failed, holds, orders, payments, subscriptions, topups, withdrawals

LIMITS: Final = ("asked", "once", "daily")
SAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "paid": LIMITS[:1],
    "pending": LIMITS[:1],
    "channel": LIMITS[:1],
    "over_once": LIMITS,
    "over_day": LIMITS,
}
REFUND: Final[Mapping[str, tuple[str, ...]]] = {"paid": ("refunded", "refunded_on"), "pending": ("refunded",)}


def _freeze_reason(asked: Asked) -> Found:
    if (hold := held(asked)) is not None:
        return Found({"until": hold[1]}, "held")
    account = asked.account()
    match account.frozen if account else "":
        case "attempts":
            return Found({"until": asked.later(1)}, "attempts")
        case "":
            return Found({}, "none")
        case reason:
            return Found({}, reason)


def held(asked: Asked) -> tuple[str, str] | None:
    """Return the number of the hold that is on the account, and the moment until when; None for none."""
    account = asked.account()
    if account is not None and account.frozen == "held":
        return f"9{account.number[1:]}", asked.later(2)
    mine = select(holds.c.number, holds.c.until).where(holds.c.account == asked.text("holder"))
    for number, until in asked.connection.execute(mine):
        if datetime.fromisoformat(until) > asked.now:
            return number, until
    return None


def _failed_payment(asked: Asked) -> Found:
    mine = select(failed).where(failed.c.account == asked.text("holder")).order_by(failed.c.days)
    found = asked.connection.execute(mine.offset(_nth(asked)).limit(1)).first()
    return Found({}, "none") if found is None else Found(_paid(asked, found.amount, found.days), found.reason)


def _payment(asked: Asked) -> Found:
    number = asked.text("payment")
    found = asked.connection.execute(
        select(payments).where(payments.c.number == number, payments.c.account == asked.text("holder"))
    ).first()
    return Found({}, "unknown") if found is None else Found(_paid(asked, found.amount, found.days), found.state)


def _topup(asked: Asked) -> Found:
    mine = select(topups).where(topups.c.account == asked.text("holder"))
    for row in asked.connection.execute(mine):
        if (asked.day(row.days), str(row.amount)) == (asked.text("day"), asked.text("amount")):
            return Found({}, row.state)
    return Found({}, "unknown")


def _withdrawal(asked: Asked) -> Found:
    found = asked.connection.execute(select(withdrawals).where(withdrawals.c.account == asked.text("holder"))).first()
    if found is None:
        return Found({}, "none")
    return Found({name: str(found._mapping[name]) for name in SAYS.get(found.state, ())}, found.state)


def _refund(asked: Asked) -> Found:
    found = asked.connection.execute(
        select(orders).where(orders.c.number == asked.text("order"), orders.c.account == asked.text("holder"))
    ).first()
    if found is None:
        return Found({}, "unknown")
    if found.cancelled:
        return Found({"refunded": str(found.paid)}, "pending")
    facts = {"refunded": str(found.refunded), "refunded_on": asked.day(found.days)}
    return Found({name: facts[name] for name in REFUND.get(found.refund, ())}, found.refund)


def _subscription(asked: Asked) -> Found:
    mine = select(subscriptions).where(subscriptions.c.account == asked.text("holder"), ~subscriptions.c.ended)
    ordered = mine.order_by(subscriptions.c.number).offset(_nth(asked)).limit(1)
    if (found := asked.connection.execute(ordered).first()) is None:
        return Found({}, "none")
    return Found({"subscription": found.number, "price": str(found.price)}, "found")


def _ours(asked: Asked) -> Found | NotFound:
    suspect = asked.text("suspect")
    if suspect in UNANSWERED:
        return NotFound(UNANSWERED[suspect])
    return Found({}, "yes" if suspect in OURS else "no" if suspect in FRAUD else "unknown")


def _nth(asked: Asked) -> int:
    nth = asked.text("nth")
    # SQLite counts no further than this, and nobody has so many.
    return min(int(nth), 1000) - 1 if nth.isascii() and nth.isdigit() and int(nth) else 1000


def _paid(asked: Asked, amount: int, days: int) -> Mapping[str, str]:
    return {"paid": str(amount), "paid_on": asked.day(days)}


READS: Final[Mapping[str, Callable[[Asked], Found | NotFound]]] = {
    "freeze_reason": _freeze_reason,
    "failed_payment": _failed_payment,
    "payment": _payment,
    "topup": _topup,
    "withdrawal": _withdrawal,
    "refund": _refund,
    "subscription": _subscription,
    "ours": _ours,
}
