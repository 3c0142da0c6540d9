"""Offer choices by key.

```yaml
start:
  kind: menu
  say: 请选择您要办理的业务。
  help: 请直接在电话键盘上按一个数字。
  choices:
    1: {for: 钱包被盗, go: stolen}
    2: {for: 账户冻结, go: frozen}
  missed: message        # after three silences or wrong keys; a person unless given
```
"""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from ivr.flow.asking import ask, everywhere, missed
from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.inputs import Input
from ivr.flow.move import Move, Prompt
from ivr.flow.node import Invitation, Key, Node, Path, Piece, Place, Words, go, keys_of
from ivr.flow.waits import Keys

MOST: Final = 6
WAIT: Final = Keys(most=1)


class Choice(Piece):
    """One key: the matter it stands for and where it leads."""

    matter: Invitation = Field(alias="for")
    go: Place


class Menu(Node):
    """At most six choices; the words that name a key are made from the key."""

    say: Words
    help: Words | None = None
    choices: dict[Key, Choice] = Field(min_length=1)
    missed: Place | None = None

    def enter(self, flow: Flow, call: Call) -> Move:
        """Offer other languages before any word that who needs them cannot follow; then the choices.

        In a call's first menu the key for a person is told as well.
        """
        person = () if call.trail else everywhere(flow, call)
        return ask(WAIT, *self._languages(flow, call), self.prompt("say"), *self._choices(flow), *person)

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Follow a choice, or offer them again, each time with more help."""
        if choice := self.choices.get(keys_of(heard)):
            return go(choice.go)
        help = (self.prompt("help"),) if self.help and call.silences + call.wrongs else ()
        again = ask(WAIT, *self._languages(flow, call), *help, *self._choices(flow), *everywhere(flow, call))
        return missed(flow, call, heard, "wrong", again, self.missed)

    def keys(self, flow: Flow, call: Call) -> tuple[str, ...]:
        """Return the keys of the choices."""
        return tuple(self.choices)

    def _choices(self, flow: Flow) -> Iterator[Prompt]:
        for key, choice in self.choices.items():
            if not self._language(flow, choice):
                yield self.prompt(f"choices.{choice.go}", keys=key)

    def _languages(self, flow: Flow, call: Call) -> Iterator[Prompt]:
        for key, choice in self.choices.items():
            language = self._language(flow, choice)
            if language and language != call.language:
                yield self.prompt(f"choices.{choice.go}", keys=key, language=language)
                yield self.prompt(f"choices.{choice.go}", keys=key)

    def _language(self, flow: Flow, choice: Choice) -> str:
        return flow.speakers.get(flow.place(self.place, choice.go), "")

    def prompts(self, use: str = "words") -> dict[str, str]:
        """Return place -> words; a choice is named by where it leads, so that renumbering keys keeps translations."""
        base = f"{self.place}.choices"
        named = {f"{base}.{key}.for": f"{base}.{choice.go}" for key, choice in self.choices.items()}
        return {named.get(place, place): words for place, words in super().prompts(use).items()}

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of too many choices, of keys that mean something else everywhere, of two keys that lead the same way."""
        globally, seen = flow.hotline.keys.model_dump(), set[str]()
        for key, choice in self.choices.items():
            for use in (name for name, taken in globally.items() if taken == key):
                yield ("choices", key), f"key {key} means {use!r} everywhere (hotline.yaml, keys): choose another key"
            if choice.go in seen:
                yield ("choices", key), f"two keys lead to {choice.go!r}: keep one of them"
            seen.add(choice.go)
        matters = sum(1 for choice in self.choices.values() if not self._language(flow, choice))
        if (heard := matters + (matters < len(self.choices))) > MOST:
            counted = " with the one for another language" if heard > matters else ""
            words = f"a caller hears {heard} choices{counted}, but keeps at most {MOST} in mind: make a submenu"
            yield ("choices",), words
