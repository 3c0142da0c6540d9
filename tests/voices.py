"""Sounds like a voice, made without one: buzzing syllables with pauses between them, the same for the same seed."""

from io import BytesIO
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

Samples = NDArray[np.float64]


def tone(seconds: float, rate: int, level: float = 0.3, pitch: float = 997.0) -> Samples:
    """A steady tone."""
    return level * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)


def voice(seconds: float, rate: int, level: float = 0.3, seed: int = 7) -> Samples:
    """Syllables of a fifth of a second: a buzz of 30 harmonics under a bell, one in four left out."""
    chance, time = np.random.default_rng(seed), np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 0.7 * time)) / rate
    buzz = sum(np.sin(n * phase + n * n) / n for n in range(1, 31) if n * 140 < rate / 2)
    syllable = (time / 0.2).astype(int)
    loud = chance.uniform(0.2, 1, syllable[-1] + 1) * (chance.random(syllable[-1] + 1) > 0.25)
    shaped = buzz * loud[syllable] * np.sin(np.pi * (time / 0.2 % 1)) ** 2
    made: Samples = level * shaped / np.abs(shaped).max()
    return made


def file(samples: Samples, rate: int, kind: str = "WAV", subtype: str | None = None) -> bytes:
    """The sound as a whole file, as libsndfile writes it."""
    made = BytesIO()
    soundfile.write(made, samples, rate, format=kind, subtype=subtype)
    return made.getvalue()


def read(data: bytes) -> tuple[Samples, int]:
    """The samples of a file, and how many a second."""
    samples, rate = soundfile.read(BytesIO(data))
    return samples, rate


def about(data: bytes) -> Any:
    """What a file says of itself: `samplerate`, `channels`, `subtype`, `frames`."""
    return soundfile.info(BytesIO(data))
