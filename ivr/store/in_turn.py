"""SQLite's writers in turn: one writes at a time, and who of this process waits for that stands in line.

SQLite itself has each of them try again and again, with longer and longer rests in between, up to a tenth of a second:
whoever has waited long comes last. Here turns of calls come first, as callers hear nothing meanwhile, and then whoever
came first. Other processes are met as ever.
"""

import sqlite3
from collections import deque
from threading import Lock
from typing import Any, Final

WRITES: Final = ("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE")  # As the driver begins a transaction with these.


class Turns:
    """Who writes, and who stands in line for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = False
        self._line = deque[Lock]()

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    def take(self, seconds: float, first: bool = False) -> bool:
        """Return True once it is one's turn, which ends with `leave`; False after so many seconds in vain.

        Whoever is to be `first` goes before all who wait, else after them.
        """
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            mine = Lock()
            mine.acquire()
            (self._line.appendleft if first else self._line.append)(mine)
        if mine.acquire(timeout=seconds):
            return True
        with self._lock:
            if mine not in self._line:
                return True  # It came to be ours just now.
            self._line.remove(mine)
            return False

    def leave(self) -> None:
        """Have the next one write."""
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._taken = False


class Connection(sqlite3.Connection):
    """A connection that writes in its turn: from its first change on until these are committed or taken back."""

    turns: Turns
    seconds: float  # It waits for so long; then the file is locked, as SQLite itself says by then.
    first = False
    _mine = False

    def cursor(self, *_: Any) -> "Cursor":  # type: ignore[override]
        """Return a cursor that waits for the turn."""
        return super().cursor(Cursor)

    def execute(self, *told: Any) -> "Cursor":
        """Execute it in turn."""
        return self.cursor().execute(*told)

    def executemany(self, *told: Any) -> "Cursor":
        """Execute it in turn."""
        return self.cursor().executemany(*told)

    def commit(self) -> None:
        """Commit, and let the next one write."""
        super().commit()  # Where that fails it is all still to be taken back.
        self.left()

    def rollback(self) -> None:
        """Take all back, and let the next one write."""
        try:
            super().rollback()
        finally:
            self.left()

    def close(self) -> None:
        """Close, and let the next one write; SQLite itself may yet wait for statements that somebody holds."""
        try:
            if self._mine:
                super().rollback()
            super().close()
        finally:
            self.left()

    def __del__(self) -> None:
        self.left()

    def before(self, statement: str) -> None:
        """Wait for the turn where this statement begins to write; raise OperationalError where it does not come."""
        if self._mine or not statement.startswith(WRITES):
            return
        if not self.turns.take(self.seconds, self.first):
            raise sqlite3.OperationalError("database is locked")
        self._mine = True

    def left(self) -> None:
        """Let the next one write, where it was one's turn."""
        if self._mine:
            self._mine = False
            self.turns.leave()


class Cursor(sqlite3.Cursor):
    """A cursor that waits for the turn before it changes anything."""

    connection: Connection

    def execute(self, statement: str, *values: Any) -> "Cursor":
        """Execute it in turn."""
        self.connection.before(statement)
        return super().execute(statement, *values)

    def executemany(self, statement: str, values: Any) -> "Cursor":
        """Execute it in turn."""
        self.connection.before(statement)
        return super().executemany(statement, values)


def writing(seconds: float) -> type[Connection]:
    """Return what makes the connections to one file; each waits so many seconds for its turn."""
    return type("InTurn", (Connection,), {"turns": Turns(), "seconds": seconds})
