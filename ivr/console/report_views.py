"""Reports as a reader sees them: values written out, names in the reader's language, figures that open their calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from ivr.console import office
from ivr.console.texts import TEXTS, language
from ivr.console.view import matter_name, queue_name
from ivr.flow.flow import Flow
from ivr.reports.counted import Row
from ivr.reports.report import Cell, Chart, Counted, Made, Table, Unit, Value, Words

NONE: Final = "–"
NUMERIC: Final = ("count", "share", "seconds", "number")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: with the names of these menus; with `links` to the calls behind figures, where they may see them."""

    flow: Flow
    links: bool

    def written(self, value: Value, unit: Unit) -> str:
        """Return a value as it is written."""
        if value is None:
            return NONE
        write = WRITTEN.get(unit)
        return write(value) if write else self.named(str(value), unit)

    def named(self, value: str, unit: Unit) -> str:
        """Return a name as the reader knows it."""
        spoken, t = office.spoken(self.flow), TEXTS[language()]
        match unit:
            case "queue":
                return queue_name(self.flow, spoken, value) if value else t["reports_none"]
            case "matter":
                return matter_name(self.flow, spoken, value) if value else t["matter_none"]
            case "place":
                return f"{matter_name(self.flow, spoken, value.partition('.')[0])} · {value.partition('.')[2] or value}"
            case "masked":
                return f"••••{value}" if value else t["withheld"]
            case "language":
                return t.get(value, value)
            case "outcome":
                return t.get(f"outcome_{value}", t.get(f"result_{value}", value))
            case _:
                return value or t["reports_none"]

    def clock(self, at: Any) -> str:
        """Return a moment by the hotline's clock."""
        return f"{at.astimezone(self.flow.zone):%Y-%m-%d %H:%M:%S}"


def said(words: Words) -> str:
    """Return words in the reader's language."""
    return words.zh if language() == "zh" else words.en


def shown(reader: Reader, made: Made) -> dict[str, Any]:
    """Return a report as its page shows it."""
    return {
        "marks": [(said(words), _cell(reader, cell, unit)) for words, unit, cell in made.marks],
        "formula": said(made.formula),
        "charts": [_chart(reader, one) for one in made.charts],
        "tables": [_table(reader, one) for one in made.tables],
    }


def _table(reader: Reader, table: Table) -> dict[str, Any]:
    units = [one.unit for one in table.columns]
    return {
        "title": said(table.title),
        "head": [(said(one.words), one.unit in NUMERIC) for one in table.columns],
        "rows": [_row(reader, row, units) for row in table.rows],
        "total": _row(reader, table.total, units[1:]) if table.total else [],
    }


def _row(reader: Reader, row: tuple[Cell, ...], units: list[Unit]) -> list[dict[str, Any]]:
    return [_cell(reader, cell, unit) for cell, unit in zip(row, units, strict=True)]


def _cell(reader: Reader, cell: Cell, unit: Unit) -> dict[str, Any]:
    href = ""
    if reader.links and cell.value:
        href = f"/desk/calls/{quote(cell.call)}" if cell.call else address(cell.counted) if cell.counted else ""
    return {"text": reader.written(cell.value, unit), "numeric": unit in NUMERIC, "href": href}


def address(counted: Counted) -> str:
    """Return where the calls behind a figure are listed."""
    query = {"of": f"{counted.table}.{counted.measure}", "cut": counted.cut, "key": counted.key}
    span = {"since": counted.since.isoformat(), "until": counted.until.isoformat()}
    return f"/desk/reports/calls?{urlencode({**{name: value for name, value in query.items() if value}, **span})}"


def head(reader: Reader, counted: Counted) -> dict[str, str]:
    """Return what the list of a figure's calls is headed with."""
    key = reader.named(counted.key.rpartition(">")[2], UNITS.get(counted.cut, "text")) if counted.cut else ""
    return {
        "what": measured(counted.measure),
        "key": key,
        "since": reader.clock(counted.since),
        "until": reader.clock(counted.until),
    }


def measured(name: str) -> str:
    """Return what a measure counts, in words."""
    t, (what, _, number) = TEXTS[language()], name.rpartition("_")
    if f"measure_{name}" in t or not number.isdecimal():
        return t.get(f"measure_{name}") or t.get(f"result_{name}") or t.get(name) or name
    return t["measure_score_of" if what == "score" else "measure_within"].format(
        what=t.get(f"result_{what}", what), number=number
    )


def row(reader: Reader, one: Row) -> dict[str, Any]:
    """Return a call behind a figure as the list shows it."""
    named = {"matter": reader.named(one.matter, "matter"), "queue": one.queue and reader.named(one.queue, "queue")}
    told = {name: getattr(one, name) for name in Row.__dataclass_fields__} | named
    return told | {"at": reader.clock(one.at), "result": reader.named(one.result, "outcome")}


def _chart(reader: Reader, chart: Chart) -> dict[str, Any]:
    """Return a chart as the script draws it."""
    return {
        "kind": chart.kind,
        "title": said(chart.title),
        "unit": chart.unit,
        "labels": [reader.written(one, chart.by) for one in chart.labels],
        "series": [
            {"name": reader.named(one.name, chart.names) if one.name else said(one.words), "values": one.values}
            for one in chart.series
        ],
        "links": [
            (reader.named(one, chart.by), reader.named(two, chart.by), number) for one, two, number in chart.links
        ],
    }


def _minutes(value: Any) -> str:
    whole = round(value)
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )


def _moment(value: Any) -> str:
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)


WRITTEN: Final[Mapping[str, Callable[[Any], str]]] = {
    "count": lambda value: f"{value:,}",
    "share": lambda value: f"{value:.1%}",
    "number": lambda value: f"{value:.2f}",
    "seconds": _minutes,
    "moment": _moment,
}
UNITS: Final[Mapping[str, Unit]] = {"queue": "queue", "matter": "matter", "language": "language", "place": "place"}
