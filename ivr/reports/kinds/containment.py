"""Containment: which matters callers settled by keypad, with no person."""

from typing import Final

from ivr.reports.figures import by_day, by_key, count, marks, rate, trend
from ivr.reports.report import Asked, Made, Report, Words

TITLE: Final = Words("自助办结率", "Containment by keypad")
RATE: Final = rate(TITLE, "contained", "calls")
FIGURES: Final = (
    count(Words("来电", "Calls"), "calls"),
    RATE,
    count(Words("自助办结", "Settled by keypad"), "contained"),
    count(Words("排队找坐席", "Stood in line"), "queued"),
    count(Words("菜单中挂机", "Hung up in the menus"), "gone"),
    count(Words("留言", "Left a message"), "outcome_message"),
)


def make(asked: Asked) -> Made:
    """Return the rate by matter, by language and by day."""
    found = asked.read("matter")
    tables = (
        by_key(asked, "matter", FIGURES, found),
        by_key(asked, "language", FIGURES, asked.read("language")),
        by_day(asked, "matter", FIGURES, found),
    )
    formula = Words(
        "没有排队、在菜单中办结的来电 ÷ 全部来电；中途挂机不算办结。",
        "calls finished in the menus, never in line ÷ all calls; who hung up on the way did not finish.",
    )
    return Made(tables, trend(asked, [RATE], found, TITLE), formula, marks(asked, "matter", FIGURES[:3], found))


REPORT: Final = Report(
    "containment",
    TITLE,
    Words("哪些事项来电者自己按键就办好了", "Which matters callers settled by keypad, with no person"),
    make,
    order=70,
)
