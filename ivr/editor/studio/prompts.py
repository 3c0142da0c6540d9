"""What a flow says, taken apart: the words of each key, what is left of the prompt, and which language it is in."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

HAN, KANA = re.compile("[\u3400-\u9fff]"), re.compile("[\u3040-\u30ff]")
SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；;])\s*|\n+")
UNSAID: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
ENGLISH: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIGNS: Final = {"star": "*", "asterisk": "*", "pound": "#", "hash": "#", "星号": "*", "米字": "*", "井号": "#"}
NAMES: Final = {
    name: str(digit) for names in (ENGLISH, "零一二三四五六七八九") for digit, name in enumerate(names)
} | SIGNS
KEY: Final = rf"(?P<key>[0-9*#]|{'|'.join(NAMES)})"
PRESS: Final = re.compile(
    rf"(?:(?:[,，]|\bor|\band|\bthen|\bplease)\s*)*\b(?:press|dial|hit|push|enter|select)\s+(?:the\s+)?"
    rf"(?:(?:key|number|button)\s+)?{KEY}(?![0-9a-z])(?:\s+(?:key|button))?"
    r"(?:\s+or\s+say\s+[\w ]+?(?=\s+(?:for|to)\b))?(?:,?\s+at\s+any\s?time)?",
    re.IGNORECASE,
)
PRESS_ZH: Final = re.compile(rf"[，,、\s]*(?:请|可以?)?(?:直接)?[按拨]\s*(?:数字)?键?\s*{KEY}(?![0-9])\s*号?键?")
BARE: Final = re.compile(r"(?:[,，]\s*|\bor\s+|\band\s+)*\b(?P<key>[0-9])(?=\s+(?:for|to)\b)", re.IGNORECASE)
AFTER: Final = re.compile(r"\s*,?\s*(?:for|to|if|when)\b", re.IGNORECASE)
AFTER_ZH: Final = re.compile(r"\s*(?:可以?|是|为)?[\u3400-\u9fff]")
END: Final = re.compile(r"[.;!?。；！？\n]")
MEANT: Final = re.compile(r",\s*((?:for|to|if)\b[^,]*)$", re.IGNORECASE)
JOINTS: Final = re.compile(r"^(?:(?:or|and|please|或者|或|以及|如需|请)(?![a-z])\s*)+|\s+(?:or|and)$", re.IGNORECASE)
EDGES: Final = " \t\n,，、.。;；:："


def plain(words: str) -> str:
    """Return words without what cannot be said, and with one space for each gap."""
    return " ".join(UNSAID.sub("", words).split())


def tongue(words: str, said: str, languages: Iterable[str]) -> str:
    """Return in which of the languages words are, by their script; else the tag that the flow gives them."""
    tag = said.partition("-")[0].lower()
    if KANA.search(words):
        tag = "ja"
    elif HAN.search(words) or (tag in ("cmn", "yue", "wuu") and not words.isascii()):
        tag = "zh"
    elif tag in ("", "zh", "cmn", "yue", "wuu", "ja"):
        tag = "en"
    return next((one for one in languages if one.startswith(f"{tag}-")), tag)


def by_language(words: str, said: str, languages: Iterable[str]) -> dict[str, str]:
    """Return the words by language, sentence by sentence."""
    made: dict[str, list[str]] = {}
    for sentence in filter(None, map(plain, SENTENCE.split(words))):
        made.setdefault(tongue(sentence, said, languages), []).append(sentence)
    return {language: _joined(sentences) for language, sentences in made.items()}


def _joined(sentences: list[str]) -> str:
    return "".join(one if HAN.search(one) else f"{one} " for one in sentences).strip()


def cut(words: str) -> tuple[str, dict[str, str]]:
    """Return what a prompt says but for its keys, and the words of each key: `For sales press 1`, `1 键查余额`."""
    mentions = _mentions(words)
    left, keys, at = [], dict[str, str](), 0
    for here, following in zip(mentions, [*mentions[1:], None], strict=True):
        gap = words[at : here.start()]
        if _follows(words, here, gap, mentions[-1]):
            close = END.search(words, here.end())
            ends = [one for one in (close and close.start(), following and following.start()) if one is not None]
            named, at = words[here.end() : min(ends, default=len(words))], min(ends, default=len(words))
        else:
            gap, named = _clause(gap)
            at = here.end()
        left.append(gap)
        key = here["key"].lower()
        keys.setdefault(NAMES.get(key, key), _choice(named))
    return _rest([*left, words[at:]]), keys


def _mentions(words: str) -> list[re.Match[str]]:
    found = [*PRESS.finditer(words), *PRESS_ZH.finditer(words)]
    taken = [range(one.start(), one.end()) for one in found]
    found += [one for one in BARE.finditer(words) if found and not any(one.start("key") in span for span in taken)]
    return sorted(found, key=lambda one: one.start())


def _follows(words: str, mention: re.Match[str], gap: str, last: re.Match[str]) -> bool:
    """Tell whether a key's words come after it: not where what comes before must be its words already.

    In Chinese, where both look alike, those after the prompt's last key tell.
    """
    if AFTER.match(words, mention.end()):
        return not AFTER.match(JOINTS.sub("", _clause(gap)[1].strip(EDGES)))
    return bool(AFTER_ZH.match(words, mention.end()) and AFTER_ZH.match(words, last.end()))


def _clause(gap: str) -> tuple[str, str]:
    """Return what stands before a key, in two: what is said beside, and what may be the key's own words."""
    start = max((found.end() for found in END.finditer(gap)), default=0)
    clause = gap[start:].rstrip(EDGES)
    if HAN.search(clause):
        start += max(clause.rfind(mark) for mark in "，,：:") + 1
    elif not AFTER.match(JOINTS.sub("", clause.strip(EDGES))) and (meant := MEANT.search(clause)):
        start += meant.start(1)
    return gap[:start], gap[start:]


def _choice(words: str) -> str:
    words = JOINTS.sub("", plain(words).strip(EDGES)).strip(EDGES)
    return words[:1].upper() + words[1:]


def _rest(parts: Iterable[str]) -> str:
    kept = (JOINTS.sub("", part.strip(" ,，、")).strip() for part in parts)
    return "\n".join(part for part in kept if part.strip(EDGES))


def matter(words: Mapping[str, str]) -> dict[str, str]:
    """Return a key's words as the name of a matter: without the For or To before it."""
    made = {language: re.sub(r"^(?:for|to)\s+", "", said, flags=re.IGNORECASE) for language, said in words.items()}
    return {language: said[:1].upper() + said[1:] for language, said in made.items()}
