"""Service level: how many callers an agent answered soon enough, by queue and by day."""

from typing import Final

from ivr.reports.figures import Figure, average, by_day, by_key, count, marks, rate, trend
from ivr.reports.levels import FORMULA, LEVEL, TARGET, level_figure, printed, read
from ivr.reports.report import Asked, Made, Report, Words

OFFERED: Final = count(Words("进线", "Offered"), "offered")
ANSWERED: Final = count(Words("接通", "Answered"), "answered")
ABANDONED: Final = count(Words("放弃", "Abandoned"), "abandoned")
FIGURES: Final = (
    OFFERED,
    ANSWERED,
    ABANDONED,
    Figure(Words("短时放弃", "Short abandons"), "count", lambda sums: sums.get("abandoned_short", 0)),
    rate(Words("放弃率", "Abandon rate"), "abandoned", "offered"),
    average(Words("平均应答", "Speed of answer"), "seconds", ["waited_answered"], "answered"),
    average(Words("平均处理", "Handle time"), "seconds", ["talked", "wrapped"], "answered"),
)


def make(asked: Asked) -> Made:
    """Return the service level of each queue, and of each day."""
    found, formula, within = read(asked), asked.chosen["formula"], asked.chosen["within"]
    level = level_figure(formula, within)
    tables = (
        by_key(asked, "queue", (*FIGURES[:1], level, *FIGURES[1:]), found),
        by_day(asked, "queue", (level, *FIGURES), found),
    )
    first = marks(asked, "queue", (level, OFFERED, ANSWERED, ABANDONED), found)
    return Made(tables, trend(asked, [level], found, LEVEL), printed(formula, within), first)


REPORT: Final = Report(
    "service-level",
    LEVEL,
    Words(
        "多少来电者及时接通了坐席，按队列和按天", "How many callers an agent answered soon enough, by queue and by day"
    ),
    make,
    (FORMULA, TARGET),
    order=10,
)
