"""The bench works, and the hotline is not a hundred times slower than nothing."""

import os

from tests.bench.turns import BARE, measure, ratios, running, table


def test_the_bench_compares_the_hotline_to_a_bare_application() -> None:
    cores = os.sched_getaffinity(0)
    try:
        with running("sqlite") as run:
            cells = measure(run, (8,), rounds=1, seconds=1.0)
            report = "\n".join(table(cells, run))
    finally:
        os.sched_setaffinity(0, cores)
    assert [cell.run.errors for cell in cells] == [0, 0], report
    assert ratios(cells)[BARE, 8] == 1
    assert ratios(cells)["hotline, SQLite FULL", 8] > 0.02, report
