"""First-call resolution: who did not have to call again within seven days."""

from typing import Final

from ivr.reports.counting import Sums
from ivr.reports.figures import Figure, by_day, by_key, count, marks, share, trend
from ivr.reports.report import Asked, Made, Report, Words

TITLE: Final = Words("一次解决率", "First-call resolution")


def _once(sums: Sums) -> float | None:
    return share(sums.get("known", 0) - sums.get("again", 0), sums.get("known", 0))


RATE: Final = Figure(TITLE, "share", _once, "known")
FIGURES: Final = (
    count(Words("可识别来电", "Calls with a number"), "known"),
    RATE,
    count(Words("7 天内再来电", "Called again in 7 days"), "again"),
)


def make(asked: Asked) -> Made:
    """Return the rate by matter, by the agent who talked last, and by day."""
    found = asked.read("matter")
    tables = (
        by_key(asked, "matter", FIGURES, found),
        by_key(asked, "last_agent", FIGURES, asked.read("last_agent")),
        by_day(asked, "matter", FIGURES, found),
    )
    formula = Words(
        "1 − 同一号码在通话结束后 7 天内再次来电 ÷ 未隐藏号码的来电；最近 7 天的数字还会变。",
        "1 − calls after which the same number rang again in 7 days ÷ calls with a number; the last 7 days may change.",
    )
    return Made(
        tables, trend(asked, [RATE], found, TITLE), formula, marks(asked, "matter", (RATE, *FIGURES[::2]), found)
    )


REPORT: Final = Report(
    "first-call",
    TITLE,
    Words(
        "多少来电者 7 天内不必再打，按事项、坐席和天",
        "Who did not have to call again within 7 days, by matter, agent, day",
    ),
    make,
    order=60,
)
