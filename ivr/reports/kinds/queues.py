"""Queues: what became of everybody who stood in each."""

from typing import Final

from ivr.reports.figures import average, by_key, count, rate, stacked
from ivr.reports.report import Asked, Made, Report, Words

ENDS: Final = (
    count(Words("接通", "Answered"), "answered"),
    count(Words("放弃", "Abandoned"), "abandoned"),
    count(Words("转留言", "To a message"), "message"),
    count(Words("转回拨", "To a call back"), "callback"),
    count(Words("其他离开", "Left otherwise"), "away"),
)
FIGURES: Final = (
    count(Words("进线", "Offered"), "offered"),
    *ENDS,
    count(Words("转出", "Sent on"), "onward"),
    count(Words("有坐席未接", "Rang in vain"), "missed"),
    average(Words("平均应答", "Speed of answer"), "seconds", ["waited_answered"], "answered"),
    average(Words("放弃前等候", "Wait of who gave up"), "seconds", ["waited_abandoned"], "abandoned"),
    average(Words("平均通话", "Talk time"), "seconds", ["talked"], "answered"),
    average(Words("平均后处理", "Wrap-up time"), "seconds", ["wrapped"], "answered"),
    rate(Words("承诺兑现", "Promises kept"), "kept", "told"),
    average(Words("评分", "Score"), "number", ["score"], "scored"),
)


def make(asked: Asked) -> Made:
    """Return a row for each queue."""
    found = asked.read("queue")
    table = by_key(asked, "queue", FIGURES, found)
    title = Words("每个队列的去向", "What became of everybody in line")
    formula = Words(
        "每次排队各计一次：转到另一队列的来电在那里再计一次。放弃：在排队中挂机。",
        "Each time in line counts: who is sent on to another queue is offered there again. Abandoned: hung up waiting.",
    )
    return Made((table,), stacked(ENDS, found, title, "queue"), formula)


REPORT: Final = Report(
    "queues",
    Words("队列", "Queues"),
    Words(
        "每个队列的进线、去向、等候和处理时长",
        "Everybody who stood in each queue: what became of them, waits, handle times",
    ),
    make,
    order=20,
)
