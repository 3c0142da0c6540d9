"""Reaching the database: at start, or whenever it answers, as callers are taken without it meanwhile."""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import Final

import structlog
from sqlalchemy import Engine

from ivr.store.engine import upgrade
from ivr.store.errors import NewerError, SecretError, StoreError

SECONDS: Final = 1.0
WARNS_AGAIN: Final = 60.0
Job = Callable[[], object]
log = structlog.get_logger()


class Shore:
    """Where the database is to be reached; until then its tables may be old, or missing, and nothing is to use them.

    `settle` does what is to be done with a database that was just brought up.
    """

    def __init__(self, engine: Engine, settle: Job) -> None:
        self._engine, self._settle = engine, settle
        self._closed = Event()
        self.why = "it was not tried yet"  # Why it is away, in plain words; "" once it was reached.

    def reach(self) -> bool:
        """Bring the database up, if it answers.

        Raise NewerError or SecretError where only a newer program can use it, or one with another secret.
        """
        try:
            upgrade(self._engine)
            self._settle()
        except (NewerError, SecretError):
            raise
        except StoreError as error:
            self.why = str(error)
            return False
        self.why = ""
        return True

    def demand(self) -> None:
        """Raise StoreError where the database was not reached."""
        if self.why:
            raise StoreError(self.why)

    def when_reached(self, job: Job) -> None:
        """Do a job now, or as soon as the database answers, which is tried again and again."""
        if self.why:
            Thread(target=self._until_reached, args=(job,), name="shore", daemon=True).start()
        else:
            job()

    def close(self) -> None:
        """Try no more."""
        self._closed.set()

    def _until_reached(self, job: Job) -> None:
        told = monotonic()
        while not self._reached():
            if monotonic() - told > WARNS_AGAIN:
                told = monotonic()
                log.error("the database is away: callers can only leave messages", why=self.why)
            if self._closed.wait(SECONDS):
                return
        if self._closed.is_set():  # While it was asked: nobody would end what is begun now.
            return
        log.warning("the database is there")
        job()

    def _reached(self) -> bool:
        try:
            return self.reach()
        except Exception as error:  # What would have stopped a start must not stop who is answering calls.
            self.why = str(error) or type(error).__name__
            return False
