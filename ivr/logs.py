"""Logs: one line an event on standard error, long numbers masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])(\+?\d{3,})(\d{4})(?![0-9A-Za-z])")


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
    """Show only the last four digits of every number of seven digits or more, wherever it stands."""
    kept = ("timestamp", "level")
    masked = {key: NUMBER.sub(r"…\2", item) for key, item in event.items() if isinstance(item, str) and key not in kept}
    return {**event, **masked}
