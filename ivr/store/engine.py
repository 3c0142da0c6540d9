"""How the database is opened, checked, and brought up to the tables of this release."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, FromClause, create_engine, event, make_url, text
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from ivr.store.crypto import GCM_SINCE, Cipher, bind, of
from ivr.store.errors import NewerError, StoreError, failed
from ivr.store.level import Level, came_from, head, level

LOCKED_SECONDS: Final = 2.0  # that a statement waits for a SQLite file which another program holds


class Pool(QueuePool):
    """Closes what comes back after it was let go of: a thread may yet be writing as an engine is disposed of."""

    _over = False

    def dispose(self) -> None:
        """Close all that nobody uses now, and from now on what is given back."""
        self._over = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self._over:
            record.close()
        else:
            super()._do_return_conn(record)


# The connection that was last used is used next, as what it needs is at hand.
POOL: Final = {"pool_size": 8, "pool_timeout": 2, "pool_use_lifo": True, "hide_parameters": True, "poolclass": Pool}
LATELY_SECONDS: Final = 1.0  # To ask a connection whether it lives takes a quarter of the time that a reading does.
LOCK: Final = 0x1F12  # The key of our advisory lock in PostgreSQL; any number will do, so it is ours for ever.


def connect(url: str, cipher: Cipher) -> Engine:
    """Return an engine for `sqlite:///path` or `postgresql://…`, with time-outs, whose sealed columns use the cipher.

    Nothing is connected yet; a SQLite file's folder is made by then. Raise StoreError for any other URL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError("DATABASE_URL is no database URL, such as sqlite:///instance/ivr.db") from None
    match parsed.get_backend_name():
        case "sqlite":
            engine = _sqlite(parsed)
        case "postgresql" | "postgres":
            engine = _postgresql(parsed.set(drivername="postgresql+psycopg"))
        case other:
            raise StoreError(f"DATABASE_URL begins with {other!r}, but only sqlite and postgresql are known")
    bind(engine, cipher)
    return engine


def nowhere(why: StoreError, cipher: Cipher) -> Engine:
    """Return an engine that refuses every connection for this reason."""

    def refuse() -> Any:
        raise why

    engine = create_engine("sqlite://", creator=refuse)
    bind(engine, cipher)
    return engine


def upgrade(engine: Engine) -> None:
    """Bring the database to this release's tables, once, however many processes start together.

    One that the next release upgraded is left as it is. Raise StoreError where it is unreachable, read-only, locked,
    or was upgraded by a release newer than that.
    """
    with undecided(engine) as connection:
        _writable(connection)
        if _usable(found := level(connection)):
            _agree(engine, found.before)
            return
    from ivr.store.migrations import run  # Alembic is slow to import, and seldom needed.

    with undecided(engine) as connection:
        by_itself(connection)
        if not _usable(found := level(connection)):
            run(connection)
            came_from(connection, found.found)
        _agree(engine, level(connection).before)
        connection.commit()
        connection.invalidate()  # Its patience was raised for the migration.


def _agree(engine: Engine, before: str | None) -> None:
    """Seal as the release before can read, too: it may still serve."""
    of(engine).by_gcm = before is None or before >= GCM_SINCE


def _usable(found: Level) -> bool:
    if found.newer and not found.usable:
        raise NewerError(f"the database is at {found.found}, newer than this release ({head()}): update the program")
    return found.usable


def upgrade_apart(url: str, cipher: Cipher) -> None:
    """Upgrade a database in a process that ends, as Alembic would stay in memory; to be done before any thread runs.

    What goes wrong is told by the next `upgrade`.
    """
    apart = get_context("fork").Process(target=_upgrade, args=(url, cipher))
    apart.start()
    apart.join()


def _upgrade(url: str, cipher: Cipher) -> None:
    with suppress(StoreError):
        upgrade(connect(url, cipher))


@contextmanager
def opened(engine: Engine) -> Iterator[Connection]:
    """Give a connection to read by, turning whatever the database says against it into a StoreError of one line.

    Each statement is for itself: to begin and end a transaction asks PostgreSQL twice more, and shows nothing else.
    """
    with undecided(engine) as connection:
        yield by_statements(connection)


def by_statements(connection: Connection) -> Connection:
    """Let PostgreSQL take each statement by itself that comes before a BEGIN; return this connection."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="AUTOCOMMIT")
    return connection


@contextmanager
def undecided(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that is undone unless somebody commits it, with errors as `opened`'s."""
    with _plainly(engine), engine.connect() as connection:
        yield connection


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that is committed at the end, with errors as `opened` gives them."""
    with _plainly(engine), engine.begin() as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees all as it was at one moment, whatever is written meanwhile; to read only."""
    with undecided(engine) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def alone(connection: Connection, key: int) -> None:
    """Let the servers of one database do this one after another, until the transaction ends; SQLite does by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def first(connection: Connection) -> None:
    """Let what this connection writes go before all that waits to be written in this process; it is not given back."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.first = True  # type: ignore[union-attr]


@contextmanager
def _plainly(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, UnicodeEncodeError, engine.dialect.loaded_dbapi.Error) as error:
        name = engine.url.render_as_string(hide_password=True)
        raise failed(error, f"the database {name} cannot be used") from error


def _sqlite(url: URL) -> Engine:
    from ivr.store.in_turn import writing  # A server on PostgreSQL does without SQLite.

    options = {"timeout": LOCKED_SECONDS, "factory": writing(LOCKED_SECONDS)}
    engine = create_engine(url, **POOL, connect_args=options)
    engine.dialect.statement_compiler = _Hinted
    if url.database and not url.database.startswith("file:"):
        folder = Path(url.database).parent
        event.listen(engine, "do_connect", lambda *_: _made(folder))
    event.listen(engine, "connect", _pragmas)
    return engine


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = f"the database's folder cannot be made: {error}: correct DATABASE_URL or make it yourself"
        raise StoreError(words) from None


class _Hinted(SQLiteCompiler):
    """Writes `with_hint(table, "INDEXED BY …")` into SQLite's statements, which SQLAlchemy leaves out."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


def _pragmas(driver: Any, _: object) -> None:
    driver.execute(f"PRAGMA busy_timeout={1000 * LOCKED_SECONDS:.0f}")
    _wal(driver)
    # FULL, as NORMAL can lose the last commits at a power cut.
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        driver.execute(f"PRAGMA {pragma}")


def _wal(driver: Any) -> None:
    """Have the file keep a WAL; SQLite does not wait for a new file that another process just makes its own."""
    from sqlite3 import OperationalError

    for last in (*[False] * 30, True):
        try:
            driver.execute("PRAGMA journal_mode=WAL")
        except OperationalError:
            if last:
                raise
            sleep(0.1)
        else:
            return


def _postgresql(url: URL) -> Engine:
    from ivr.store.in_time import connected  # A server on SQLite does without PostgreSQL.

    engine = create_engine(url, **POOL)
    event.listen(engine, "do_connect", lambda _, __, args, given: connected(url, args, given))
    event.listen(engine, "checkin", _left)
    event.listen(engine, "checkout", lambda driver, record, _: _alive(engine, driver, record))
    return engine


def _left(driver: Any, record: ConnectionPoolEntry) -> None:
    record.info["left"] = monotonic()
    if driver is not None:
        driver.unhurried = False


def _alive(engine: Engine, driver: Any, record: ConnectionPoolEntry) -> None:
    """Have all connections made anew where one is dead that nobody used lately: PostgreSQL takes longer to start."""
    if monotonic() < record.info.get("left", inf) + LATELY_SECONDS:
        return
    try:
        engine.dialect.do_ping(driver)
    except engine.dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _writable(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # Another process that starts may be making the tables, which takes it longer than a turn may wait.
        connection.exec_driver_sql(f"PRAGMA busy_timeout={4000 * LOCKED_SECONDS:.0f}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("PRAGMA user_version = 1")  # On a read-only file BEGIN alone says nothing.
    elif connection.scalar(text("SELECT current_setting('transaction_read_only')")) == "on":
        raise StoreError(
            "the database is read-only, so calls could not be written down: set DATABASE_URL to the primary"
        )
    connection.rollback()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA busy_timeout={1000 * LOCKED_SECONDS:.0f}")


def by_itself(connection: Connection) -> None:
    """Let nobody else change the tables until the transaction ends, and take as long as that takes."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA busy_timeout=60000")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        unhurried(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def unhurried(connection: Connection) -> None:
    """Let PostgreSQL take as long as it takes until the transaction ends, and the connection is given back."""
    if connection.dialect.name == "postgresql":
        connection.connection.driver_connection.unhurried = True  # type: ignore[union-attr]
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
