"""A wallet company in a file, with accounts for whoever tries the hotline (the README lists them)."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from sqlite3 import Error
from threading import Lock
from time import sleep
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import QUESTIONS, SLOW, UNAVAILABLE
from ivr.flow.waits import Lookup
from ivr.wallets.demo import acts, proof, reads
from ivr.wallets.demo.asked import ZONE, Asked
from ivr.wallets.demo.file import opened, writing

SECONDS: Final = 3.0  # that a wallet takes which answers too late.
READS: Final = {**proof.READS, **reads.READS}
log = structlog.get_logger()


class Demo:
    """The demo wallet; threads and processes may share its file."""

    def __init__(
        self, folder: Path, now: Callable[[], datetime], secret: str, wait: Callable[[float], None] = sleep
    ) -> None:
        """Take the folder of `wallet.db`, which is made at the first question, and what keys codes and receipts.

        `wait` lets so many seconds pass where the wallet is to be slow.
        """
        self._file, self._now, self._secret, self._wait = folder / "wallet.db", now, secret, wait
        self._engine: Engine | None = None
        self._opening = Lock()

    def answer(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        """Answer as the port says."""
        if lookup.question not in QUESTIONS:
            raise ValueError(f"no release knows the question {lookup.question!r}")
        try:
            answer = self._answered(lookup, request_id)
        except (SQLAlchemyError, Error, OSError) as error:
            log.warning("the demo wallet's file cannot be used", question=lookup.question, why=type(error).__name__)
            return NotFound(UNAVAILABLE)
        if answer == NotFound(SLOW):
            self._wait(SECONDS)
        return answer

    def _answered(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        engine, acting = self._opened(), lookup.question in acts.ONCE
        with writing(engine) if acting else engine.connect() as connection:
            now = self._now().astimezone(ZONE)
            asked = Asked(connection, lookup.question, dict(lookup.about), request_id, now, self._secret)
            if why := _fault(asked):
                return NotFound(why)
            return acts.once(asked) if acting else READS[lookup.question](asked)

    def _opened(self) -> Engine:
        # Not before the first question, as a server may fork after it made this.
        with self._opening:
            if self._engine is None:
                self._engine = opened(self._file)
            return self._engine


def _fault(asked: Asked) -> str:
    """Return how the wallet fails this account; a caller who proved to hold none is nobody we can speak of."""
    question = QUESTIONS[asked.question]
    if not ({"who", "holder"} & set(question.about)):
        return ""
    account = asked.account()
    if account is None:
        return UNAVAILABLE if question.proven else ""
    if account.acts and not (question.proven and question.acts):
        return ""
    return account.fault if question.proven or not account.proven else ""
