"""PostgreSQL in time: nobody waits for a network that is cut, and the locks of a machine that is gone do not stand.

Such a network tells nobody so. Whatever stands in the URL of the database goes before what is said here.
"""

from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL

STATEMENT: Final = "statement_timeout"
ANSWERS: Final = 3.0  # Seconds; the server itself gives a statement up after two.
# Either kernel gives up what the other did not confirm for four seconds, and asks who is silent.
OURS: Final = {
    "application_name": "ivr",
    "connect_timeout": 2,
    "tcp_user_timeout": 4000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}
SERVERS: Final = {
    "timezone": "UTC",
    STATEMENT: 2000,
    "idle_in_transaction_session_timeout": 10_000,  # As a process that stands still has a kernel that does not.
    "client_connection_check_interval": 1000,
    "tcp_user_timeout": 4000,
    "tcp_keepalives_idle": 2,
    "tcp_keepalives_interval": 1,
    "tcp_keepalives_count": 2,
}
RV = TypeVar("RV")


class InTime(Connection[Any]):
    """A connection that is given up once the server does not answer in time, though something may confirm what we send.

    That is so where a proxy lost its server, and where the server stands still.
    """

    answers: float | None = ANSWERS
    unhurried = False  # It waits for as long as the kernel finds the server's machine alive, as it does without that.

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Do as psycopg does, in time; raise OperationalError where there is no answer by then."""
        if timeout is None and not self.unhurried:
            timeout = self.answers
        try:
            return super().wait(gen, interval, timeout)
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # Whose answer, if it ever came, would be taken for the next one's.
            raise


def connected(url: URL, args: tuple[Any, ...], given: dict[str, Any]) -> InTime:
    """Connect as SQLAlchemy would by what it was `given`, in time."""
    ours = " ".join(f"-c {name}={value}" for name, value in SERVERS.items())
    theirs = " ".join(url.normalized_query.get("options", ()))
    # Of what is said twice, PostgreSQL takes the last.
    made = InTime.connect(*args, **{**OURS, **given, "options": f"{ours} {theirs}"})
    if STATEMENT in theirs:
        made.answers = None  # How long a statement may take is theirs to say.
    return made
