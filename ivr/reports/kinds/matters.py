"""Matters: what callers rang about, and what came of it."""

from typing import Final

from ivr.reports.figures import average, by_key, count, rate, stacked
from ivr.reports.report import Asked, Made, Report, Words

ENDS: Final = (
    count(Words("坐席接听", "Served"), "outcome_served"),
    count(Words("自助办结", "By keypad"), "outcome_finished"),
    count(Words("留言", "Message"), "outcome_message"),
    count(Words("回拨", "Call back"), "outcome_callback"),
    count(Words("挂机", "Hung up"), "outcome_hung-up"),
)
FIGURES: Final = (
    count(Words("来电", "Calls"), "calls"),
    *ENDS,
    count(Words("排队", "Stood in line"), "queued"),
    average(Words("平均时长", "Length"), "seconds", ["seconds"], "calls"),
    average(Words("平均等候", "Wait"), "seconds", ["waited"], "queued"),
    rate(Words("7 天内再来电", "Called again in 7 days"), "again", "known"),
    average(Words("评分", "Score"), "number", ["score"], "scored"),
)


def make(asked: Asked) -> Made:
    """Return a row for each matter."""
    found = asked.read("matter")
    table = by_key(asked, "matter", FIGURES, found)
    return Made((table,), stacked(ENDS, found, Words("每个事项的结果", "What came of each matter"), "matter"))


REPORT: Final = Report(
    "matters",
    Words("事项", "Matters"),
    Words("来电者为什么打来，结果如何", "What callers rang about, and what came of it"),
    make,
    order=30,
)
