"""The measure of many calls at once with human timing, in small: `python -m tests.bench.load` is the full form."""

from tests.apart import finished
from tests.bench.load import run
from tests.light.stage import Shape


def test_calls_with_human_timing_meet_no_error() -> None:
    load = finished(run(Shape("sqlite", 1, speed=8, jobs=False), calls=12, seconds=5, agents=3, ramp=0.5))
    print(*load.report(), sep="\n")
    assert load.errors == 0
    assert load.outcomes["calls"] >= 12
    assert load.rows["line"]
    assert load.samples[-1].turns > 0
    assert len(load.took) > 30
    assert load.samples[-1].memory > 20
    assert 0 < load.quantile(0.5) <= load.quantile(0.99) <= load.quantile(0.999)
