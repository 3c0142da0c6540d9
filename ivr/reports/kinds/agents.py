"""Agents: what each of them did."""

from typing import Final

from ivr.reports.figures import average, by_key, count, stacked
from ivr.reports.report import Asked, Column, Made, Report, Words

FIGURES: Final = (
    count(Words("接听", "Answered"), "answered"),
    average(Words("平均通话", "Talk time"), "seconds", ["talked"], "answered"),
    average(Words("平均后处理", "Wrap-up time"), "seconds", ["wrapped"], "answered"),
    average(Words("平均处理", "Handle time"), "seconds", ["talked", "wrapped"], "answered"),
    count(Words("转出", "Sent on"), "onward"),
    count(Words("回拨", "Rung back"), "rung_back"),
    count(Words("处理留言", "Messages done"), "heard"),
    average(Words("评分", "Score"), "number", ["score"], "scored"),
)
DONE: Final = (FIGURES[0], *FIGURES[5:7])


def make(asked: Asked) -> Made:
    """Return a row for each agent."""
    found = [one for one in asked.read("agent") if one.key]
    table = by_key(asked, "agent", Column(Words("坐席", "Agent"), "text"), FIGURES, found)
    return Made((table,), stacked(DONE, found, Words("每位坐席处理的", "What each agent did"), "text"))


REPORT: Final = Report(
    "agents",
    Words("坐席", "Agents"),
    Words(
        "每位坐席接听、通话、后处理和评分", "What each agent answered, their talk and wrap-up times, and their scores"
    ),
    make,
    order=50,
)
