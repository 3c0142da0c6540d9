"""Half-hour intervals: the shape of the day."""

from typing import Final

from ivr.reports.facts import HALF
from ivr.reports.figures import Figure, average, count, rate
from ivr.reports.halves import DAYS, began, by_half
from ivr.reports.levels import FORMULA, LEVEL, TARGET, level_figure, printed
from ivr.reports.report import QUEUE, Asked, Cell, Chart, Column, Counted, Made, Report, Series, Table, Words

TITLE: Final = Words("半小时时段", "Half-hour intervals")
FIGURES: Final = (
    count(Words("进线", "Offered"), "offered"),
    count(Words("接通", "Answered"), "answered"),
    count(Words("放弃", "Abandoned"), "abandoned"),
    rate(Words("放弃率", "Abandon rate"), "abandoned", "offered"),
    average(Words("平均应答", "Speed of answer"), "seconds", ["waited_answered"], "answered"),
    average(Words("平均处理", "Handle time"), "seconds", ["talked", "wrapped"], "answered"),
)


def make(asked: Asked) -> Made:
    """Return the sums of each half-hour of these days; of one day, each figure opens its calls."""
    formula, within = asked.chosen["formula"], asked.chosen["within"]
    level = level_figure(formula, within)
    figures = (FIGURES[0], level, *FIGURES[1:])
    halves, days = by_half(asked)
    rows = tuple(
        (Cell(label), *(Cell(one.value(sums), _opens(asked, one, label)) for one in figures))
        for label, sums in halves.items()
    )
    table = Table((Column(Words("时段", "Half-hour"), "half"), *(Column(one.words, one.unit) for one in figures)), rows)
    bars = tuple(Series(one.words, tuple(sums.get(one.opens, 0) for sums in halves.values())) for one in FIGURES[1:3])
    levels = Series(LEVEL, tuple(level.value(sums) for sums in halves.values()))
    charts = (
        Chart("stack", Words("接通与放弃", "Answered and abandoned"), tuple(halves), bars, by="half"),
        Chart("line", LEVEL, tuple(halves), (levels,), "share", "half"),
    )
    words = printed(formula, within)
    of = Words(f"{words.zh}；共 {days} 天有来电", f"{words.en}; of {days} days with calls")
    return Made((table,), charts if halves else (), of)


def _opens(asked: Asked, figure: Figure, label: str) -> Counted | None:
    if asked.since < asked.until or not figure.opens:
        return None
    at, queue = began(asked.since, label, asked.tallies.zone), asked.chosen["queue"]
    return Counted("stays", figure.opens, at, at + HALF, "queue" if queue else "", queue)


REPORT: Final = Report(
    "intervals",
    TITLE,
    Words("一天里每个半小时的来电和服务水平", "The shape of the day: calls and service level by half-hour"),
    make,
    (QUEUE, DAYS, FORMULA, TARGET),
    order=40,
)
