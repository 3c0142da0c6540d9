"""What only the whole of the menus shows to be wrong."""

from collections.abc import Iterator, Mapping

from ivr.flow.flow import Flow
from ivr.flow.node import Path, Piece
from ivr.flow.problem import Problem
from ivr.flow.text import Text
from ivr.flow.traps import traps
from ivr.flow.words import FORMATS, SUITING, gaps

MOST_CHARACTERS = 500
READ_BACK = "hotline.phrases.keyed_"
HOUSE: Mapping[str, str] = {"email": "address", "hotline": "phone"}  # What the hotline's own facts are.


def check(
    flow: Flow,
    texts: Mapping[str, Text],
    declared: frozenset[str],
    bad: frozenset[str],
    music: frozenset[str] | None,
) -> list[Problem]:
    """Return every problem between files: targets, translations, gaps, keys, queues, traps, nodes nothing leads to.

    `declared` are all places written down, also those of nodes that could not be read and so are not in the flow.
    What depends on a `bad` place, which could not be read, is not told: it would be advice to remove what is good.
    `music` are the files to wait by, None where nobody looked.
    """
    lost = list(_targets(flow, declared, bad))
    found = [*lost, *_own(flow), *_translations(flow, texts, bad), *_gaps(flow, bad), *_keys(flow), *_names(flow)]
    found += [] if "queues" in bad else [*_queues(flow), *_music(flow, music)]
    found += [] if bad else _lifeboat(flow)
    if not lost and not bad:
        found += traps(flow)
    if not found and not bad:
        found = list(_unreached(flow))
    return [Problem(file, texts[file].line(path) if file in texts else 1, words) for file, path, words in found]


Found = tuple[str, Path, str]


def _home(place: str) -> tuple[str, str]:
    file, _, name = place.partition(".")
    return f"{file}.yaml", name


def _within(place: str, bad: frozenset[str]) -> bool:
    names = place.split(".")
    return any(".".join(names[:end]) in bad for end in range(1, len(names) + 1))


def _targets(flow: Flow, declared: frozenset[str], bad: frozenset[str]) -> Iterator[Found]:
    exits = [("hotline.yaml", path, "hotline.x", name) for path, name in flow.hotline.marked("place")]
    for place, node in flow.nodes.items():
        file, own = _home(place)
        exits += [(file, (own, *path), place, name) for path, name in node.exits()]
    for file, path, here, name in exits:
        place, own = flow.place(here, name), here.partition(".")[0]
        if place not in declared and f"{own}.{name}" not in declared and own not in bad and not _within(place, bad):
            yield file, path, f"{name!r} leads nowhere: there is no node {place!r}"


def _own(flow: Flow) -> Iterator[Found]:
    for place, node in flow.nodes.items():
        if any(flow.place(place, name) not in flow.nodes for _, name in node.exits()):
            continue  # Told already, and a node may look at where it leads.
        file, own = _home(place)
        yield from ((file, (own, *path), words) for path, words in node.problems(flow))


def _translations(flow: Flow, texts: Mapping[str, Text], bad: frozenset[str]) -> Iterator[Found]:
    base, *others = flow.words.items()
    for language, words in others:
        file = f"languages/{language}.yaml"
        if file not in texts:
            yield file, (), f"the file is missing: it holds the words in {language}, which hotline.yaml names"
        elif file.removesuffix(".yaml") not in bad:
            missing = (place for place in base[1] if not words.get(place))
            yield from ((file, (place,), f"the words for {place} are missing") for place in missing)
            extra = (place for place in words if place not in base[1] and not _within(place, bad))
            yield from ((file, (place,), f"nothing in the menus is called {place}: remove it") for place in extra)


def _gaps(flow: Flow, bad: frozenset[str]) -> Iterator[Found]:
    known = _known(flow)
    for language, words in flow.words.items():
        for place, text in words.items():
            file, path = _where(flow, language, place)
            try:
                named = sorted(gaps(text))
                meant = sorted(gaps(flow.words[flow.base].get(place, text)))
            except ValueError as error:
                yield file, path, str(error)
                continue
            yield from (
                (file, path, f"nothing tells {name!r}: no node asks for it")
                for name, _ in named
                if name not in known and not bad
            )
            yield from ((file, path, words) for words in _unsuiting(place, named, known))
            if named != meant:
                yield file, path, f"{place} mentions other facts here than in {flow.base}"
            if len(text) > MOST_CHARACTERS:
                yield file, path, f"{len(text)} characters are more than the carrier speaks at once ({MOST_CHARACTERS})"


def _known(flow: Flow) -> dict[str, set[str]]:
    """Return the formats in which each fact can be spoken that words may mention."""
    known = {"keyed": {"digits"}} | {name: {*SUITING[HOUSE[name]]} for name in flow.hotline.facts}
    for node in flow.nodes.values():
        for name, sort in node.learns().items():
            known.setdefault(name, set()).update(SUITING[sort])
    return known


def _unsuiting(place: str, named: list[tuple[str, str]], known: Mapping[str, set[str]]) -> Iterator[str]:
    for name, form in named:
        suiting = known.get(name, {form})
        if name == "keyed" and place.startswith(READ_BACK):  # Each of these is for one form of what was keyed.
            suiting = {place.removeprefix(READ_BACK)}
        if form not in suiting:
            one = min(suiting, key=FORMATS.index)
            yield f"{{{name}:{form}}} cannot be spoken so: write {{{name}:{one}}}"


def _where(flow: Flow, language: str, place: str) -> tuple[str, Path]:
    if language != flow.base:
        return f"languages/{language}.yaml", (place,)
    file, *path = place.split(".")
    return f"{file}.yaml", tuple(path)


def _queues(flow: Flow) -> Iterator[Found]:
    pieces: list[tuple[str, Path, Piece]] = [("hotline.yaml", (), flow.hotline)]
    pieces += [(f"{file}.yaml", (), matter) for file, matter in flow.matters.items()]
    pieces += [(file, (own,), node) for place, node in flow.nodes.items() for file, own in [_home(place)]]
    for file, own, piece in pieces:
        for path, name in piece.marked("queue"):
            if name not in flow.queues:
                yield file, (*own, *path), f"there is no queue {name!r}: queues.yaml has {', '.join(flow.queues)}"
    for name, queue in flow.queues.items():
        if (queue.router == "taskrouter") != bool(queue.workflow):
            yield "queues.yaml", (name, "router"), "router: taskrouter goes with a workflow (WW…), and only with it"
    for name in sorted(flow.queues.keys() - flow.schedule.queues):
        yield "hours.yaml", ("queues",), f"the queue {name!r} has no hours: add it"
    for name in sorted(flow.schedule.queues - flow.queues.keys()):
        yield "hours.yaml", ("queues", name), f"there is no queue {name!r}: queues.yaml has {', '.join(flow.queues)}"


def _music(flow: Flow, music: frozenset[str] | None) -> Iterator[Found]:
    for name, queue in flow.queues.items():
        if music is not None and queue.music not in music:
            known = ", ".join(sorted(music)) or "none yet"
            words = f"there is no music {queue.music!r} in the folder music/ of the recordings: there is {known}"
            yield "queues.yaml", (name, "music"), words


def _lifeboat(flow: Flow) -> Iterator[Found]:
    boat = flow.hotline.lifeboat
    if boat and boat.matter not in flow.matters:
        words = f"there is no matter {boat.matter!r}: there is {', '.join(flow.matters)}"
        yield "hotline.yaml", ("lifeboat", "matter"), words


def _keys(flow: Flow) -> Iterator[Found]:
    uses: dict[str, str] = {}
    for use, key in flow.hotline.keys.model_dump().items():
        if key == "#":
            yield "hotline.yaml", ("keys", use), "key # ends a number that is keyed in: choose another key"
        elif key in uses:
            yield "hotline.yaml", ("keys", use), f"key {key} already means {uses[key]!r}: choose another key"
        uses[key] = use


def _names(flow: Flow) -> Iterator[Found]:
    files = {place.partition(".")[0] for place in flow.nodes}
    for place in flow.nodes:
        file, name = _home(place)
        if name in files:
            yield file, (name,), f"a node must not be called like the file {name}.yaml: choose another name"


def _unreached(flow: Flow) -> Iterator[Found]:
    todo = [flow.place("hotline.x", name) for _, name in flow.hotline.marked("place")]
    reached: set[str] = set()
    while todo:
        if (place := todo.pop()) not in reached:
            reached.add(place)
            todo += [flow.place(place, name) for _, name in flow.nodes[place].exits()]
    for place in flow.nodes:
        if place not in reached:
            file, name = _home(place)
            yield file, (name,), f"nothing leads to {place}: lead there or remove it"
