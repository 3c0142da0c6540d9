"""What a caller meant by what they did in the old menus, and how they do the same where they stand in the new ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.inputs import (
    Answered,
    HungUp,
    InLine,
    Input,
    LeftQueue,
    Pressed,
    Recorded,
    Rescued,
    Silence,
)
from ivr.flow.replay.stand import Choice, Stand, alike

BACK: Final = "back"
PERSON: Final = "person"


def everywhere(flow: Flow, heard: Pressed) -> str:
    """Return which of the keys that mean the same everywhere was pressed; empty for none."""
    keys, pressed = flow.hotline.keys, str(heard.keys)
    if pressed.endswith(keys.back):
        return BACK
    return {keys.person: PERSON, keys.again: "again"}.get(pressed, "")


def chosen(old: Stand, heard: Input) -> Choice | None:
    """Return what the caller chose from a menu, if they did."""
    if not isinstance(heard, Pressed) or old.sort != "keys" or everywhere(old.flow, heard):
        return None
    return old.choices().get(str(heard.keys))


def idle(old: Stand, heard: Input) -> bool:
    """Say whether this brought the caller no further: silence, a wrong key, a wish to hear it again or to go back."""
    match heard:
        case Silence():
            return True
        case Pressed(keys):
            named, menu = everywhere(old.flow, heard), old.choices()
            return named != PERSON if named else bool(menu) and str(keys) not in menu
    return False


def nearest(choice: Choice, offered: Mapping[str, Choice]) -> str:
    """Return the key that means this choice: by the words that the caller hears, else by where it leads; or none."""
    words = [key for key, one in offered.items() if one.words == choice.words]
    leads = [key for key, one in offered.items() if one.target == choice.target]
    return next(iter([key for key in words if key in leads] or words or leads), "")


def same(old: Stand, new: Stand, heard: Input) -> Input | None:
    """Return what means in the new menus what this meant in the old ones; None where nothing does."""
    match heard:
        case Answered() | Rescued() | HungUp() | Recorded(adrift=True):
            return heard
        case Pressed():
            return _pressed(old, new, heard) if old.sort == new.sort == "keys" else None
        case InLine(keys=keys) if keys and old.sort == new.sort:
            return replace(heard, keys=_translated(old.flow, new.flow, keys))
        case LeftQueue(result) if result != "leave" and {old.sort, new.sort} <= {"line", "leaving"}:
            return heard
    return heard if old.sort == new.sort else None


def _pressed(old: Stand, new: Stand, heard: Pressed) -> Input | None:
    if named := everywhere(old.flow, heard):
        return Pressed(str(getattr(new.flow.hotline.keys, named)))
    if choice := chosen(old, heard):
        key = nearest(choice, new.choices())
        return Pressed(key) if key else None
    wrong = old.choices() and new.choices()  # Who pressed what was not offered presses it again.
    return heard if wrong or alike(old, new) else None


def _translated(old: Flow, new: Flow, keys: str) -> str:
    """Return keys pressed in line, where some mean the same everywhere, as the new menus have them."""
    theirs = {key: getattr(new.hotline.keys, use) for use, key in old.hotline.keys.model_dump().items()}
    return "".join(theirs.get(key, key) for key in keys)
