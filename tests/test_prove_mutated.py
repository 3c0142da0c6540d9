"""The shipped menus, edited by chance: no edit that harms callers can be published (all: `python -m tests.mutated`)."""

import os
from typing import Final

import pytest

from tests.mutated import KINDS, edited, harm, refused, shipped

EDITS: Final = int(os.environ.get("EDITS", str(len(KINDS))))
PARTS: Final = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_no_harmful_edit_is_taken(part: int) -> None:
    for number in range(part, EDITS, PARTS):
        edit = edited(number)
        if not refused(edit.files):
            assert not harm(edit.files, number), (number, edit.name)


def test_an_edit_that_harms_nobody_is_taken() -> None:
    greeting = shipped()["main.yaml"].replace("您好，数字钱包", "早上好，数字钱包")
    assert not refused({**shipped(), "main.yaml": greeting})


def test_callers_by_chance_come_to_harm() -> None:
    hotline = shipped()["hotline.yaml"].replace("\nperson: person\n", "\nperson: person.goodbye\n")
    assert "cut off" in harm({**shipped(), "hotline.yaml": hotline}, 1)
    assert not harm(shipped(), 1)
