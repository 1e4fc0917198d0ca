"""The nearest training sound: against correlations written out lag by lag, and on planted copies of real sound."""

import time

import numpy as np
import pytest
import torch
from acting import RATE, hit

from tritone import assets
from tritone.judge.clips import Clip, Clips
from tritone.judge.copies import OVERLAP, nearest
from tritone.judge.copy_figures import copy_figures
from tritone.judge.prints import BANDS, Print, take_prints
from tritone.signal.files import read_audio
from tritone.signal.resample import resample


def some(frames, seed, loop=False, name=""):
    levels = torch.randn(BANDS, frames, generator=torch.Generator().manual_seed(seed)) + torch.arange(BANDS)[:, None]
    return Print(name or f"{seed}", levels, 0.01, loop)


def written_out(known, sample):
    """The greatest correlation of two prints, by np.corrcoef at every lag and phase, and the place in half frames."""
    best = (-2.0, 0)
    for phase in (0, 1):
        long, short = known[:, ::2], sample[:, phase::2]
        for lag in range(1 - short.shape[1], long.shape[1]):
            first, last = max(lag, 0), min(lag + short.shape[1], long.shape[1])
            if last - first >= OVERLAP * min(long.shape[1], short.shape[1]):
                pair = long[:, first:last].ravel(), short[:, first - lag : last - lag].ravel()
                best = max(best, (np.corrcoef(*pair)[0, 1], 2 * lag - phase))
    return best


@pytest.mark.parametrize(("long", "short"), [(40, 23), (23, 40), (30, 30), (60, 7)])
def test_it_is_the_greatest_correlation_over_lags_whichever_is_longer(long, short):
    known, sample = some(long, 1), some(short, 2)
    (found,) = nearest([known], [sample])
    middle = known.levels.mean(1, keepdim=True)
    value, place = written_out(*((each.levels - middle).numpy() for each in (known, sample)))
    assert found.likeness == pytest.approx(value, abs=1e-4)
    assert found.seconds == pytest.approx(place * 0.01)


def test_the_most_alike_of_many_of_other_lengths_is_found():
    known = [some(20 + 7 * number, number) for number in range(12)]
    sample = Print("copy", known[9].levels[:, 12:62] - 3, 0.01)
    (found,) = nearest(known, [sample])
    assert found.known == "9" and found.seconds == pytest.approx(0.12)
    assert found.likeness == pytest.approx(1, abs=1e-4)


def test_a_loop_goes_round_as_often_as_it_takes():
    loops = [some(30, number, loop=True) for number in range(5)]
    twice_and_a_bit = Print("long", torch.cat([loops[3].levels] * 3, 1)[:, 10:80], 0.01, True)
    (found,) = nearest(loops, [twice_and_a_bit])
    assert found.known == "3" and found.seconds == pytest.approx(0.1) and found.likeness > 0.9999


def test_silence_is_like_nothing_and_without_training_sound_there_is_no_answer():
    silent = Print("silent", torch.zeros(BANDS, 20), 0.01)
    assert nearest([some(30, 0)], [silent])[0].likeness == -1
    assert nearest([some(30, 0)], []) == []
    with pytest.raises(ValueError, match="no training sound"):
        nearest([], [silent])


def clip(name, audio, **more):
    return Clip(name, np.ascontiguousarray(audio, dtype=np.float32).reshape(1, -1), **more)


def recorded():
    """The first two seconds of the loops that ship, at 22,050 Hz."""
    clips = []
    for path in sorted(assets.LOOPS.glob("*.ogg")):
        audio, rate = read_audio(path)
        clips.append(clip(path.stem, resample(audio.mean(0, keepdims=True), rate, 22_050)[0, : 2 * 22_050]))
    return clips


def test_copies_of_recorded_loops_are_found_however_they_are_disguised():
    known = recorded()
    rng = np.random.default_rng(0)
    sound = known[4].audio[0]
    disguised = {
        "softer": 0.1 * sound,
        "shifted": np.concatenate([np.zeros(331), sound])[: len(sound)],
        "noisy": sound + 0.003 * rng.standard_normal(len(sound)),
        "part": sound[11_111:33_333],
        "inside": np.concatenate([np.zeros(8000), sound, np.zeros(9000)]),
    }
    made = [clip(name, audio) for name, audio in disguised.items()]
    found = nearest(take_prints(known, 22_050), take_prints(made, 22_050))
    assert {pair.sample: pair.known for pair in found} == dict.fromkeys(disguised, known[4].name)
    assert min(pair.likeness for pair in found) > 0.9
    part, inside = found[3], found[4]
    assert part.seconds == pytest.approx(11_111 / 22_050, abs=0.01)
    assert inside.seconds == pytest.approx(-8000 / 22_050, abs=0.01)


def test_loops_at_other_tempos_are_found_beat_by_beat():
    loops = []
    for number in range(6):
        rng = np.random.default_rng(number)
        hits = [(rng.integers(16), hit(int(rng.integers(8)), 6000)[:, 0]) for _ in range(6)]
        loops.append((f"{number}", hits))

    def played(name, hits, bpm, turn=0):
        samples = round(4 * 60 / bpm * RATE)
        audio = np.zeros(samples)
        for step, sound in hits:
            start = round(((step + turn) % 16) * samples / 16)
            np.add.at(audio, (start + np.arange(len(sound))) % samples, sound)
        return clip(name, audio, bpm=bpm, loop=True)

    known = take_prints([played(name, hits, 120) for name, hits in loops], RATE, by_beat=True)
    (found,) = nearest(known, take_prints([played("copy", loops[2][1], 97, turn=4)], RATE, by_beat=True))
    assert found.known == "2" and found.likeness > 0.9
    assert found.seconds == pytest.approx(1.5, abs=0.03)  # three beats on, the copy begins


def test_figures_tell_a_model_that_copies_from_one_that_does_not():
    known = [clip(f"k{number}", hit(number)) for number in range(0, 80, 2)]
    held_out = Clips("real", RATE, tuple(clip(f"h{number}", hit(number)) for number in range(1, 80, 4)))
    new = Clips("new", RATE, tuple(clip(f"n{number}", hit(number)) for number in range(3, 80, 4)))
    copied = Clips("copied", RATE, (*new.clips[:10], *(clip(f"c{number}", hit(number)) for number in range(0, 20, 2))))
    (share, likeness), pairs = copy_figures(known, copied, held_out)
    assert share.value == 50 and share.n == 20 and share.real == 0 and "20 held-out" in share.warnings[0]
    assert all(pair.sample.startswith("c") and pair.known[1:] == pair.sample[1:] for pair in pairs[:10])
    assert [pair.suspect for pair in pairs] == [True] * 10 + [False] * 10
    fresh, alike = copy_figures(known, new, held_out)[0]
    assert fresh.value <= 10 and likeness.value > alike.value and likeness.real == alike.real


def test_held_out_sound_that_was_stored_with_other_bits_is_no_copy():
    known = [clip(f"k{number}", hit(number)) for number in range(0, 40, 2)]
    held_out = Clips("real", RATE, tuple(clip(f"h{number}", hit(number)) for number in range(1, 40, 2)))
    stored = Clips("16 bit", RATE, tuple(clip(one.name, np.round(one.audio * 32767) / 32767) for one in held_out.clips))
    (share, _), pairs = copy_figures(known, stored, held_out)
    assert share.value == 0 and not any(pair.suspect for pair in pairs)


@pytest.mark.slow
def test_a_thousand_sounds_are_searched_for_a_hundred_within_a_minute():
    rng = np.random.default_rng(0)
    sounds = [clip(f"{number}", rng.standard_normal(2 * RATE) * rng.random()) for number in range(1100)]
    begun = time.process_time()
    known, samples = take_prints(sounds[:1000], RATE), take_prints(sounds[1000:], RATE)
    assert len(nearest(known, samples)) == 100
    assert time.process_time() - begun < 60
