"""Agents: what each of them did, and for how long they were there."""

from collections import Counter
from typing import Final

from ivr.reports.counting import Sums
from ivr.reports.figures import Figure, all_of, average, cells, count, share, stacked
from ivr.reports.report import Asked, Cell, Chart, Column, Made, Report, Series, Table, Words
from ivr.reports.tallies import together

BUSY: Final = ("in_ringing", "in_talking", "in_wrapping", "in_working")
SERVING: Final = ("in_available", *BUSY)
THERE: Final = (*SERVING, "in_away")


def _time(words: Words, *names: str) -> Figure:
    return Figure(words, "seconds", lambda sums: sum(sums.get(name, 0) for name in names))


def _busy(sums: Sums) -> float | None:
    return share(sum(sums.get(one, 0) for one in BUSY), sum(sums.get(one, 0) for one in SERVING))


OCCUPANCY: Final = Figure(Words("占用率", "Occupancy"), "share", _busy)
TALKS: Final = (
    count(Words("接听", "Answered"), "answered"),
    average(Words("平均通话", "Talk time"), "seconds", ["talked"], "answered"),
    average(Words("平均后处理", "Wrap-up time"), "seconds", ["wrapped"], "answered"),
    average(Words("平均处理", "Handle time"), "seconds", ["talked", "wrapped"], "answered"),
    count(Words("转出", "Sent on"), "onward"),
    count(Words("回拨", "Rung back"), "rung_back"),
    count(Words("处理留言", "Messages done"), "heard"),
    average(Words("评分", "Score"), "number", ["score"], "scored"),
)
TIMES: Final = (
    _time(Words("在岗", "Logged in"), *THERE),
    _time(Words("空闲", "Available"), "in_available"),
    _time(Words("通话中", "Talking"), "in_talking"),
    _time(Words("后处理中", "Wrapping up"), "in_wrapping", "in_working"),
    _time(Words("小休", "Away"), "in_away"),
    OCCUPANCY,
    Figure(Words("未接振铃", "Rings missed"), "count", lambda sums: sums.get("missed", 0)),
)
DONE: Final = (TALKS[0], *TALKS[5:7])


def make(asked: Asked) -> Made:
    """Return a row for each agent who did anything, or was there."""
    found = [one for one in asked.read("agent") if one.key]
    talks, times = together(found), together(asked.read("state"))
    names = sorted({*talks, *times}, key=lambda name: (-talks.get(name, Counter())["answered"], name))
    rows = tuple(_row(asked, name, talks.get(name, Counter()), times.get(name, Counter())) for name in names)
    total = _row(asked, None, all_of(talks), all_of(times))[1:] if len(rows) > 1 else ()
    head = Column(Words("坐席", "Agent"), "text")
    table = Table((head, *(Column(one.words, one.unit) for one in (*TALKS, *TIMES))), rows, total)
    spent = tuple(
        Series(one.words, tuple((one.value(times.get(name, Counter())) or 0) / 3600 for name in names))
        for one in TIMES[1:5]
    )
    charts = (
        (Chart("stack", Words("在岗时间（小时）", "Hours there"), tuple(names), spent, "number", "text"),)
        if names
        else ()
    )
    done = stacked(DONE, found, Words("每位坐席处理的", "What each agent did"), "text")
    formula = Words(
        "占用率 =（振铃 + 通话 + 后处理）÷（空闲 + 振铃 + 通话 + 后处理）。",
        "occupancy: (ringing + talking + wrapping up) ÷ (available + ringing + talking + wrapping up).",
    )
    return Made((table,), (*charts, *done), formula)


def _row(asked: Asked, name: str | None, talks: Sums, times: Sums) -> tuple[Cell, ...]:
    return (
        Cell(name or ""),
        *cells(asked, TALKS, talks, "agent", name),
        *(Cell(one.value(times)) for one in TIMES),
    )


REPORT: Final = Report(
    "agents",
    Words("坐席", "Agents"),
    Words("每位坐席的接听、时长、在岗和占用率", "What each agent did, how long they were there, and how busy"),
    make,
    order=50,
)
