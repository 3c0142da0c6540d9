"""Where a caller would be trapped: what can be told without walking whole calls."""

from collections.abc import Iterator

from ivr.flow.flow import Flow
from ivr.flow.node import Node, Path

Trap = tuple[str, Path, str]


def traps(flow: Flow) -> Iterator[Trap]:
    """Yield (file, path, plain words) for rounds in which nobody is asked anything, and ways out that help nobody.

    Every place that the flow names must be in it.
    """
    for place in flow.nodes:
        if (way := _round(flow, place)) and place == min(way):
            words = f"this goes round for ever without asking the caller anything: {' → '.join((*way, place))}"
            yield *_home(place), words
    for path, name in flow.hotline.marked("place"):
        if path != ("start",) and not _helps(flow, flow.place("hotline.x", name)):
            yield "hotline.yaml", path, _words(path, name)
    for place, node in flow.nodes.items():
        file, own = _home(place)
        for path, name in node.exits():
            if _way_out(node, path) and not _good(flow, path, flow.place(place, name)):
                yield file, (*own, *path), _words(path, name)


def _home(place: str) -> tuple[str, Path]:
    file, _, name = place.partition(".")
    return f"{file}.yaml", (name,)


def _words(path: Path, name: str) -> str:
    return (
        f"{path[-1]!r} leads to {name!r}, where the caller finds no person, message or call back: lead to one of them"
    )


def _way_out(node: Node, path: Path) -> bool:
    """Tell whether this exit is for whoever cannot go on: was not understood, or did not get a person."""
    return path == ("missed",) or (node.reaches and path != ("then",))


def _good(flow: Flow, path: Path, place: str) -> bool:
    """Tell whether a way out helps; to a freeze callers may be asked things, but all ways on from there help."""
    if path != ("freeze",) or not flow.nodes[place].asks:
        return _helps(flow, place)
    following = [flow.place(place, name) for _, name in flow.nodes[place].exits()]
    return bool(following) and all(_helps(flow, after) for after in following)


def _helps(flow: Flow, place: str, offered: bool = True, passed: frozenset[str] = frozenset()) -> bool:
    """Tell whether a person, a message or a call back comes next, or (where that counts) is `offered` by a key."""
    node = flow.nodes[place]
    following = [(path, flow.place(place, name)) for path, name in node.exits()]
    if node.reaches:
        return True
    if not node.asks:
        return (
            bool(following)
            and place not in passed
            and all(_helps(flow, after, offered, passed | {place}) for _, after in following)
        )
    return offered and any(_helps(flow, after, False) for path, after in following if path[0] == "choices")


def _round(flow: Flow, place: str) -> tuple[str, ...]:
    """Return the places by which a call would come back to this one without being asked anything; () for none."""
    ways: list[tuple[str, ...]] = [(place,)]
    seen = set[str]()
    for way in ways:  # They grow while we go along them, the shortest first.
        node = flow.nodes[way[-1]]
        for after in (flow.place(node.place, name) for _, name in node.exits() if not node.asks):
            if after == place:
                return way
            if after not in seen:
                seen.add(after)
                ways.append((*way, after))
    return ()
