"""The way through the new menus to what a caller wants, where it is not offered at the prompt at which they stand."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from ivr.flow.flow import Flow
from ivr.flow.replay.meaning import nearest
from ivr.flow.replay.stand import Choice, choices

MOST: Final = 3  # Keys, on the way to where the choice is offered.


class Way(NamedTuple):
    """The keys that lead to a prompt; `several` says that others lead as soon to what is not the same."""

    keys: str
    several: bool = False


@dataclass(frozen=True)
class Moved:
    """Finds ways from prompt to prompt, by keys; each once."""

    old: Flow
    new: Flow
    _known: dict[tuple[object, ...], Way | None] = field(default_factory=dict)

    def to(self, choice: Choice, menu: str, trail: tuple[str, ...], language: str) -> Way | None:
        """Return the shortest way to where a choice is offered that stood in this old menu, also by going back.

        A menu that offered it before, beside this one, is not where it moved to. None where there is none.
        """
        asked = (choice, menu, trail[-MOST - 1 :], language)
        if asked not in self._known:
            self._known[asked] = self._search(choice, menu, trail, language)
        return self._known[asked]

    def on(self, here: str, place: str) -> Way | None:
        """Return the shortest way by choices from one prompt on to another."""
        asked = (here, place)
        if asked not in self._known:
            found = (keys for keys, one in self._from([("", here)]) if one == place)
            self._known[asked] = next(map(Way, found), None)
        return self._known[asked]

    def _search(self, choice: Choice, menu: str, trail: tuple[str, ...], language: str) -> Way | None:
        back = self.new.hotline.keys.back
        starts = [(back * steps, place) for steps, place in enumerate(reversed(trail[-MOST - 1 :]))]
        found: list[tuple[str, str]] = []
        for keys, place in self._from(starts):
            if place == menu or not self._means(choice, choices(self.old, place, language)):
                targets = self._means(choice, choices(self.new, place, language))
                found += [(keys, target) for target in targets]
        soonest = {target for keys, target in found if len(keys) == len(found[0][0])}
        return Way(found[0][0], len(soonest) > 1) if found else None

    def _means(self, choice: Choice, offered: Mapping[str, Choice]) -> list[str]:
        """Return where it leads what means this choice; where many lead to the same place, only words tell."""
        key = nearest(choice, offered)
        if not key or (offered[key].words != choice.words and self._led[choice.target] > 1):
            return []
        return [offered[key].target]

    @cached_property
    def _led(self) -> Mapping[str, int]:
        """How many choices of the old menus lead to each place."""
        led = (choices(self.old, place, self.old.base).values() for place in self.old.nodes)
        return Counter(one.target for offered in led for one in offered)

    def _from(self, starts: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield (keys, prompt) for all prompts that are near, the nearest first, each once."""
        ahead, seen = [(len(keys), keys, place) for keys, place in starts], set[str]()
        heapify(ahead)
        while ahead:
            length, keys, place = heappop(ahead)
            if place not in seen:
                seen.add(place)
                yield keys, place
                if length < MOST:
                    for key, one in self._onward.get(place, ()):
                        heappush(ahead, (length + 1, keys + key, one))

    @cached_property
    def _onward(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Which prompts the keys of each menu lead to."""
        led = {place: choices(self.new, place, self.new.base) for place in self.new.nodes}
        return {
            place: tuple((key, prompt) for key, one in offered.items() for prompt in self._prompts(one.target))
            for place, offered in led.items()
        }

    def _prompts(self, place: str) -> Iterator[str]:
        """Yield where a call waits that comes to this place."""
        ahead, seen = [place], set[str]()
        for one in ahead:  # They grow while we go along them.
            node = self.new.nodes[one]
            if node.asks:
                yield one
            elif one not in seen:
                seen.add(one)
                ahead += [self.new.place(one, name) for _, name in node.exits()]
