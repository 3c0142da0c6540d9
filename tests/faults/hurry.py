"""A copy of the project that does sooner what it otherwise does after minutes, and whose clock can be put wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

CLOCK: Final = "clock"  # The file, in the copy's folder, of how many seconds its clock is wrong.
SHIFTED: Final = """

def _wrong() -> timedelta:
    try:
        with open({file!r}) as told:
            return timedelta(seconds=float(told.read()))
    except (OSError, ValueError):
        return timedelta()
"""
# Nobody waits for minutes: calls that show no sign of life are asked about sooner, as human time goes faster.
WATCHES: Final = (
    ("QUIET_TALK: Final = timedelta(minutes=5)", "QUIET_TALK: Final = timedelta(seconds=12)"),
    ("QUIET_CALLER: Final = timedelta(seconds=90)", "QUIET_CALLER: Final = timedelta(seconds=9)"),
    ("60 * second, 5 * second, most=5", "5 * second, second, most=100"),
    ("2 * QUIET_TALK, 5 * second, most=5", "5 * second, second, most=100"),
    ("QUIET_TALK, QUIET_TALK, 5 * second, most=5", "QUIET_TALK, 5 * second, second, most=100"),
)
FILES: Final = {
    "telephony/watch.py": WATCHES,
    "telephony/strays.py": (("SETTLED: Final = timedelta(minutes=10)", "SETTLED: Final = timedelta(seconds=30)"),),
    "errands.py": (("HOUR, HOUR / 60, SETTLED", "timedelta(seconds=20), timedelta(seconds=5), SETTLED"),),
    "store/messages.py": (
        ("UNTOLD: Final = timedelta(seconds=30)", "UNTOLD: Final = timedelta(seconds=3)"),
        ("FIRST_PAUSE: Final = timedelta(seconds=5)", "FIRST_PAUSE: Final = timedelta(seconds=0.5)"),
        ("LEASE: Final = timedelta(minutes=2)", "LEASE: Final = timedelta(seconds=15)"),
    ),
    "factory.py": (("return datetime.now(UTC)\n", "return datetime.now(UTC) + _wrong()\n"),),
}


def hurried(project: Path) -> None:
    """Have a copy of the project reconcile sooner, by a clock that `put_wrong` puts wrong."""
    for name, changes in FILES.items():
        file = project / "ivr" / name
        found = file.read_text("utf-8")
        for one, other in changes:
            assert one in found, one
            found = found.replace(one, other)
        file.write_text(found, "utf-8")
    with (project / "ivr" / "factory.py").open("a", encoding="utf-8") as factory:
        factory.write("\n\nfrom datetime import timedelta\n" + SHIFTED.format(file=str(project / CLOCK)))


def put_wrong(project: Path, seconds: float) -> None:
    """Put the clock of a copy so many seconds before the right one, or behind it, at once for all of its processes."""
    draft = project / f"{CLOCK}.new"
    draft.write_text(str(seconds), "utf-8")
    draft.replace(project / CLOCK)


def wrong(project: Path) -> float:
    """Return by how many seconds the clock of a copy is wrong."""
    file = project / CLOCK
    return float(file.read_text("utf-8")) if file.exists() else 0.0


def now_of(project: Path) -> datetime:
    """Return the present moment as a copy's clock has it."""
    return datetime.now(UTC) + timedelta(seconds=wrong(project))
