"""What the demo wallet does: each act once, however often it is asked, and on the disk before it is told."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, exists, insert, select, update

from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import UNAVAILABLE
from ivr.flow.secret import Secret
from ivr.wallets.demo import proof
from ivr.wallets.demo.asked import Asked
from ivr.wallets.demo.reads import held
from ivr.wallets.demo.tables import cases, done, holds, orders, subscriptions

LASTS: Final = timedelta(hours=72)
MOST: Final = 3  # holds of an account
WITHIN: Final = timedelta(days=30)
SAME: Final = ("matter", "payment", "order", "day", "amount")  # Cases that agree in these are one.


def once(asked: Asked) -> Found | NotFound:
    """Do what is asked, or answer as it was answered; an id under which something else was done is not served.

    The connection writes alone, and is to be committed before anybody is told.
    """
    known = asked.connection.execute(select(done).where(done.c.request == asked.request)).first()
    if known is not None:
        same = known.print == _print(asked)
        return Found(json.loads(known.facts), known.outcome) if same else NotFound(UNAVAILABLE)
    found = ONCE[asked.question](asked)
    row = {"request": asked.request, "print": _print(asked), "outcome": found.outcome, "facts": json.dumps(found.facts)}
    asked.connection.execute(insert(done), row)
    return found


def _print(asked: Asked) -> str:
    """Return what tells one question from another; nothing of what was keyed in confidence goes into it."""
    about = {name: value for name, value in asked.about.items() if not isinstance(value, Secret)}
    return asked.keyed("print", asked.question, json.dumps(about, sort_keys=True)).hex()


def _freeze(asked: Asked) -> Found:
    if (hold := held(asked)) is not None:
        return Found({"hold": hold[0], "until": hold[1]}, "already")
    account, holder = asked.account(), asked.text("holder")
    mine = asked.connection.scalars(select(holds.c.at).where(holds.c.account == holder))
    recent = sum(asked.now - datetime.fromisoformat(at) < WITHIN for at in mine)
    if recent + (account.spent if account else 0) >= MOST:
        return Found({}, "capped")
    until = (asked.now + LASTS).isoformat(timespec="seconds")
    number = _free(asked, holds)
    row = {"number": number, "account": holder, "at": asked.now.isoformat(), "until": until}
    asked.connection.execute(insert(holds), row)
    return Found({"hold": number, "until": until}, "frozen")


def _open_case(asked: Asked) -> Found:
    account, about = asked.account(), json.dumps([asked.text(name) for name in SAME])
    mine = select(cases.c.number).where(cases.c.account == asked.text("holder"), cases.c.about == about)
    if number := (account.case if account else "") or asked.connection.scalar(mine):
        return Found({"case": number}, "open")
    number = _free(asked, cases)
    asked.connection.execute(insert(cases), {"number": number, "account": asked.text("holder"), "about": about})
    return Found({"case": number}, "opened")


def _cancel(asked: Asked) -> Found:
    mine = (orders.c.number == asked.text("order")) & (orders.c.account == asked.text("holder"))
    found = asked.connection.execute(select(orders).where(mine)).first()
    if found is None:
        return Found({}, "unknown")
    if not found.pending:
        return Found({}, "late")
    asked.connection.execute(update(orders).where(mine).values(cancelled=True))
    return Found({"paid": str(found.paid)}, "cancelled")


def _unsubscribe(asked: Asked) -> Found:
    number, holder = asked.text("subscription"), asked.text("holder")
    mine = (subscriptions.c.number == number) & (subscriptions.c.account == holder)
    ended = asked.connection.execute(update(subscriptions).where(mine).values(ended=True)).rowcount
    return Found({}, "ended" if ended else "unknown")


def _free(asked: Asked, table: Table) -> str:
    """Return a receipt's number that is nobody else's."""
    attempt = 0
    while asked.connection.scalar(select(exists().where(table.c.number == asked.receipt(table.name, attempt)))):
        attempt += 1
    return asked.receipt(table.name, attempt)


ONCE: Final[Mapping[str, Callable[[Asked], Found]]] = {
    **proof.ONCE,
    "freeze": _freeze,
    "open_case": _open_case,
    "cancel": _cancel,
    "unsubscribe": _unsubscribe,
}
