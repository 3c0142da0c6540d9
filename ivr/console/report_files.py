"""Reports as files: CSV, one table under the other, or XLSX, a sheet each with real numbers."""

import csv
from io import BytesIO, StringIO
from typing import Any, Final

from ivr.console.export import plain
from ivr.console.report_views import said
from ivr.reports.reader import Reader
from ivr.reports.report import Cell, Made, Table, Unit

FORMATS: Final = {"share": "0.0%", "count": "#,##0", "number": "0.00", "seconds": "[m]:ss"}
DAY: Final = 24 * 3600
TITLE: Final = 31  # letters, which is what a sheet's name has room for


def written(reader: Reader, made: Made, kind: str) -> BytesIO:
    """Return the file, to be read from its beginning; what looks like a formula is text."""
    return _xlsx(reader, made) if kind == "xlsx" else BytesIO(_csv(reader, made).encode("utf-8-sig"))


def _csv(reader: Reader, made: Made) -> str:
    buffer = StringIO()
    writer = csv.writer(buffer)
    for number, table in enumerate(made.tables):
        if number:
            writer.writerow([])
        if title := said(table.title):
            writer.writerow([title])
        writer.writerow([said(one.words) for one in table.columns])
        for row in _rows(table):
            writer.writerow([plain(_raw(reader, cell, unit)) for cell, unit in row])
    if formula := said(made.formula):
        writer.writerow([])
        writer.writerow([plain(formula)])
    return buffer.getvalue()


def _xlsx(reader: Reader, made: Made) -> BytesIO:
    from xlsxwriter import Workbook

    file = BytesIO()
    with Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
        bold, formats = (
            book.add_format({"bold": True}),
            {one: book.add_format({"num_format": form}) for one, form in FORMATS.items()},
        )
        for number, table in enumerate(made.tables, 1):
            sheet = book.add_worksheet(said(table.title)[:TITLE] or f"{number}")
            sheet.freeze_panes(1, 1)
            sheet.write_row(0, 0, [said(one.words) for one in table.columns], bold)
            for at, row in enumerate(_rows(table), 1):
                for column, (cell, unit) in enumerate(row):
                    _put(sheet, (at, column), _raw(reader, cell, unit), unit, formats)
            sheet.autofit()
    file.seek(0)
    return file


def _put(sheet: Any, at: tuple[int, int], value: Any, unit: Unit, formats: dict[str, Any]) -> None:
    if isinstance(value, str):
        sheet.write_string(*at, value)
    elif value is not None:
        sheet.write_number(*at, value / DAY if unit == "seconds" else value, formats.get(unit))


def _rows(table: Table) -> list[list[tuple[Cell, Unit]]]:
    units = [one.unit for one in table.columns]
    total = [(Cell("Σ"), *table.total)] if table.total else []
    return [list(zip(row, units, strict=True)) for row in (*table.rows, *total)]


def _raw(reader: Reader, cell: Cell, unit: Unit) -> Any:
    """Return a number as it is, seconds as seconds; anything else as it is written; None for nothing."""
    if isinstance(cell.value, int | float):
        return round(cell.value, 4)
    return None if cell.value is None else reader.written(cell.value, unit)
