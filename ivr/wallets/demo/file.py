"""The demo wallet's file: how it is opened, and made with its tables and accounts by whoever comes first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from sqlite3 import OperationalError
from time import sleep
from typing import Any, Final

from argon2 import PasswordHasher
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert

from ivr.wallets.demo import accounts as rows
from ivr.wallets.demo import tables

# Far cheaper than for people's passwords: a PIN is worth no more, being one of a million, and callers wait for it.
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=12 * 1024, parallelism=1)
LOCKED_SECONDS: Final = 2.0  # that a question waits for who writes.
RELEASE: Final = 1  # of the tables and accounts.
FILLED: Final = {
    tables.failed: rows.FAILED,
    tables.payments: rows.PAYMENTS,
    tables.topups: rows.TOPUPS,
    tables.withdrawals: rows.WITHDRAWALS,
    tables.orders: rows.ORDERS,
    tables.subscriptions: rows.SUBSCRIPTIONS,
}


def opened(file: Path) -> Engine:
    """Return an engine for a file that is there by then with all accounts, however many processes start together.

    Raise OSError or SQLAlchemyError where it cannot be made or read.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    url = URL.create("sqlite", database=str(file))
    waiting = {"timeout": LOCKED_SECONDS}
    engine = create_engine(url, hide_parameters=True, pool_size=8, pool_timeout=2, connect_args=waiting)
    event.listen(engine, "connect", _pragmas)
    with engine.connect() as connection:
        level = connection.exec_driver_sql("PRAGMA user_version").scalar()
    if level != RELEASE:
        _make(engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that alone writes, and whose changes are on the disk at the end."""
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


def _make(engine: Engine) -> None:
    nobody = asdict(rows.Account(rows.NOBODY, "", "")) | {"pin": HASHER.hash(token_hex())}
    filled = [nobody, *(asdict(one) | {"pin": HASHER.hash(rows.PIN)} for one in rows.ACCOUNTS)]
    with writing(engine) as connection:
        if connection.exec_driver_sql("PRAGMA user_version").scalar() == RELEASE:
            return  # Another process was first.
        tables.meta.create_all(connection)
        connection.execute(insert(tables.accounts), [_known(tables.accounts, one) for one in filled])
        for table, values in FILLED.items():
            names = table.columns.keys()
            connection.execute(insert(table), [dict(zip(names, one, strict=False)) for one in values])
        connection.exec_driver_sql(f"PRAGMA user_version = {RELEASE}")


def _known(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in table.columns.keys()}  # noqa: SIM118 - columns iterate as columns


def _pragmas(driver: Any, _: object) -> None:
    driver.execute(f"PRAGMA busy_timeout={1000 * LOCKED_SECONDS:.0f}")
    _wal(driver)
    driver.execute("PRAGMA synchronous=FULL")  # NORMAL can lose the last commits at a power cut.


def _wal(driver: Any) -> None:
    """Have the file keep a WAL; SQLite does not wait for a new file that another process just makes its own."""
    for last in (*[False] * 30, True):
        try:
            driver.execute("PRAGMA journal_mode=WAL")
        except OperationalError:
            if last:
                raise
            sleep(0.1)
        else:
            return
