"""How loud a sound seems to people, by EBU R128, and how it is brought to one loudness.

Sounds are one channel of floats from -1 to 1. What ITU-R BS.1770-4 asks for is written out here, as the libraries that
measure it bring 140 MB along.
"""

from math import pi, tan
from typing import Final

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

TARGET: Final = -19.0  # LUFS
PEAK: Final = 10 ** (-1 / 20)  # One decibel below what a telephone can carry.
REACH: Final = 0.005  # Seconds within which the limiter turns down and up again.
BLOCK: Final = 0.4  # Seconds, of which a quarter is new in each.
SILENT: Final = -70.0  # LUFS below which a block is a pause, as one is that lies 10 below the others.


def loudness(sound: Sound, rate: int) -> float:
    """Return the loudness in LUFS, pauses not counted; minus infinity for silence."""
    weighted = _weighted(sound, rate) ** 2
    size = min(len(sound), round(BLOCK * rate))
    blocks = np.lib.stride_tricks.sliding_window_view(weighted, size)[:: max(1, size // 4)].mean(axis=1)
    heard = blocks[blocks > _power(SILENT)]
    if not heard.size:
        return -np.inf
    heard = heard[heard > heard.mean() / 10]
    return float(-0.691 + 10 * np.log10(heard.mean()))


def evened(sound: Sound, rate: int) -> Sound:
    """Return the sound, which is not silent, at the target's loudness, its peaks held below what can be carried."""
    for _ in range(3):  # As turning down peaks makes it less loud.
        sound = _limited(sound * 10 ** ((TARGET - loudness(sound, rate)) / 20), round(REACH * rate))
    return sound


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _weighted(sound: Sound, rate: int) -> Sound:
    """Return the sound as heads and ears weigh it: a shelf of 4 dB above 1.7 kHz, and less below 38 Hz."""
    size = len(sound) + rate  # What the filters still answer after the end does not come round to the beginning.
    z = np.exp(-2j * pi * np.fft.rfftfreq(size))
    k, q, high = tan(pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    shelf = (high + band * k / q + k * k) + 2 * (k * k - high) * z + (high - band * k / q + k * k) * z**2
    shelf /= (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
    k, q = tan(pi * 38.13547087602444 / rate), 0.5003270373238773
    low = (1 + k / q + k * k) * (1 - z) ** 2
    low /= (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
    weighted: Sound = np.fft.irfft(np.fft.rfft(sound, size) * shelf * low, size)[: len(sound)]
    return weighted


def _limited(sound: Sound, reach: int) -> Sound:
    """Return the sound turned down around its peaks, smoothly, so that none is above PEAK."""
    needed = np.pad(PEAK / np.maximum(np.abs(sound), PEAK), 2 * reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(needed, 2 * reach + 1).min(axis=1)
    limited: Sound = sound * np.convolve(lowest, np.full(2 * reach + 1, 1 / (2 * reach + 1)), "valid")
    return limited
