"""Reports as a reader sees them: values written out, names in the reader's language, figures that open their calls."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from ivr.console.texts import TEXTS, language
from ivr.flow.flow import Flow
from ivr.reports.counted import Row
from ivr.reports.reader import NUMERIC, Reader
from ivr.reports.report import Cell, Chart, Counted, Made, Table, Unit, Words


def reader(flow: Flow, links: bool = False) -> Reader:
    """Return who reads this page."""
    return Reader(flow, language(), TEXTS[language()], links)


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


UNITS: Final[Mapping[str, Unit]] = {"queue": "queue", "matter": "matter", "language": "language", "place": "place"}
