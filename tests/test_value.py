"""Values: nobody changes one, as the type checker sees; all else they can that frozen dataclasses can."""

from pathlib import Path

from mypy import api

from ivr.flow.events import Said

CHANGED = """
from ivr.value import value

@value
class Key:
    pressed: str

key = Key("1")
key.pressed = "2"
"""


def test_whoever_changes_a_value_is_told_by_the_type_checker(tmp_path: Path) -> None:
    told, _, code = api.run(["--config-file=", "--strict", "--cache-dir", str(tmp_path), "-c", CHANGED])
    assert code == 1
    assert '"pressed" defined in "Key" is read-only' in told


def test_values_are_what_they_hold() -> None:
    said = Said("start.say", "您好", "zh-CN")
    assert {said, Said("start.say", "您好", "zh-CN")} == {said}
    assert not hasattr(said, "__dict__")
