"""What people record becomes sound that telephones play: measured, whatever it was made with."""

import subprocess
import sys

import numpy as np
import pytest

from ivr.editor.loudness import PEAK, TARGET, loudness
from ivr.editor.sound import SoundError, Why, spoken
from tests.voices import Samples, about, file, read, tone, voice

ALMOST = 3.01  # A tone in both channels is that much louder than in one, and the standard's tests have two.


@pytest.mark.parametrize("rate", [8000, 48000])
@pytest.mark.parametrize(
    ("levels", "seconds", "told"),
    [
        ((-23,), (20,), -23),
        ((-33,), (20,), -33),
        ((-36, -23, -36), (10, 60, 10), -23),
        ((-72, -36, -23, -36, -72), (10, 10, 60, 10, 10), -23),
        ((-26, -20, -26), (20, 20.1, 20), -23),
    ],
)
def test_loudness_is_as_the_ebu_wants_it_measured(
    rate: int, levels: tuple[int, ...], seconds: tuple[float, ...], told: float
) -> None:
    """Cases 1 to 5 of EBU Tech 3341, each to be met within 0.1 LU."""
    parts = [tone(long, rate, 10 ** (level / 20), 1000) for level, long in zip(levels, seconds, strict=True)]
    assert loudness(np.concatenate(parts), rate) == pytest.approx(told - ALMOST, abs=0.1)


def checked(data: bytes, seconds: float) -> None:
    made = spoken(data)
    told, (samples, _) = about(made), read(made)
    assert (told.samplerate, told.channels, told.format, told.subtype) == (8000, 1, "WAV", "PCM_16")
    assert loudness(samples, 8000) == pytest.approx(TARGET, abs=1)
    assert np.abs(samples).max() < PEAK + 0.001
    assert told.frames / 8000 == pytest.approx(seconds, abs=0.35)


@pytest.mark.parametrize("level", [0.05, 0.3, 0.95])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_a_wav_file_of_any_rate_and_depth_becomes_a_prompt(rate: int, subtype: str, level: float) -> None:
    checked(file(voice(4, rate, level), rate, "WAV", subtype), 4)


@pytest.mark.parametrize(("rate", "channels"), [(22050, 1), (44100, 1), (44100, 2), (48000, 2)])
def test_an_mp3_becomes_a_prompt(rate: int, channels: int) -> None:
    checked(file(np.stack([voice(4, rate)] * channels, axis=1), rate, "MP3"), 4)


def test_a_voice_in_one_ear_only_is_as_loud_as_others() -> None:
    said = voice(4, 44100)
    checked(file(np.stack([said, 0 * said], axis=1), 44100), 4)


def test_rare_loud_peaks_are_held_and_the_rest_is_evened_all_the_same() -> None:
    said = voice(6, 16000, 0.05)
    said[30000:30040] = 0.9
    checked(file(said, 16000), 6)


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.004])
def test_silence_at_both_ends_is_trimmed_and_none_is_cut_off(noise: float) -> None:
    rate, hiss = 16000, np.random.default_rng(3).normal(0, 1, 16000 * 8)
    samples = np.concatenate([np.zeros(2 * rate), tone(3, rate), np.zeros(3 * rate)]) + noise * hiss
    made, _ = read(spoken(file(samples, rate)))
    assert len(made) / 8000 == pytest.approx(3 + 2 * 0.15, abs=0.03)
    assert np.abs(made[: 8000 // 10]).max() < 0.05 < np.abs(made[8000 // 5 : 8000 * 3]).max()


def test_what_starts_at_once_gets_a_little_room() -> None:
    made, _ = read(spoken(file(tone(2, 8000), 8000)))
    assert len(made) / 8000 == pytest.approx(2.3, abs=0.02)
    assert not made[:1000].any()


def test_pitch_and_length_stay_and_what_a_telephone_cannot_carry_does_not_fold_back() -> None:
    rate = 48000
    made, _ = read(spoken(file(tone(2, rate, pitch=1000) + tone(2, rate, pitch=6000), rate)))
    power = np.abs(np.fft.rfft(made * np.hanning(len(made)))) ** 2
    pitch = np.fft.rfftfreq(len(made), 1 / 8000)
    assert pitch[power.argmax()] == pytest.approx(1000, abs=1)
    assert power[(pitch > 1900) & (pitch < 2100)].max() < power.max() / 1e6


def test_the_same_sound_gives_the_same_file() -> None:
    assert spoken(file(voice(2, 44100), 44100)) == spoken(file(voice(2, 44100), 44100))


def hammered(samples: Samples) -> Samples:
    return np.clip(6 * samples, -0.9, 0.9)


BAD: dict[str, tuple[bytes, Why]] = {
    "nothing": (b"", "unreadable"),
    "zeros": (b"\x00" * 5000, "unreadable"),
    "a picture": (b"GIF89a no sound at all", "unreadable"),
    "half a head": (file(voice(1, 8000), 8000)[:40], "unreadable"),
    "no numbers": (file(np.full(8000, np.nan), 8000, "WAV", "FLOAT"), "unreadable"),
    "nine channels": (file(np.zeros((800, 9)), 8000), "unreadable"),
    "1 kHz": (file(np.zeros(800), 1000), "unreadable"),
    "no samples": (file(np.zeros(0), 8000), "short"),
    "a click": (file(tone(0.1, 8000), 8000), "short"),
    "two minutes and more": (file(tone(120.5, 8000), 8000), "long"),
    "a long MP3": (file(tone(121, 16000), 16000, "MP3"), "long"),
    "silence": (file(np.zeros(16000), 8000), "silent"),
    "a steady 0.7": (file(np.full(16000, 0.7), 8000), "silent"),
    "a hiss that nobody hears": (file(0.0002 * np.random.default_rng(1).normal(0, 1, 16000), 8000), "silent"),
    "a whisper far away": (file(voice(3, 16000, 0.006), 16000), "quiet"),
    "tops cut off": (file(hammered(voice(3, 44100)), 44100), "clipped"),
    "tops cut off, as MP3": (file(hammered(voice(3, 44100)) / 0.9, 44100, "MP3"), "clipped"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_good_is_refused_and_it_is_said_why(name: str) -> None:
    data, why = BAD[name]
    with pytest.raises(SoundError) as refused:
        spoken(data)
    assert refused.value.why == why


def test_a_server_of_calls_loads_nothing_of_this() -> None:
    heavy = "[one for one in ('numpy', 'soundfile', 'soxr') if one in sys.modules]"
    program = f"import sys, ivr.factory, ivr.pages; print({heavy})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
