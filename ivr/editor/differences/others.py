"""How all else differs: translations, hours, queues, and every other setting."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ivr.editor import marks
from ivr.editor.differences.nodes import Renamed, field_told
from ivr.editor.differences.phrases import ALWAYS, BETWEEN, DAYS, NONE, NOTHING, in_language, phrase
from ivr.editor.differences.side import Difference, Side, shown
from ivr.editor.moves import short
from ivr.flow.hours import notation
from ivr.flow.load import HEADER

LANGUAGES: Final = "languages/"
MISSING: Final = object()


def translations(old: Side, new: Side, file: str, names: Renamed) -> Iterator[Difference]:
    """Yield how the words of another language differ; those of a node that is gone are gone with it."""
    tag = file.removeprefix(LANGUAGES).removesuffix(".yaml")
    now = new.data.get(file, {})
    was = {_key(old, new, one, names): words for one, words in old.data.get(file, {}).items()}
    for key in dict.fromkeys([*was, *now]):
        before, words = was.get(key), now.get(key)
        place = ".".join(key.split(".")[:2])
        if before == words or (words is None and place in old.places and place not in new.places):
            continue
        name = "words_new" if before is None else "words_gone" if words is None else "words_in"
        told = phrase(name, new.reader, language=new.tongue(tag), title=_title(new, key, place), old=before, new=words)
        yield Difference(place if place in new.places else key, told, (file,))


def _title(side: Side, key: str, place: str) -> str:
    field = key[len(place) + 1 :]
    return field if "." in field or place not in side.places else side.title(field, place)


def _key(old: Side, new: Side, key: str, names: Renamed) -> str:
    """Return what words are called now, where they follow a node that is called otherwise."""
    file, _, rest = key.partition(".")
    name, _, field = rest.partition(".")
    place = f"{file}.{name}"
    if place not in old.places:
        return key
    after = names.get(place, place)
    if field.startswith("choices."):
        target = old.target(f"{file}.yaml", field.removeprefix("choices."))
        if target in names or place in names:
            home = f"{after.partition('.')[0]}.yaml"
            field = f"choices.{short(new.places, home, names.get(target, target))}"
    return f"{after}.{field}"


def settings(old: Side, new: Side, file: str) -> Iterator[Difference]:
    """Yield how all that is no node differs in a file."""
    was, now = _settings(old, file), _settings(new, file)
    if file == "hours.yaml":
        yield from _hours(new, file, was, now)
        was, now = ({key: one for key, one in side.items() if key != "queues"} for side in (was, now))
    for path, before, value in leaves(was, now):
        place, field = f"{marks.stem(file)}.{'.'.join(path[:-1])}".rstrip("."), path[-1]
        if (
            file == "queues.yaml"
            and field in ("limit", "longest")
            and len(path) == 2
            and MISSING not in (before, value)
        ):
            name = "queue_holds" if field == "limit" else "queue_longest"
            yield Difference(place, phrase(name, new.reader, queue=path[0], old=before, new=value), (file,))
            continue
        if isinstance(before, list) and isinstance(value, list):
            yield from (Difference(place, told, (file,)) for told in _entries(new, field, before, value))
            continue
        gone = [None if one is MISSING else shown(one) for one in (before, value)]
        yield Difference(place, field_told(new, new.title(field), *gone), (file,))
    yield from _orders(new, file, was, now)


def _settings(side: Side, file: str) -> Mapping[str, Any]:
    data = side.data.get(file, {})
    own = {name for _, name in marks.nodes({file: data}).values()}
    return {key: value for key, value in data.items() if key in HEADER or key not in own}


def leaves(was: Any, now: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield (path, before, now) of all that differs in two mappings, MISSING for what is not there."""
    for key in dict.fromkeys([*was, *now]):
        before, value = was.get(key, MISSING), now.get(key, MISSING)
        if isinstance(before, dict) and isinstance(value, dict):
            yield from leaves(before, value, (*path, key))
        elif before != value:
            yield (*path, key), before, value


def _entries(side: Side, field: str, was: list[Any], now: list[Any]) -> Iterator[str]:
    gone, fresh = [one for one in was if one not in now], [one for one in now if one not in was]
    for one in gone:
        yield phrase("entry_gone", side.reader, title=side.title(field), old=shown(one))
    for one in fresh:
        yield phrase("entry_new", side.reader, title=side.title(field), new=shown(one))
    if not gone and not fresh:
        yield phrase("order", side.reader, title=side.title(field), old=shown(was), new=shown(now))


def _orders(side: Side, file: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield where the first language is another one: what counts there is the order."""
    before, value = was.get("languages"), now.get("languages")
    if isinstance(before, dict) and isinstance(value, dict) and list(before) != list(value) and before == value:
        told = [in_language(BETWEEN, side.reader).join(one) for one in (before, value)]
        words = phrase("order", side.reader, title=side.title("languages"), old=told[0], new=told[1])
        yield Difference(marks.stem(file), words, (file,))


def _hours(side: Side, file: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    old, new = _queues(was), _queues(now)
    for queue in dict.fromkeys([*old, *new]):
        before, value = old.get(queue), new.get(queue)
        if before == value:
            continue
        weeks = [_week(one, side.reader) for one in (before, value)]
        changed: dict[tuple[str, str], list[str]] = {}
        for day, pair in enumerate(zip(*weeks, strict=True)):
            if pair[0] != pair[1]:
                changed.setdefault(pair, []).append(in_language(DAYS[day], side.reader))
        for (then, here), days in changed.items():
            told = {"queue": queue, "days": in_language(BETWEEN, side.reader).join(days), "old": then, "new": here}
            yield Difference(f"hours.{queue}", phrase("hours", side.reader, **told), (file,))


def _queues(hours: Mapping[str, Any]) -> dict[str, Any]:
    queues = hours.get("queues")
    return queues if isinstance(queues, dict) else {}


def _week(value: Any, reader: str) -> list[str]:
    """Return the hours of each weekday as they are written; of what is no week, what is written."""
    if value is None:
        return [in_language(NONE, reader)] * 7
    if value == "always":
        return [in_language(ALWAYS, reader)] * 7
    days = [in_language(NOTHING, reader)] * 7
    try:
        for names, hours in value.items():
            for day in notation.weekdays(names):
                days[day] = shown(hours)
    except (AttributeError, ValueError):
        return [shown(value)] * 7
    return days
