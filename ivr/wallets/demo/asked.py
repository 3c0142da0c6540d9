"""A question to the demo wallet with all that is at hand to answer it."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from ivr.flow.numbers import e164
from ivr.flow.secret import Secret
from ivr.wallets.demo.accounts import FIRST, NOBODY
from ivr.wallets.demo.tables import accounts

ZONE: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: what it is about, when it is asked (`now`, at the wallet company), and of which database."""

    connection: Connection
    question: str
    about: Mapping[str, str | Secret]
    request: str
    now: datetime
    secret: str = field(repr=False)

    def text(self, name: str) -> str:
        """Return a fact, empty for one that is not told."""
        value = self.about.get(name, "")
        return value.reveal() if isinstance(value, Secret) else value

    def row(self) -> Row[Any]:
        """Return the row of whoever it is about, told by an account's number, or by its phone as it was keyed.

        For who has no account it is NOBODY's, so that they take no longer than others.
        """
        who = self.text("holder") or self.text("who")
        asked = accounts.c.number.in_([who, NOBODY]) | (accounts.c.phone == (e164(who, FIRST.phone) or who))
        return self.connection.execute(select(accounts).where(asked).order_by(accounts.c.number.desc()).limit(1)).one()

    def account(self) -> Row[Any] | None:
        """Return the row of an account, None for who has none."""
        row = self.row()
        return None if row.number == NOBODY else row

    def day(self, days: int) -> str:
        """Return the date so many days ago."""
        return (self.now - timedelta(days=days)).date().isoformat()

    def later(self, days: int) -> str:
        """Return six in the evening so many days on, which is the same moment all day long."""
        then = (self.now + timedelta(days=days)).replace(hour=18, minute=0, second=0)
        return then.isoformat(timespec="seconds")

    def keyed(self, *words: str) -> bytes:
        """Return what only who knows our secret can make of these words."""
        return hmac.new(self.secret.encode(), "\n".join(words).encode(), sha256).digest()

    def receipt(self, kind: str, attempt: int = 0) -> str:
        """Return a number of ten digits that nobody guesses, the same whenever this request is made."""
        drawn = int.from_bytes(self.keyed(kind, self.request, str(attempt))[:8])
        return str(10**9 + drawn % (9 * 10**9))
