"""No job reads a table that grows with the calls from one end to the other: it would take longer from day to day."""

from datetime import timedelta
from pathlib import Path

import pytest

from ivr.reports.standing import standing
from tests.bench import plans
from tests.bench.plans import noted, scans
from tests.world import world

GROWS = (*plans.BIG, "messages", "texts", "promises", "agent_states", "notices", "transcripts", "audit", "guesses")


def test_what_runs_by_itself_finds_its_work_by_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "BIG", GROWS)
    with world(tmp_path) as here:
        here.caller().listen()
        parts, now = here.parts, here.carrier.clock()
        with noted(parts.engine) as ran:
            for worker in parts.jobs:
                worker.look()
            parts.retaining().run()
            parts.messages.unheard(now - timedelta(days=7), now)
            standing(parts.engine, now)
            for lasting in (parts.desk.ringing, parts.desk.talking, parts.desk.quiet, parts.desk.unheard):
                list(lasting(now))
        with parts.engine.connect() as connection:
            found = {(one.text, *tables) for one in ran if (tables := scans(connection, one))}
    assert len(ran) > 20
    assert not found
