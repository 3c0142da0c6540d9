"""Logs: one line an event on standard error, long numbers masked."""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import structlog
from flask.logging import default_handler

NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])(\+?\d{3,})(\d{4})(?![0-9A-Za-z])")
# What would end a line, move the cursor or turn the writing of whoever reads the log; a line feed is written as \\n.
UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def configure() -> None:
    """Set up structlog; twilio's own logger would tell phone numbers in URLs, so it only warns."""
    logging.getLogger("twilio").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Show only the last four digits of every number of seven digits or more, and no signs that nobody sees."""
    kept = ("timestamp", "level")
    told = {key: item for key, item in event.items() if isinstance(item, str) and key not in kept}
    return {**event, **{key: UNSEEN.sub("�", NUMBER.sub(r"…\2", item)) for key, item in told.items()}}


class _Brief(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _line(record.getMessage(), record.exc_info[1] if record.exc_info else None)


@contextmanager
def brief() -> Iterator[None]:
    """Tell what goes wrong in one line without a traceback, for whoever tries a call in a terminal."""
    structlog.configure(processors=[_brief], cache_logger_on_first_use=False)
    kept = default_handler.formatter
    default_handler.setFormatter(_Brief())
    try:
        yield
    finally:
        default_handler.setFormatter(kept)
        configure()


def _brief(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _line(event["event"], sys.exc_info()[1] if event.get("exc_info") else None)


def _line(what: str, error: BaseException | None) -> str:
    why = f": {type(error).__name__}: {error}" if error else ""
    return " ".join(NUMBER.sub(r"…\2", f"! {what}{why}").split())
