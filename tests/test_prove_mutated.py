"""The shipped menus, edited by chance: no edit that harms callers can be published (all: `python -m tests.mutated`)."""

import os
from typing import Final

import pytest

from tests.mutated import KINDS, edited, harm, refused, shipped

EDITS: Final = int(os.environ.get("EDITS", str(len(KINDS))))
PARTS: Final = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_no_harmful_edit_is_taken(part: int) -> None:
    taken = 0
    for number in range(part, EDITS, PARTS):
        edit = edited(number)
        if not refused(edit.files):
            taken += 1
            assert not harm(edit.files, number), (number, edit.name)
    assert taken >= 1


def test_callers_by_chance_come_to_harm() -> None:
    hotline = shipped()["hotline.yaml"].replace("\nperson: person\n", "\nperson: person.goodbye\n")
    assert "cut off" in harm({**shipped(), "hotline.yaml": hotline}, 1)
    assert not harm(shipped(), 1)
