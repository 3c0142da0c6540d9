"""Logs: one line an event on standard error, as words or as JSON, long numbers masked, calls by their id."""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, Final, TextIO, cast

import structlog
from flask import has_request_context, request
from flask.logging import default_handler
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_logger_name
from structlog.typing import Processor

NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])(\+?\d{3,})(\d{4})(?![0-9A-Za-z])")
# What would end a line, move the cursor or turn the writing of whoever reads the log; a line feed is written as \\n.
UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Unfailing:
    """The standard error, maybe on a full disk, or closed: that is to cost lines of it, and nobody their call."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, words: str) -> None:
        """Write words, if they are taken."""
        with suppress(OSError, ValueError):
            self._file.write(words)

    def flush(self) -> None:
        """Have what was written be where it belongs, if it is taken."""
        with suppress(OSError, ValueError):
            self._file.flush()


class _Lines(logging.StreamHandler[Any]):
    """Writes what libraries log as our own lines are."""


def configure(form: str = "plain") -> None:
    """Set up structlog, for lines in words or in `json`; twilio's own logger would tell numbers in URLs: it warns only.

    As JSON the lines of libraries are written, too; in words they are as their libraries have them.
    """
    logging.getLogger("twilio").setLevel(logging.WARNING)
    processors = _processors(form)
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, _Lines)]
    if form == "json":
        handler = _Lines(sys.stderr)
        handler.setFormatter(ProcessorFormatter(processors=_foreign(processors)))
        root.addHandler(handler)
    structlog.configure(
        processors=processors,
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", Unfailing(sys.stderr))),
        cache_logger_on_first_use=False,
    )


def _processors(form: str) -> list[Processor]:
    order = ["timestamp", "level", "event"]
    words = structlog.processors.LogfmtRenderer(key_order=order)
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        in_call,
        structlog.processors.format_exc_info,
        mask,
        structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else words,
    ]


def _foreign(processors: list[Processor]) -> list[Processor]:
    """Return how lines of libraries are written: by our own rules, with what they were logged by."""
    level, *others = processors
    return [ExtraAdder(), add_logger_name, level, ProcessorFormatter.remove_processors_meta, *others]


def in_call(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say in which call something is logged, where that is within a request of the carrier's that was let in."""
    if "call" not in event and has_request_context() and (told := vars(request._get_current_object()).get("told")):  # type: ignore[attr-defined]
        return {**event, "call": told.get("CallSid", "")}
    return event


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
    before, kept = structlog.get_config(), default_handler.formatter
    structlog.configure(processors=[_brief], cache_logger_on_first_use=False)
    default_handler.setFormatter(_Brief())
    try:
        yield
    finally:
        default_handler.setFormatter(kept)
        structlog.configure(**before)


def _brief(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _line(event["event"], sys.exc_info()[1] if event.get("exc_info") else None)


def _line(what: str, error: BaseException | None) -> str:
    why = f": {type(error).__name__}: {error}" if error else ""
    return " ".join(NUMBER.sub(r"…\2", f"! {what}{why}").split())
