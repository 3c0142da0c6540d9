"""Abandoned calls, one by one: who hung up waiting, and whether they came back."""

from typing import Final

from ivr.reports import counted
from ivr.reports.counted import Row
from ivr.reports.figures import Figure, average, count, marks, rate, trend
from ivr.reports.levels import read
from ivr.reports.report import QUEUE, Asked, Cell, Column, Made, Report, Table, Words

TITLE: Final = Words("放弃的来电", "Abandoned calls")
MOST: Final = 100
COLUMNS: Final = (
    Column(Words("排队时间", "Joined the line"), "moment"),
    Column(Words("来电号码", "Caller"), "masked"),
    Column(Words("队列", "Queue"), "queue"),
    Column(Words("事项", "Matter"), "matter"),
    Column(Words("等候", "Waited"), "seconds"),
    Column(Words("再次来电", "Called again after"), "seconds"),
)
FIGURES: Final = (
    count(Words("放弃", "Abandoned"), "abandoned"),
    Figure(Words("短时放弃", "Short abandons"), "count", lambda sums: sums.get("abandoned_short", 0)),
    rate(Words("放弃率", "Abandon rate"), "abandoned", "offered"),
    average(Words("平均等候", "Mean wait"), "seconds", ["waited_abandoned"], "abandoned"),
)


def make(asked: Asked) -> Made:
    """Return the newest of them as a list, and how many there are by day."""
    queue = asked.chosen["queue"]
    found = read(asked, key=queue or None)
    wanted = asked.counted("abandoned", "queue", queue or None)
    rows = counted.page(asked.tallies.engine, wanted, None, MOST)
    again = counted.again(asked.tallies.engine, [one.call_id for one in rows])
    table = Table(COLUMNS, tuple(_row(asked, one, again.get(one.call_id)) for one in rows))
    formula = Words(
        f"在排队中挂机，没有坐席接听。列出最近 {MOST} 通；点击数字查看全部。",
        f"Hung up in line, answered by nobody. The newest {MOST} are listed; a figure opens them all.",
    )
    first = marks(asked, "queue", FIGURES, found, queue or None)
    return Made((table,), trend(asked, FIGURES[:1], found, TITLE), formula, first)


def _row(asked: Asked, one: Row, again: int | None) -> tuple[Cell, ...]:
    at = one.at.astimezone(asked.tallies.zone)
    return (Cell(at, call=one.call_id), Cell(one.caller_last4), *map(Cell, (one.queue, one.matter, one.waited, again)))


REPORT: Final = Report(
    "abandoned",
    TITLE,
    Words("谁在排队中挂机，后来有没有再打来", "Who hung up waiting, one by one, and whether they came back"),
    make,
    (QUEUE,),
    order=15,
)
