"""Whoever reads a report: values written out, and names in their language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ivr.flow import names
from ivr.flow.flow import Flow
from ivr.flow.names import matter_name, queue_name
from ivr.reports.report import Unit, Value, Words

NONE: Final = "–"
NOBODY: Final = Words("无", "none")
NO_MATTER: Final = Words("未选事项", "nothing chosen")
WITHHELD: Final = Words("没有显示号码", "number withheld")
NUMERIC: Final = ("count", "share", "seconds", "number")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in `zh` or `en`: with the names of these menus, and `more` of the page's own.

    With `links` figures open the calls behind them, which they may see.
    """

    flow: Flow
    language: str
    more: Mapping[str, str]
    links: bool = False

    def said(self, words: Words) -> str:
        """Return words in the reader's language."""
        return words.zh if self.language == "zh" else words.en

    def written(self, value: Value, unit: Unit) -> str:
        """Return a value as it is written."""
        if value is None:
            return NONE
        write = WRITTEN.get(unit)
        return write(value) if write else self.named(str(value), unit)

    def named(self, value: str, unit: Unit) -> str:
        """Return a name as the reader knows it."""
        spoken = names.spoken(self.flow, self.language)
        match unit:
            case "queue":
                return queue_name(self.flow, spoken, value) if value else self.said(NOBODY)
            case "matter":
                return matter_name(self.flow, spoken, value) if value else self.said(NO_MATTER)
            case "place":
                return f"{matter_name(self.flow, spoken, value.partition('.')[0])} · {value.partition('.')[2] or value}"
            case "masked":
                return f"••••{value}" if value else self.said(WITHHELD)
            case "language":
                return self.more.get(value, value)
            case "outcome":
                return self.more.get(f"outcome_{value}", self.more.get(f"result_{value}", value))
            case _:
                return value or self.said(NOBODY)

    def clock(self, at: Any) -> str:
        """Return a moment by the hotline's clock."""
        return f"{at.astimezone(self.flow.zone):%Y-%m-%d %H:%M:%S}"


def _minutes(value: Any) -> str:
    minutes, left = divmod(round(value), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}" if minutes >= 60 else f"{minutes}:{left:02}"


def _moment(value: Any) -> str:
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)


WRITTEN: Final[Mapping[str, Callable[[Any], str]]] = {
    "count": lambda value: f"{value:,}",
    "share": lambda value: f"{value:.1%}",
    "number": lambda value: f"{value:.2f}",
    "seconds": _minutes,
    "moment": _moment,
}
