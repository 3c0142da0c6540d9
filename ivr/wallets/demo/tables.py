"""The demo wallet's tables."""

from typing import Final

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text, UniqueConstraint

meta: Final = MetaData()


def _text(name: str, default: str | None = None, *, key: bool = False, index: bool = False) -> Column[str]:
    return Column(name, String, primary_key=key, index=index, nullable=False, default=default)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, default=0)


def _yes(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, default=False)


accounts = Table(
    "accounts",
    meta,
    _text("number", key=True),
    Column("phone", String, nullable=False, unique=True),
    Column("pin", String, nullable=False),
    _text("frozen", ""),
    _text("fault", ""),
    _yes("proven"),
    _number("spent"),
    _text("case", ""),
    _yes("acts"),
)
failed = Table("failed", meta, _text("account", index=True), _number("days"), _number("amount"), _text("reason"))
payments = Table(
    "payments", meta, _text("number", key=True), _text("account"), _number("days"), _number("amount"), _text("state")
)
topups = Table("topups", meta, _text("account", index=True), _number("days"), _number("amount"), _text("state"))
withdrawals = Table(
    "withdrawals",
    meta,
    _text("account", key=True),
    _text("state"),
    _number("asked"),
    _number("once"),
    _number("daily"),
)
orders = Table(
    "orders",
    meta,
    _text("number", key=True),
    _text("account"),
    _number("paid"),
    _yes("pending"),
    _text("refund"),
    _number("refunded"),
    _number("days"),
    _yes("cancelled"),
)
subscriptions = Table(
    "subscriptions", meta, _text("number", key=True), _text("account", index=True), _number("price"), _yes("ended")
)
# The last one-time code of each account, none of which stands here; the account is empty for who has none.
codes = Table("codes", meta, _text("account", key=True), _text("code"), _text("sent_at"), _number("checks"))
cases = Table(
    "cases",
    meta,
    _text("number", key=True),
    _text("account"),
    _text("about"),
    UniqueConstraint("account", "about"),
)
holds = Table("holds", meta, _text("number", key=True), _text("account", index=True), _text("at"), _text("until"))
# What was done, by the id under which it was asked, so that it is never done twice.
done = Table(
    "done", meta, _text("request", key=True), _text("print"), _text("outcome"), Column("facts", Text, nullable=False)
)
