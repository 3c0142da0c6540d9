"""What a report is: a title, what can be chosen, and how tables and charts are made of tallies.

Each report is a module of `ivr.reports.kinds` with a REPORT; it is found by being there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from ivr.flow.flow import Flow
from ivr.reports.tallies import Tallies, Tally

# How a value is written: a count, a share of 1, seconds as 3:05, a number, plain text; or a name that the menus know.
Unit = Literal[
    "count",
    "share",
    "seconds",
    "number",
    "text",
    "moment",
    "day",
    "half",
    "queue",
    "matter",
    "place",
    "language",
    "outcome",
    "version",
    "masked",
]
Value = int | float | str | datetime | None


class Words(NamedTuple):
    """What is said in the page's two languages."""

    zh: str
    en: str


EMPTY: Final = Words("", "")


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a reader can choose: its name in the address, and the values with their words, the usual one first.

    With a unit it is also every name of that unit in the menus, such as each queue.
    """

    name: str
    words: Words
    options: Mapping[str, Words]
    unit: Unit = "text"


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows behind a figure: a measure of `stays` or `facts`, cut by what, from one moment to another."""

    table: str
    measure: str
    since: datetime
    until: datetime
    cut: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value; None where there is none, as a share of nothing. `counted` are the rows that it counts.

    `call` is the one call that it tells of.
    """

    value: Value
    counted: Counted | None = None
    call: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its words, and how its values are written."""

    words: Words
    unit: Unit = "count"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `total` is its last row but for the first column, `title` is "" where the report has one table only."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    title: Words = EMPTY


@dataclass(frozen=True, slots=True)
class Series:
    """One line or row of bars: its words (or a name of `unit`), and a value for each of the chart's labels."""

    words: Words
    values: tuple[int | float | None, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of the figures that stand in the table beside it.

    `kind` is line, bar, stack (bars on one another), or sankey, whose `links` are (from, to, how many); `unit` is of
    the values, `by` of the labels and the links' ends, `names` of the series.
    """

    kind: Literal["line", "bar", "stack", "sankey"]
    title: Words
    labels: tuple[Value, ...] = ()
    series: tuple[Series, ...] = ()
    unit: Unit = "count"
    by: Unit = "day"
    names: Unit = "text"
    links: tuple[tuple[str, str, int], ...] = ()


Mark = tuple[Words, Unit, Cell]


@dataclass(frozen=True, slots=True)
class Traffic:
    """How calls went through one version of the menus: who came to each place and who left there, and each step."""

    version: str
    places: Mapping[str, tuple[Cell, Cell]]
    steps: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Made:
    """A report as it came out; `formula` says how its figures are made, `marks` are seen at first sight.

    `traffic` is drawn on the picture of the menus.
    """

    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()
    formula: Words = EMPTY
    marks: tuple[Mark, ...] = ()
    traffic: Traffic | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is made of: the tallies of days (both included), and what was chosen, by name."""

    tallies: Tallies
    flow: Flow
    since: date
    until: date
    chosen: Mapping[str, str] = field(default_factory=dict)

    def read(self, cut: str, key: str | None = None, begins: str = "") -> list[Tally]:
        """Return the tallies of these days: of one key, or of all that begin so."""
        return self.tallies.read(cut, self.since, self.until, key, begins)

    @property
    def days(self) -> tuple[date, ...]:
        """The days."""
        return tuple(self.since + timedelta(days=number) for number in range((self.until - self.since).days + 1))

    def counted(
        self,
        measure: str,
        cut: str,
        key: str | None = None,
        table: str = "stays",
        span: tuple[date, date] | None = None,
    ) -> Counted:
        """Return the rows behind a figure of all these days, or from one to another, of one key, or of all."""
        first, last = span or (self.since, self.until)
        since, until = self.tallies.start(first), self.tallies.start(last + timedelta(days=1))
        return Counted(table, measure, since, until, cut if key is not None else "", key or "")


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its words, what it is for, what can be chosen, and how it is made."""

    name: str
    title: Words
    about: Words
    make: Callable[[Asked], Made]
    choices: tuple[Choice, ...] = ()
    order: int = 50


QUEUE: Final = Choice("queue", Words("队列", "Queue"), {"": Words("全部", "all")}, "queue")
