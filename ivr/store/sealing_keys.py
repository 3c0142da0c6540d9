"""The keys that ever sealed something here: since when, and what proves the audit log's entries of their time."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Column, Connection, Engine, String, Table, select

from ivr.store.crypto import Sealed
from ivr.store.engine import begun, opened
from ivr.store.tables import INSERT, Moment, meta

sealing_keys = Table(
    "sealing_keys",
    meta,
    # A name that gives nothing of the secret away.
    Column("name", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
    # Only what hashes the audit log, in hexadecimal digits: nothing else can be opened with it.
    Column("audit", Sealed, nullable=False),
)


def name(secret: str) -> str:
    """Return what a secret is called."""
    return hmac.new(secret.encode(), b"ivr: name", sha256).hexdigest()[:8]


def audit_key(secret: str) -> bytes:
    """Return what hashes the audit log's entries while this is the current secret."""
    return hmac.new(secret.encode(), b"ivr: audit", sha256).digest()


def note(engine: Engine, secrets: Sequence[str], now: datetime) -> None:
    """Write down that these secrets are in use; what is known of one stays."""
    rows = [{"name": name(one), "since": now, "audit": audit_key(one).hex()} for one in secrets]
    with begun(engine) as connection:
        insert = INSERT[connection.dialect.name](sealing_keys).on_conflict_do_nothing()
        connection.execute(insert, rows)


def since(engine: Engine, secret: str) -> datetime | None:
    """Return since when a secret is known here; None where nobody noted it."""
    query = select(sealing_keys.c.since).where(sealing_keys.c.name == name(secret))
    with opened(engine) as connection:
        return connection.scalar(query)


def audit_keys(connection: Connection) -> list[bytes]:
    """Return the keys of the audit log that were noted, of secrets that are gone, too."""
    return [bytes.fromhex(one) for one in connection.scalars(select(sealing_keys.c.audit))]
