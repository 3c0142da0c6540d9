"""Survey: what callers thought of their call, from 1 to 5."""

from typing import Final

from ivr.reports.figures import average, by_day, by_key, count, marks, rate, stacked, trend
from ivr.reports.measures import SCORES
from ivr.reports.report import Asked, Made, Report, Words

TITLE: Final = Words("满意度", "Survey")
MEAN: Final = average(Words("平均分", "Mean score"), "number", ["score"], "scored")
PARTS: Final = tuple(count(Words(f"{one} 分", f"{one}"), f"score_{one}") for one in SCORES)
ASKED: Final = rate(Words("评分率", "Answered"), "scored", "outcome_served")
FIGURES: Final = (count(Words("评分", "Scores"), "scored"), MEAN, ASKED, *PARTS)


def make(asked: Asked) -> Made:
    """Return the scores by matter, by agent and by day."""
    found = asked.read("matter")
    tables = (
        by_key(asked, "matter", FIGURES, found),
        by_key(asked, "last_agent", FIGURES, asked.read("last_agent")),
        by_day(asked, "matter", FIGURES, found),
    )
    charts = (*trend(asked, [MEAN], found, MEAN.words), *stacked(PARTS, found, Words("按事项", "By matter"), "matter"))
    formula = Words(
        "评分之和 ÷ 评分人数；评分率：评分人数 ÷ 坐席接听的来电",
        "sum of scores ÷ scores; answered: scores ÷ calls served",
    )
    return Made(tables, charts, formula, marks(asked, "matter", FIGURES[:3], found))


REPORT: Final = Report(
    "survey",
    TITLE,
    Words("来电者给通话打几分，按事项、坐席和天", "What callers thought of their call, by matter, agent and day"),
    make,
    order=100,
)
