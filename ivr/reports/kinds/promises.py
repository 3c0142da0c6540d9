"""Wait promises: whether the minutes that callers in line were told came true."""

from typing import Final

from ivr.reports.figures import by_day, by_key, count, marks, rate, stacked, trend
from ivr.reports.report import Asked, Made, Report, Words

TITLE: Final = Words("等候承诺兑现率", "Wait promises kept")

RATE: Final = rate(TITLE, "kept", "told")
PARTS: Final = (
    count(Words("兑现", "Kept"), "kept"),
    count(Words("更早接通", "Answered earlier"), "early"),
    count(Words("更晚接通", "Answered later"), "late"),
)
FIGURES: Final = (count(Words("已告知并接通", "Told, and answered"), "told"), RATE, *PARTS)


def make(asked: Asked) -> Made:
    """Return how many ranges were kept, by queue and by day."""
    found = asked.read("queue")
    tables = (
        by_key(asked, "queue", FIGURES, found),
        by_day(asked, "queue", FIGURES, found),
    )
    charts = (*trend(asked, [RATE], found, TITLE), *stacked(PARTS, found, Words("按队列", "By queue"), "queue"))
    formula = Words(
        "首次告知的分钟范围内接通 ÷ 被告知且接通的来电者",
        "answered within the first range of minutes told ÷ callers who were told one, and answered",
    )
    return Made(tables, charts, formula, marks(asked, "queue", (RATE, *PARTS), found))


REPORT: Final = Report(
    "promises",
    TITLE,
    Words("告诉来电者的等候时间有没有兑现", "Whether the minutes that callers in line were told came true"),
    make,
    order=90,
)
