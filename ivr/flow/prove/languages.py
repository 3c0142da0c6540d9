"""What must hold of all words, walked or not: each language stands by itself, and keys come after what they mean."""

import re
from collections.abc import Iterator
from typing import Final

from ivr.flow import speech
from ivr.flow.flow import Flow
from ivr.flow.words import GAP

HAN: Final = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")
LATIN: Final = re.compile(r"[A-Za-z']{2,}")
SENTENCE: Final = re.compile(r"[A-Za-z']{2,}[ ,]+[A-Za-z']{2,}")
KEYS: Final = "0123456789*#"


def mixed(flow: Flow) -> Iterator[tuple[str, str]]:
    """Yield (words for operations, place) for words that are in another language than theirs, in part or whole."""
    for language, words in flow.words.items():
        signs = bool(HAN.search(speech.voice_of(language).number(1)))
        for place, text in words.items():
            plain = GAP.sub("", text)
            foreign = _not_in_signs(plain) if signs else HAN.search(plain)
            if foreign:
                yield f"{place} is to be in {language}, but has words of another language: {foreign[0]!r}", place


def _not_in_signs(words: str) -> re.Match[str] | None:
    """Return what is no Chinese: a whole phrase, or all there is; a name in Latin letters may stand among signs."""
    return SENTENCE.search(words) or (None if HAN.search(words) else LATIN.search(words))


def keys_first(flow: Flow) -> Iterator[tuple[str, str]]:
    """Yield (words for operations, place) for choices that name a key by themselves, so before all of their matter."""
    for language, words in flow.words.items():
        voice = speech.voice_of(language)
        named = [_bare(voice.press("", key)) for key in KEYS]
        for place, text in words.items():
            if ".choices." in place and any(one in _bare(text) for one in named):
                yield f"{place} names a key in {language}: leave it out, as it is said after the words", place


def _bare(words: str) -> str:
    return re.sub(r"[\s，,]", "", words).lower()
