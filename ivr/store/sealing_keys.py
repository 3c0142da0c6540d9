"""The keys that ever sealed something here: since when, and what proves the audit log's entries of their time."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import Column, Connection, Engine, String, Table, Text, select, type_coerce

from ivr.store.crypto import Sealed, of
from ivr.store.engine import alone, begun, by_itself, opened, undecided
from ivr.store.errors import SecretError, StoreError
from ivr.store.tables import INSERT, Moment, calls, meta

STRANGE: Final = (
    "SECRET_KEY does not open what the database holds, which another one sealed: set SECRET_KEY=new,old with that one"
    " behind the comma (one that was made here is the `secret key` in instance/secrets), or name an empty DATABASE_URL"
)
LOCK: Final = 0x1F16  # The key of the lock under which PostgreSQL's servers note their secrets; ours for ever.

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
    with begun(engine) as connection:
        _note(connection, secrets, now)


def prove(engine: Engine, secrets: Sequence[str], now: datetime) -> None:
    """Write down that these secrets are in use, which the engine seals by; raise SecretError where they may not be.

    Of two that come to an empty database at once with different secrets, one is refused.
    """
    with opened(engine) as connection:
        _demand(connection)
        if set(map(name, secrets)) <= set(connection.scalars(select(sealing_keys.c.name))):
            return
    with undecided(engine) as connection:
        if connection.dialect.name == "sqlite":
            by_itself(connection)
        else:
            alone(connection, LOCK)
        _demand(connection)
        _note(connection, secrets, now)
        connection.commit()
        connection.invalidate()  # Its patience was raised.


def opens(connection: Connection) -> bool:
    """Tell whether our secrets open what each that was noted, the first call and the last have sealed, if anything."""
    caller, began = select(type_coerce(calls.c.caller, Text)).limit(1), calls.c.started_at
    sealed = [*connection.scalars(select(type_coerce(sealing_keys.c.audit, Text)))]
    sealed += filter(None, (connection.scalar(caller.order_by(order)) for order in (began, began.desc())))
    cipher = of(connection.engine)
    try:
        for one in sealed:
            cipher.open(one)
    except StoreError:
        return False
    return True


def since(engine: Engine, secret: str) -> datetime | None:
    """Return since when a secret is known here; None where nobody noted it."""
    query = select(sealing_keys.c.since).where(sealing_keys.c.name == name(secret))
    with opened(engine) as connection:
        return connection.scalar(query)


def audit_keys(connection: Connection) -> list[bytes]:
    """Return the keys of the audit log that were noted, of secrets that are gone, too."""
    return [bytes.fromhex(one) for one in connection.scalars(select(sealing_keys.c.audit))]


def _demand(connection: Connection) -> None:
    if not opens(connection):
        raise SecretError(STRANGE)


def _note(connection: Connection, secrets: Sequence[str], now: datetime) -> None:
    rows = [{"name": name(one), "since": now, "audit": audit_key(one).hex()} for one in secrets]
    insert = INSERT[connection.dialect.name](sealing_keys).on_conflict_do_nothing()
    connection.execute(insert, rows)
