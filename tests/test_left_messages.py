"""Messages that callers leave: in whose line they stand."""

from pathlib import Path

from ivr.desk.keeping import Place
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
        assert left(here, "3", "1", "1", "2").queue == "accounts"
