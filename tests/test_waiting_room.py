"""The waiting room as the desk really stands: nobody on, somebody on."""

from contextlib import closing
from pathlib import Path

from structlog.testing import capture_logs

from ivr.carrier.caller import Caller
from ivr.flow.events import Entered, Waiting
from ivr.flow.inputs import InLine, LeftQueue
from ivr.flow.waits import Leaving
from tests.desk_site import Clock, desk_site
from tests.test_switchboard import SKILLS
from tests.world import CUSTOMER, world

NOBODY = "现在没有客服同事在岗"


def round_of(caller: Caller) -> str:
    """Return what a caller hears in the present round."""
    return "".join(one.text for one in caller.listen())


def test_who_waits_while_nobody_is_on_hears_so_and_supervisors_are_told_once(tmp_path: Path) -> None:
    with world(tmp_path) as here, capture_logs() as logged:
        caller = here.caller(CUSTOMER)
        caller.press("0")
        assert NOBODY in round_of(caller)
        caller.press("9")
        assert NOBODY in round_of(caller)
        warned = [line for line in logged if line["event"] == "somebody waits, and nobody is on"]
        assert [(line["log_level"], line["queue"], line["language"]) for line in warned] == [
            ("warning", "general", "zh-CN")
        ]
        here.parts.desk.enrol("alice", "client:alice", SKILLS)
        assert here.parts.desk.away("alice", "lunch")
        caller.silence()
        assert "您是下一位" not in round_of(caller)


def test_many_who_wait_while_nobody_is_on_are_told_of_once_a_minute_for_each_queue(tmp_path: Path) -> None:
    clock = Clock()
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock)) as site, capture_logs() as logged:
        for keys in ("0", "0", "10"):
            site.hotline.hear(site.call(*keys), f"wait/{len(keys) + 1}", InLine(1, 0, agents=0))
        clock.on(seconds=60)
        site.hotline.hear(site.call("0"), "wait/2", InLine(1, 0, agents=0))
        warned = [line["queue"] for line in logged if line["event"] == "somebody waits, and nobody is on"]
        assert warned == ["general", "fraud", "general"]


def test_who_presses_to_leave_as_an_agent_takes_them_is_served_once_they_have_talked(tmp_path: Path) -> None:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", Clock())) as site:
        call = site.call("0")
        assert site.hotline.hear(call, "wait/2", InLine(1, 0, keys="1", agents=1)).events[-1] == Waiting(
            Leaving("message"), 3
        )
        # That they were fetched for the talk never came to be written down.
        said = site.hotline.hear(call, f"talk/{'a' * 32}", LeftQueue("bridged"))
        assert "person.survey" in {event.node for event in said.events if isinstance(event, Entered)}
        stored = site.hotline.journal.fresh(call)
        assert stored
        assert stored.call.reached == "served"


def test_who_waits_while_somebody_is_on_hears_their_place(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        here.parts.desk.enrol("alice", "client:alice", SKILLS)
        assert here.parts.desk.available("alice")
        caller = here.caller(CUSTOMER)
        caller.press("0")
        words = round_of(caller)
        assert "您是下一位" in words
        assert NOBODY not in words
