"""Asking again: what every prompt has in common when the answer is silence or a wrong key."""

from ivr.flow.call import Call
from ivr.flow.events import Missed
from ivr.flow.flow import Flow
from ivr.flow.inputs import Input, Pressed
from ivr.flow.move import Go, Hold, Move, Prompt
from ivr.flow.waits import Wait


def ask(wait: Wait, *first: Prompt) -> Move:
    """Return the move that says something and waits for the answer."""
    return Move(Hold(wait), first)


def missed(flow: Flow, call: Call, heard: Input, wrong: str, again: Move, to: str | None) -> Move:
    """Return the prompt again, after saying what was wrong; at the limit of either counter, the way to a person.

    `wrong` names the phrase for an answer that is no silence; `to` is the way out, a person unless given.
    """
    miss = Missed("wrong" if isinstance(heard, Pressed) else "silence")
    counted = call.after(miss)
    if max(counted.silences, counted.wrongs) >= flow.hotline.limits.misses:
        return Move(Go(to or flow.hotline.person), (miss,))
    phrase = Prompt(f"hotline.phrases.{wrong if miss.why == 'wrong' else 'silence'}")
    return Move(again.then, (miss, phrase, *again.first))


def everywhere(flow: Flow, call: Call, finish: str = "") -> tuple[Prompt, ...]:
    """Return the words for the keys that mean the same at every prompt: first a person's, all of them the next time.

    Where a number is keyed, `finish` is the key that ends it, and so ends these, too: else they are heard late.
    Who was told that nobody is there is not invited to a person again, though the key still leads to what there is.
    """
    keys, closed = flow.hotline.keys, "closed" in call.facts
    named = (("person", keys.person), ("back", keys.back), ("again", keys.again))
    told = [one for one in named[: 3 if call.silences + call.wrongs else 1] if one[0] != "person" or not closed]
    return tuple(Prompt(f"hotline.phrases.{name}", key + finish) for name, key in told)
