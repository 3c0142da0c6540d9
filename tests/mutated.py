"""The shipped menus edited by chance, and callers by chance whom an edit may harm: `python -m tests.mutated`."""

import argparse
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Final

from ivr.flow.call import Call
from ivr.flow.engine import step
from ivr.flow.events import AskedBack, Learned, Missed
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, InLine, Input, LeftQueue, Pressed, Recorded, Silence
from ivr.flow.load import load
from ivr.flow.prove.proof import prove
from ivr.flow.prove.told import told
from ivr.flow.questions import QUESTIONS, answers
from ivr.flow.waits import Agent, Keys, Leaving, Lookup, Message, Room
from ivr.folders import menus
from tests.wired import Files, unchecked
from tests.world import OPEN, ROOT

EDITS: Final = 500
CALLS: Final = 150
STEPS: Final = 40
ENGLISH: Final = "languages/en-US.yaml"
APART: Final = ("hotline.yaml", "hours.yaml", "queues.yaml", ENGLISH)
MOMENTS: Final = (OPEN, OPEN + timedelta(hours=12))
NODE: Final = r"^[a-z_]+:\n(?:(?:  .*|#.*)\n)+"
HAN: Final = re.compile(r"[\u3400-\u9fff]")
ENGLISH_WORDS: Final = re.compile(r"[a-z]{2,} [a-z]{2,}")
OUTCOME: Final = r"^    [a-z_]+: [a-z_.]+\n"
LOOKUP: Final = r"^[a-z_]+:\n  kind: lookup\n(?:  .*\n)+"
SORTS: Final = ("silent", "wrong", "any")


@dataclass(frozen=True)
class Edit:
    """The shipped menus, edited: how, and their files."""

    number: int
    name: str
    files: Files


@cache
def shipped() -> Files:
    """Return the menus that we ship."""
    return menus(ROOT / "menus")


def edited(number: int) -> Edit:
    """Return the edit of this number."""
    chance = Random(number)
    name = [*KINDS][number % len(KINDS)]
    return Edit(number, name, KINDS[name](dict(shipped()), chance))


def refused(files: Files) -> str:
    """Return why the menus cannot be published, by `load` or by the proof; "" if they can."""
    flow, problems = load(files)
    if flow is None:
        return str(problems[0])
    return next((told(flow, trap) for trap in prove(flow, OPEN).traps), "")


def harm(files: Files, seed: int) -> str:
    """Return how callers by chance are trapped, or what they miss in their language; "" where all goes well."""
    try:
        flow = unchecked(files)
    except ValueError as error:
        return f"unreadable: {error}"
    if missing := [place for place in flow.words[flow.base] if not flow.words["en-US"].get(place)]:
        return f"never said in English: {missing[0]}"
    if mixed := [place for place, words in flow.words["en-US"].items() if HAN.search(words)]:
        return f"Chinese in English: {mixed[0]}"
    if mixed := [place for place, words in flow.words[flow.base].items() if ENGLISH_WORDS.search(words)]:
        return f"English in Chinese: {mixed[0]}"
    chance = Random(seed)
    found = (_trapped(flow, chance, SORTS[number % 3], MOMENTS[number // 3 % 2]) for number in range(CALLS))
    return next(filter(None, found), "")


def _trapped(flow: Flow, chance: Random, sort: str, at: datetime) -> str:
    """Return how one caller is trapped, who after some keys by chance is silent, or wrong, or goes on by chance."""
    call, keyed, helped = flow.new_call(), chance.randint(0, 6), False
    asked = Counter[str]()
    heard: Input = Answered("+8613800138000")
    for turn in range(STEPS):
        before = call
        try:
            done = step(flow, call, heard, at)
        except Exception as error:
            return f"breaks off at {before.node}: {error}"
        call = done.call
        helped = helped or _helps(heard, done.events, call)
        if any(len(said.words) > 500 for said in call.said):
            return f"words too long at {call.node}"
        if call.ended:
            return _cut_off(before, heard, done.events, call) if not helped else ""
        if isinstance(call.wait, Agent):
            asked.clear()
        asked[call.node] += turn > keyed and isinstance(call.wait, Keys)
        if sort != "any" and not helped and max(asked.values()) > 2 * flow.hotline.limits.misses + 2:
            return f"round at {call.node}"
        heard = _next(flow, call, chance, sort if turn > keyed else "any")
    return ""


def _helps(heard: Input, events: tuple[object, ...], call: Call) -> bool:
    left = (isinstance(one, AskedBack) or (isinstance(one, Learned) and one.name == "message") for one in events)
    return heard == LeftQueue("bridged") or call.reached is not None or any(left)


def _cut_off(before: Call, heard: Input, events: tuple[object, ...], call: Call) -> str:
    missed = isinstance(heard, Silence) or any(isinstance(one, Missed) for one in events)
    unwanted = missed or isinstance(heard, Answered | LeftQueue | InLine) or heard == Pressed("0")
    return f"cut off at {before.node}" if unwanted and call.ended in ("finished", "hung-up") else ""


def _next(flow: Flow, call: Call, chance: Random, sort: str) -> Input:
    match call.wait:
        case Keys(most):
            meant = {*flow.nodes[call.node].keys(flow, call), *flow.hotline.keys.model_dump().values()}
            wrong = Pressed(min({*"123456789"} - meant, default="#") if most == 1 else "1")
            return {"silent": Silence(), "wrong": wrong}.get(sort) or _keyed(flow, call, chance)
        case Agent():
            return chance.choice((LeftQueue("queue-full"), LeftQueue("bridged"), InLine(1, 0, agents=1)))
        case Room():
            waits = InLine(1, 0, "1", agents=1), InLine(1, 0, "2", agents=1), InLine(1, 9999, agents=1)
            return chance.choice((*waits, LeftQueue("error"), InLine(1, 0, agents=0)))
        case Leaving():
            return LeftQueue("leave")
        case Lookup(question):
            return chance.choice(answers(question))
        case Message():
            return Recorded("", 0) if sort == "silent" else Recorded("RE1", 5)
    return LeftQueue("bridged")


def _keyed(flow: Flow, call: Call, chance: Random) -> Input:
    keys = flow.nodes[call.node].keys(flow, call)
    return Pressed(chance.choice((*keys, *keys, *keys, "0", "*")))


def _in(files: Files, chance: Random, pattern: str, new: Callable[[str], str]) -> Files:
    """Return the files with one match of a pattern, in any file of nodes, written anew."""
    found = [
        (name, match)
        for name, text in files.items()
        if name not in APART
        for match in re.finditer(pattern, text, re.MULTILINE)
    ]
    name, match = chance.choice(found)
    text = files[name]
    return files | {name: text[: match.start()] + new(match[0]) + text[match.end() :]}


def _place(files: Files, chance: Random) -> str:
    file = chance.choice([name for name in files if name not in APART])
    names = re.findall(r"^([a-z_]+):\n", files[file], re.MULTILINE)
    return f"{file.removesuffix('.yaml')}.{chance.choice(names)}"


def _key(files: Files, chance: Random) -> Files:
    """Lead a key of some menu elsewhere, or remove it, and its translation with it, as the editor does."""
    made = _in(files, chance, r"^    \d: \{for: .*\n", lambda _: "?")
    name = next(name for name in files if made[name] != files[name])
    before = made[name].partition("?")[0]
    line = files[name][len(before) :].partition("\n")[0]
    node, old = re.findall(r"^([a-z_]+):$", before, re.MULTILINE)[-1], re.findall(r"go: ([a-z_.]+)", line)[0]
    new = chance.choice((_place(files, chance), _place(files, chance), ""))
    row = rf"^({name.removesuffix('.yaml')}\.{node}\.choices\.){re.escape(old)}(: .*\n)"
    english = re.sub(row, rf"\g<1>{new}\2" if new else "", files[ENGLISH], flags=re.MULTILINE)
    written = f"{line.replace(f'go: {old}', f'go: {new}')}\n" if new else ""
    return made | {name: made[name].replace("?", written, 1), ENGLISH: english}


def _lead(*fields: str) -> Callable[[Files, Random], Files]:
    pattern = "|".join(rf"(?<={field}: )[a-z_.]+" for field in fields)
    return lambda files, chance: _in(files, chance, pattern, lambda _: _place(files, chance))


def _write(pattern: str, *new: str) -> Callable[[Files, Random], Files]:
    return lambda files, chance: _in(files, chance, pattern, lambda _: chance.choice(new))


def _hotline(pattern: str, *new: str) -> Callable[[Files, Random], Files]:
    return lambda files, chance: (
        files
        | {"hotline.yaml": re.sub(pattern, chance.choice(new), files["hotline.yaml"], count=1, flags=re.MULTILINE)}
    )


def _english(new: Callable[[str], str]) -> Callable[[Files, Random], Files]:
    def plant(files: Files, chance: Random) -> Files:
        lines = files[ENGLISH].splitlines()
        at = chance.choice([number for number, line in enumerate(lines) if re.match(r"[a-z_]+\.", line)])
        lines[at] = new(lines[at])
        return files | {ENGLISH: "\n".join(lines) + "\n"}

    return plant


def _missed(files: Files, chance: Random) -> Files:
    """Have a menu lead who misses back to itself, or to any other place."""
    place = _place(files, chance)
    file, name = place.split(".")
    to = chance.choice((name, name, "main.choose", _place(files, chance)))
    text = re.sub(
        rf"^({name}:\n  kind: (?:menu|collect)\n)", rf"\1  missed: {to}\n", files[f"{file}.yaml"], flags=re.MULTILINE
    )
    return files | {f"{file}.yaml": text}


def _outcome(files: Files, chance: Random) -> Files:
    """Lead what the wallet answers elsewhere."""
    return _in(files, chance, OUTCOME, lambda line: f"{line.partition(': ')[0]}: {_place(files, chance)}\n")


def _round_again(files: Files, chance: Random) -> Files:
    """Have a look-up without an answer lead to itself."""

    def again(node: str) -> str:
        name, why = node.partition(":")[0], chance.choice(("unavailable", "slow"))
        return re.sub(rf"^    {why}: .*$", f"    {why}: {name}", node, flags=re.MULTILINE)

    return _in(files, chance, LOOKUP, again)


def _unproven(files: Files, chance: Random) -> Files:
    """Have what leads to a proof lead past it."""
    proofs = [
        (name, match[1], match[2])
        for name, text in files.items()
        if name not in APART
        for match in re.finditer(r"^([a-z_]+):\n  kind: verify\n(?:  .*\n)*?  then: ([a-z_.]+)\n", text, re.MULTILINE)
    ]
    name, proof, then = chance.choice(proofs)
    return files | {name: re.sub(rf"(?<=: ){proof}(?=[,}}\n])", then, files[name])}


KINDS: Final[dict[str, Callable[[Files, Random], Files]]] = {
    "a key led elsewhere or removed": _key,
    "what comes next led elsewhere": _lead("then"),
    "a way out led elsewhere": _lead("missed", "full", "closed", "waited", "message", "callback", "open"),
    "an outcome led elsewhere": _outcome,
    "an outcome removed": _write(OUTCOME, ""),
    "unavailable or slow led round": _round_again,
    "another question": _write(r"^  ask: [a-z_]+$", *(f"  ask: {one}" for one in QUESTIONS)),
    "proof passed by": _unproven,
    "where proof leads": _lead("refused", "unavailable"),
    "a node removed": _write(NODE, ""),
    "missed removed": _write(r"^  missed: .*\n", ""),
    "a choice removed, not its translation": _write(r"^    \d: \{for.*\n", ""),
    "who misses led round": _missed,
    "a translation dropped": _english(lambda line: ""),
    "Chinese in English": _english(lambda line: line.replace(': "', ': "请', 1)),
    "English for Chinese": _write(r"(?<=  say: )[^\"{}\n]+$", "Please say this in English.", "好 please press one now"),
    "a limit": _hotline(r"misses: 3|turns: 30", "misses: 1", "misses: 5", "misses: 9", "turns: 10", "turns: 2"),
    "long words": _write(r"(?<=  say: )[^\"{}\n]+$", "长" * 501, "长" * 490),
    "where calls begin or are put through": _hotline(
        r"^(start|person): .*$", r"\1: person.goodbye", r"\1: person.full", r"\1: main.more", r"\1: stolen"
    ),
    "a key of everywhere": _hotline(r'(?<=person: )"0"', '"1"', '"6"', '"*"', '"#"'),
    "too many misses to": _hotline(r"then: person.enough", "then: person.goodbye", "then: person.survey", "then: main"),
    "after the talk": _write(r"^  (then: survey|bye: .*)$", "  then: goodbye", "  then: start", "  then: main.more"),
}


def lines(count: int) -> Iterator[str]:
    """Yield what is refused without harm, what harms without being refused, and how many there are of each."""
    counted = Counter[tuple[str, str]]()
    for number in range(count):
        edit = edited(number)
        why, harms = refused(edit.files), harm(edit.files, number)
        counted[edit.name, f"{'refused' if why else 'taken'}, {'harmful' if harms else 'harmless'}"] += 1
        if bool(why) != bool(harms):
            yield f"{number} {edit.name}: {f'refused: {why}' if why else f'NOT REFUSED: {harms}'}"
    yield from (f"{name:<40} {sort:<18} {number:>4}" for (name, sort), number in sorted(counted.items()))


def main() -> None:
    """Print what became of all edits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=EDITS)
    for line in lines(parser.parse_args().edits):
        print(line, flush=True)


if __name__ == "__main__":
    main()
