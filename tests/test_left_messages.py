"""Messages that callers leave: in whose line they stand, and who may hear them."""

from pathlib import Path

from ivr import transcript
from ivr.desk.keeping import Place
from ivr.flow import speech
from tests.test_switchboard import SKILLS
from tests.world import CLOSED, World, world


def left(here: World, *keys: str) -> Place:
    """Return the place in line of a message that a caller left after these keys."""
    caller = here.caller()
    for key in keys:
        caller.press(key)
    caller.speak(5)
    caller.press("#")
    (place,) = (place for place in here.parts.desk.inbox.work() if place.call_id == caller.leg.sid)
    return place


def test_a_message_left_from_the_main_menu_is_the_general_queues(tmp_path: Path) -> None:
    with world(tmp_path, CLOSED) as here:
        assert left(here, "0", "1").queue == "general"
        assert left(here, "3", "1", "2", "3").queue == "accounts"


def test_a_complaint_is_a_supervisors_and_carries_the_number_that_the_caller_heard(tmp_path: Path) -> None:
    with world(tmp_path, CLOSED) as here:
        place = left(here, "5", "4", "2", "2")
        assert (place.queue, place.level) == ("complaints", 2)
        stored = here.parts.journal.call(place.call_id)
        assert stored
        number = speech.voice_of("zh-CN").digits(stored.call.facts["receipt"])
        words = transcript.lines(here.parts.journal.events(place.call_id), "zh-CN")
        assert sum(number in line for line in words) == 2
        here.parts.desk.enrol("alice", "client:alice", SKILLS)
        here.parts.desk.available("alice")
        assert here.parts.desk.dispatch() == []
        here.parts.desk.enrol("sam", "client:sam", SKILLS, level=2)
        here.parts.desk.available("sam")
        assert [offer.agent for offer in here.parts.desk.dispatch()] == ["sam"]


def test_a_complaint_left_after_asking_for_a_person_is_a_supervisors_too(tmp_path: Path) -> None:
    with world(tmp_path, CLOSED) as here:
        assert left(here, "5", "4", "2", "1", "1").level == 2
        assert left(here, "5", "4", "1").level == 2
        assert left(here, "0", "1").level == 0
