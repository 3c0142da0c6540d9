"""The call log as a file: CSV, which flows as it is read, or XLSX; any number of rows in the same memory."""

import csv
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from tempfile import TemporaryFile
from typing import IO, Any, Final, cast

from ivr.reports.search import After, Found, Search, Wanted

CHUNK: Final = 5_000
SHEET: Final = 1_000_000  # rows; a sheet holds 1,048,576.
BEGINS: Final = tuple("=+-@\t\r\n＝＋－＠")  # What a spreadsheet takes for the beginning of a formula.
Cell = str | int | None


def calls(search: Search, wanted: Wanted) -> Iterator[Found]:
    """Yield all calls that are wanted, newest first."""
    after: After | None = None
    while page := search.page(wanted, after, CHUNK):
        yield from page
        after = page[-1].started_at, page[-1].call_id


def as_csv(head: list[str], rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    """Yield the file in pieces, in UTF-8 with the mark by which spreadsheets know it; no cell is a formula."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(head)
    for number, row in enumerate(rows):
        writer.writerow([plain(cell) for cell in row])
        if number % CHUNK == CHUNK - 1:
            yield _taken(buffer)
    yield _taken(buffer)


def as_xlsx(head: list[str], rows: Iterable[list[Cell]]) -> IO[bytes]:
    """Return the file, to be read from its beginning and closed; what looks like a formula or a link is text."""
    from xlsxwriter import Workbook

    file = cast("IO[bytes]", TemporaryFile())  # noqa: SIM115 - whoever sends it closes it.
    told = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(file, told) as book:
        bold, sheet = book.add_format({"bold": True}), None
        for number, row in enumerate(rows):
            if number % SHEET == 0:
                sheet = _sheet(book, head, bold)
            _write(sheet, number % SHEET + 1, row)
        if sheet is None:
            _sheet(book, head, bold)
    file.seek(0)
    return file


def cells(
    one: Found, stamp: Callable[[Any], str], matter: Callable[[str], str], queue: Callable[[str], str]
) -> list[Cell]:
    """Return a call as a row, in the order of HEAD; the number of the caller is masked."""
    who = f"••••{one.caller_last4}" if one.caller_last4 else ""
    named: list[Cell] = [stamp(one.started_at), matter(one.matter), who, queue(one.queue), one.agent]
    counted: list[Cell] = [one.waited, one.talked, one.seconds]
    return [*named, *counted, one.outcome, one.code, one.score, one.language, one.version, one.notice, one.call_id]


HEAD: Final = (
    *("calls_at", "calls_matter", "calls_caller", "calls_queue", "calls_agent", "export_waited", "export_talked"),
    *("export_seconds", "calls_outcome", "calls_code", "call_score", "calls_language", "calls_version"),
    *("call_notice", "export_id"),
)


def plain(cell: Cell) -> Cell:
    """Return a cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(BEGINS) else cell


def _taken(buffer: StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _sheet(book: Any, head: list[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, head, bold)
    return sheet


def _write(sheet: Any, at: int, row: list[Cell]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(at, column, cell)
        elif cell is not None:
            sheet.write_number(at, column, cell)
