"""Edits of the menus' text do what they mean, follow every reference, and leave all other lines as they were."""

import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from ivr import folders
from ivr.editor import marks
from ivr.editor.change import EditError, read
from ivr.editor.edits import Edit, apply
from ivr.editor.moves import short
from ivr.flow.load import load
from tests.small import small

MENUS = folders.menus(Path(__file__).parents[1] / "menus")
EDIT: TypeAdapter[Any] = TypeAdapter(Edit)
AWKWARD = [
    "请稍候",
    "true",
    "~",
    "10",
    "09:00",
    "a: b",
    "x # y",
    "{account:digits}, [1], *",
    "- dash",
    "'single' and \"double\"",
    "back\\slash",
    "line\nbreak",
    "a, b}",
    "ends:",
    "@at `tick` %",
    "?",
    "\x85 \u2028 \x7f",
    "。" * 400,
]


def done(files: Mapping[str, str], **edit: Any) -> dict[str, str]:
    """Return the files with an edit as the browser would send it."""
    return apply(files, EDIT.validate_python(edit))


def data(files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return what is read of all files, which must be readable."""
    return {name: deepcopy(read(name, text)) for name, text in files.items()}


def touched(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, list[str], list[str]]]:
    """Return (file, lines that went, lines that came) for every place at which the files differ."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, "").split("\n"), after.get(name, "").split("\n")
        for sort, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            found += [(name, old[i:j], new[k:m])] if sort != "equal" else []
    return found


def spots(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path of every text in a file's data."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from spots(item, (*path, name))
    elif isinstance(value, str):
        yield path, value


TEXTS = [(name, path) for name, file in data(MENUS).items() if "/" not in name for path, _ in spots(file)]


@pytest.mark.parametrize("seed", range(40))
def test_a_text_set_anywhere_in_the_shipped_menus_changes_its_line_alone(seed: int) -> None:
    chance = random.Random(seed)
    name, path = chance.choice([one for one in TEXTS if one[1][-1] not in ("kind", "go")])
    value = chance.choice([one for one in AWKWARD if "\n" not in one])
    made = done(MENUS, do="set", place=marks.stem(name), path=path, value=value)
    wanted, here = data(MENUS), data(MENUS)[name]
    for step in path[:-1]:
        here = here[step]
    wanted_here = wanted[name]
    for step in path[:-1]:
        wanted_here = wanted_here[step]
    wanted_here[path[-1]] = value
    assert data(made) == wanted
    ((file, gone, come),) = touched(MENUS, made) or [(name, [""], [""])]
    assert (file, len(gone), len(come)) == (name, 1, 1)
    assert value == here[path[-1]] or made[name] != MENUS[name]


@pytest.mark.parametrize("value", AWKWARD)
def test_whatever_is_typed_as_words_is_read_back_as_typed(value: str) -> None:
    for language, place in (
        ("zh-CN", "main.choose.choices.stolen"),
        ("zh-CN", "main.more.say"),
        ("en-US", "main.more.say"),
    ):
        made = done(MENUS, do="words", language=language, place=place, value=value)
        read, (_, *path) = data(made), ("main.yaml", *place.split("."))
        if language == "en-US":
            assert read["languages/en-US.yaml"][place] == value.strip()
        elif "choices" in path:
            assert read["main.yaml"]["choose"]["choices"]["1"]["for"] == value.strip()
        else:
            assert read["main.yaml"]["more"]["say"] == value.strip()
        assert len(touched(MENUS, made)) == 1


@pytest.mark.parametrize("place", random.Random(5).sample(sorted(marks.nodes(data(MENUS))), 12))
def test_a_node_can_be_called_otherwise_and_back_and_nothing_leads_elsewhere(place: str) -> None:
    to = f"{place.partition('.')[0]}.elsewhere"
    made = done(MENUS, do="move", place=place, to=to)
    flow, problems = load(made)
    assert problems == []
    assert flow
    assert place not in flow.nodes
    back = done(made, do="move", place=to, to=place)
    assert data(back) == data(_canonical(MENUS, place))


def _canonical(files: Mapping[str, str], place: str) -> Mapping[str, str]:
    """Return the files where all that leads to a place names it in the shortest way, as moving it there does."""
    read = data(files)
    places, made = marks.nodes(read), dict(files)
    for file, path, name in marks.exits(read):
        if marks.target(places, file, name) == place and name != short(places, file, place):
            value = short(places, file, place)
            made = done(made, do="set", place=marks.stem(file), path=path, value=value)
    return made


def test_a_node_moves_to_another_file_with_its_comment_its_words_and_all_that_leads_there() -> None:
    made = done(MENUS, do="move", place="person.survey", to="wrapup.talk")
    flow, problems = load(made)
    assert problems == []
    assert flow
    assert flow.nodes["person.line"].exits()[-1] == (("then",), "wrapup.talk")
    assert flow.nodes["wrapup.talk"].exits() == [(("then",), "person.goodbye")]
    assert made["wrapup.yaml"].startswith("# After a talk, for whoever stays on the line.\ntalk:\n  kind: survey\n")
    assert flow.words["en-US"]["wrapup.talk.say"] == data(MENUS)["languages/en-US.yaml"]["person.survey.say"]
    assert "survey" not in made["person.yaml"].replace("wrapup.talk", "")


def test_recordings_go_along_with_their_words() -> None:
    spoken = "zh-CN/person.survey.say: {file: x.wav, words: 请}\nzh-CN/main.start.say: {file: y.wav, words: 您}\n"
    files = {**MENUS, "prompts.yaml": spoken}
    assert done(files, do="move", place="person.survey", to="person.score")["prompts.yaml"] == spoken.replace(
        "person.survey", "person.score"
    )
    assert done(files, do="remove", place="person.survey")["prompts.yaml"] == spoken.split("\n", 1)[1]


@pytest.mark.parametrize("to", ["main.more", "main.stolen", "main", "Main.x", "main.x.y", "hours.x", "main.matter", ""])
def test_a_name_that_is_taken_or_none_is_refused(to: str) -> None:
    with pytest.raises(EditError) as refusal:
        done(MENUS, do="move", place="main.money", to=to)
    assert refusal.value.problems[0].words


def test_removing_a_node_takes_its_lines_its_comment_and_its_translations_and_nothing_else() -> None:
    made = done(MENUS, do="remove", place="person.survey")
    changes = touched(MENUS, made)
    assert [file for file, _, _ in changes] == ["languages/en-US.yaml", "person.yaml"]
    assert [come for _, _, come in changes] == [[], []]
    assert [line.split(":")[0] for line in changes[0][1]] == ["person.survey.say", "person.survey.remark"]
    assert "# After a talk, for whoever stays on the line." in changes[1][1]
    assert [problem.words for problem in load(made)[1]] == ["'survey' leads nowhere: there is no node 'survey.start'"]


@pytest.mark.parametrize("seed", range(10))
def test_removing_any_node_leaves_what_is_left_as_it_was(seed: int) -> None:
    read = data(MENUS)
    place = random.Random(seed).choice(sorted(marks.nodes(read)))
    file, name = place.split(".")
    made = done(MENUS, do="remove", place=place)
    words = read["languages/en-US.yaml"]
    wanted = {**read, f"{file}.yaml": {one: node for one, node in read[f"{file}.yaml"].items() if one != name}}
    wanted["languages/en-US.yaml"] = {one: text for one, text in words.items() if not one.startswith(f"{place}.")}
    assert data(made) == wanted
    assert all(come == [] for _, _, come in touched(MENUS, made))


def test_a_key_is_renumbered_in_its_place_and_two_change_places() -> None:
    six = done(MENUS, do="choice", place="main.choose", key="3", to_key="6")
    assert touched(MENUS, six) == [
        (
            "main.yaml",
            ["    3: {for: 账户冻结、密码和更改资料, go: account}"],
            ["    6: {for: 账户冻结、密码和更改资料, go: account}"],
        )
    ]
    swapped = data(done(MENUS, do="choice", place="main.choose", key="1", to_key="2"))["main.yaml"]["choose"]["choices"]
    assert [(key, one["go"]) for key, one in swapped.items()][2:4] == [("1", "money"), ("2", "stolen")]


def test_a_key_is_added_with_words_in_all_languages_changed_and_removed() -> None:
    words = {"zh-CN": "转人工", "en-US": "For a person"}
    added = done(MENUS, do="choice", place="main.account", key=None, go="person", words=words)
    assert load(added)[1] == []
    assert touched(MENUS, added) == [
        ("languages/en-US.yaml", [], ['main.account.choices.person: "For a person"']),
        ("main.yaml", [], ["    4: {for: 转人工, go: person}"]),
    ]
    led = done(added, do="choice", place="main.account", key="4", go="person.message", words={"en-US": "A message"})
    assert data(led)["languages/en-US.yaml"]["main.account.choices.person.message"] == "A message"
    assert "main.account.choices.person" not in data(led)["languages/en-US.yaml"]
    assert done(added, do="choice", place="main.account", key="4", to_key=None) == MENUS


def test_the_last_key_leaves_an_empty_menu_to_which_one_can_be_added() -> None:
    files = small()
    none = done(files, do="choice", place="person.choice", key="1", to_key=None)
    assert data(none)["person.yaml"]["choice"]["choices"] == {}
    again = done(none, do="choice", place="person.choice", key="1", go="message", words={"zh-CN": "留言"})
    assert data(again)["person.yaml"] == data(files)["person.yaml"]


@pytest.mark.parametrize("kind", sorted(marks.known()))
def test_a_node_of_every_kind_can_be_added_with_what_it_must_have(kind: str) -> None:
    made = done(MENUS, do="add", place="main.fresh", kind=kind)
    node = data(made)["main.yaml"]["fresh"]
    required = [info.alias or name for name, info in marks.known()[kind].model_fields.items() if info.is_required()]
    assert list(node) == ["kind", *required]
    assert len(touched(MENUS, made)) == 1
    if "say" in required:
        assert any("'say' is empty: fill it in" in problem.words for problem in load(made)[1])


def test_a_node_is_added_with_its_words_in_all_languages() -> None:
    words = {"say": {"zh-CN": "再见。", "en-US": "Goodbye."}}
    made = done(MENUS, do="add", place="main.bye", kind="hangup", words=words)
    made = done(made, do="set", place="main.more", path=["choices", "2", "go"], value="bye")
    assert load(made)[1] == []
    assert made["main.yaml"].endswith("\n\nbye:\n  kind: hangup\n  say: 再见。\n")


def test_a_field_less_takes_its_translations_along() -> None:
    made = done(MENUS, do="set", place="main.choose", path=["help"], value=None)
    assert load(made)[1] == []
    assert [file for file, _, _ in touched(MENUS, made)] == ["languages/en-US.yaml", "main.yaml"]


def test_a_new_field_stands_where_its_kind_has_it() -> None:
    made = done(MENUS, do="set", place="main.more", path=["help"], value="帮助")
    assert list(data(made)["main.yaml"]["more"]) == ["kind", "say", "help", "choices"]


def test_queues_hours_and_the_hotline_are_set_by_their_files_names() -> None:
    made = done(MENUS, do="set", place="queues.fraud", path=["limit"], value=150)
    made = done(made, do="set", place="hours", path=["queues", "general", "saturday"], value="09:00-12:00")
    day = {"date": "2027-02-05", "hours": "09:00-12:00", "queues": ["general"], "why": "除夕"}
    made = done(made, do="set", place="hours", path=["exceptions"], value=[day])
    made = done(made, do="set", place="hotline", path=["limits", "misses"], value=2)
    assert load(made)[1] == []
    assert [(len(gone), come) for _, gone, come in touched(MENUS, made)] == [
        (1, ["  misses: 2"]),
        (1, ['  general: {monday-friday: "09:00-18:00", saturday: "09:00-12:00"}']),
        (1, ["exceptions:", '  - {date: "2027-02-05", hours: "09:00-12:00", queues: [general], why: 除夕}']),
        (1, ["  limit: 150"]),
    ]
    again = done(made, do="set", place="hours", path=["exceptions", 0, "hours"], value="closed")
    assert data(again)["hours.yaml"]["exceptions"][0]["hours"] == "closed"
    assert (
        data(done(again, do="set", place="hours", path=["exceptions", 0], value=None))["hours.yaml"]["exceptions"] == []
    )


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  kind: say # why\n  say: |\n    two\n    lines\n\n  # then what\n  then: b\n",
        "a: {kind: say, say: x, then: b}\n",
        "a:\n  then: b\n  say:\n  kind: say",
        "{a: {kind: say, say: 'x', then: b}}\n",
        'a:\n  kind: say\n  say: plain\n    goes on\n  then: "b"   # there\n',
    ],
)
def test_texts_written_in_other_ways_can_be_edited_too(text: str) -> None:
    files = {**small(), "odd.yaml": text}
    for value in ("new", "10", "x: y"):
        made = done(files, do="set", place="odd.a", path=["say"], value=value)
        assert data(made)["odd.yaml"]["a"] == {"kind": "say", "say": value, "then": "b"}
    assert "must" in data(done(files, do="set", place="odd.a", path=["must"], value=True))["odd.yaml"]["a"]
    assert all(
        part in done(files, do="set", place="odd.a", path=["say"], value="z")["odd.yaml"] for part in _notes(text)
    )


def _notes(text: str) -> list[str]:
    return [line[line.index("#") :] for line in text.split("\n") if "#" in line]


@pytest.mark.parametrize(
    "edit",
    [
        {"do": "set", "place": "main.gone", "path": ["say"], "value": "x"},
        {"do": "set", "place": "emergency", "path": ["announcement"], "value": "x"},
        {"do": "set", "place": "main.choose", "path": ["say", "deeper"], "value": "x"},
        {"do": "set", "place": "../main", "path": ["say"], "value": "x"},
        {"do": "words", "language": "fr-FR", "place": "main.start.say", "value": "x"},
        {"do": "words", "language": "zh-CN", "place": "main.choose.choices.nowhere", "value": "x"},
        {"do": "add", "place": "main.new", "kind": "spell"},
        {"do": "add", "place": "main.more", "kind": "say"},
        {"do": "remove", "place": "main.gone"},
        {"do": "choice", "place": "main.choose", "key": "6"},
        {"do": "choice", "place": "main.choose", "key": None, "to_key": "1", "go": "person"},
        {"do": "file", "name": "../etc/passwd", "text": "x"},
        {"do": "file", "name": "emergency.yaml", "text": "x"},
        {"do": "words", "language": "zh-CN", "place": "main.start.say", "value": "\ud800"},
    ],
)
def test_an_edit_that_cannot_be_made_is_refused_in_words(edit: dict[str, Any]) -> None:
    with pytest.raises((EditError, ValueError)) as refusal:
        done(MENUS, **edit)
    assert str(refusal.value)


def test_a_file_that_is_broken_is_told_with_its_line_and_mended_as_text() -> None:
    broken = {**MENUS, "main.yaml": MENUS["main.yaml"].replace("  say: 支付和资金。", "  say: [")}
    with pytest.raises(EditError) as refusal:
        done(broken, do="set", place="main.choose", path=["say"], value="x")
    assert [problem.file for problem in refusal.value.problems] == ["main.yaml", "main.yaml"]
    assert refusal.value.problems[0].line > 1
    typed = "\ufeff" + MENUS["main.yaml"].replace("\n", "\r\n").rstrip()
    assert done(broken, do="file", name="main.yaml", text=typed) == MENUS
    assert "main.yaml" not in done(broken, do="file", name="main.yaml", text=None)
