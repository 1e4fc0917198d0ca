"""Loops whose faults are known, and a model of loops whose renderer is or is not circular."""

import math

import numpy as np
import pytest
import torch
from acting import RATE, hit
from little_gan import LITTLE

from tritone.families.gan.model import build
from tritone.judge.clips import Clip, Clips
from tritone.judge.loop_figures import beats_of, loop_figures, off_grid, tail_silence, wrap_figure


def loop(name, steps, *, bpm=120.0, samples=RATE * 2, told=True, late=0.0):
    """A bar with a hit on each of these sixteenths, each `late` seconds behind, that sounds on over the seam."""
    audio = np.zeros(samples)
    for place, step in enumerate(steps):
        sound = hit(place % 5, 12_000)[:, 0]
        start = round(step * samples / 16 + late * RATE)
        np.add.at(audio, (start + np.arange(len(sound))) % samples, sound)
    return Clip(name, audio[None].astype(np.float32), bpm=bpm if told else None, loop=True)


def some(name, count, change=lambda clip: clip, first=0):
    clips = []
    for number in range(first, first + count):
        rng = np.random.default_rng(number)
        steps = [0, 15, *sorted(rng.choice(np.arange(1, 15), 5, replace=False))]
        clips.append(change(loop(f"{name}-{number}", steps)))
    return Clips(name, RATE, tuple(clips))


def by_key(figures):
    return {figure.metric.key: figure for figure in figures}


def cut(clip):
    """The loop with what rings over its seam cut off, and silence at the end."""
    audio = clip.audio.copy()
    audio[:, -6000:] = 0
    return Clip(clip.name, audio, bpm=clip.bpm, loop=True)


def test_broken_seams_show_and_whole_ones_are_as_those_of_real_loops():
    known, real, whole = some("known", 20), some("real", 14, first=50), some("whole", 14, first=90)
    fine = by_key(loop_figures(known, whole, real))
    broken = by_key(loop_figures(known, some("broken", 14, cut, 90), real))
    assert fine["length-error"].value == 0 and fine["tempo-error"].value == 0
    assert fine["tail-silence"].value < 40 < 6000 / RATE * 1000 < broken["tail-silence"].value
    assert abs(fine["seam-excess"].value) < 15 and abs(fine["seam-excess"].real) < 15
    assert broken["seam-excess"].low > max(fine["seam-excess"].high, 50)
    assert fine["seam-jump"].real == broken["seam-jump"].real is not None
    assert all(figure.n == 14 for figure in fine.values())


def test_a_step_at_the_seam_is_a_jump_and_a_click():
    known = some("known", 12)

    def lifted(clip):
        ramp = np.linspace(0, 0.5, clip.audio.shape[-1], dtype=np.float32)
        return Clip(clip.name, clip.audio + ramp, bpm=clip.bpm, loop=True)

    fine, stepped = (by_key(loop_figures(known, some("one", 5, change))) for change in (lambda clip: clip, lifted))
    assert stepped["seam-jump"].value > 3 * fine["seam-jump"].value
    assert stepped["seam-click"].value > fine["seam-click"].value
    assert "seam-excess" not in fine  # too few loops


def test_length_and_tempo_errors_are_what_was_added():
    late = loop("late", [0, 4], samples=2 * RATE + 441)
    found = by_key(loop_figures(some("known", 3), Clips("late", RATE, (late,))))
    assert found["length-error"].value == 441
    assert found["tempo-error"].value == pytest.approx(100 * (1 - 1 / 1.005), rel=1e-6)
    assert beats_of(late, RATE) == 4


def test_hits_off_the_grid_are_so_many_milliseconds_off():
    on, behind = loop("on", range(0, 16, 2)), loop("behind", range(0, 16, 2), late=0.03)
    assert off_grid(on, RATE) == pytest.approx(0, abs=8)
    assert off_grid(behind, RATE) == pytest.approx(30, abs=8)
    assert off_grid(loop("none", [0], told=False), RATE) is None


def test_silence_at_the_end_is_measured_to_the_sample():
    audio = np.zeros((1, RATE), np.float32)
    assert tail_silence(Clip("silent", audio), RATE) == 1000
    audio[0, RATE // 2 - 1] = 0.01
    assert tail_silence(Clip("half", audio), RATE) == 500


def test_loops_without_tempo_are_measured_in_what_needs_none_and_other_sound_not_at_all():
    told = some("known", 3)
    untold = Clips("untold", RATE, (loop("a", [0, 4], told=False), loop("b", [0, 8], told=False)))
    assert set(by_key(loop_figures(told, untold))) == {"seam-jump", "tail-silence"}
    plain = Clips("plain", RATE, (Clip("a", hit(1).T.copy()),))
    assert loop_figures(told, plain) == []


def model():
    torch.manual_seed(0)
    return build(LITTLE).eval()


def test_a_model_that_knows_its_loops_has_no_wrap_error():
    (figure,) = wrap_figure(model(), range(3))
    assert figure.value < 1e-4 and figure.n == 3 and set(figure.by_file) == {"seed 0", "seed 1", "seed 2"}


def test_a_model_that_pads_its_loops_with_silence_has_one():
    padded = model()
    padded.vocoder.around = padded.vocoder.forward
    (figure,) = wrap_figure(padded, [0])
    assert figure.value > 1e-3 and math.isfinite(figure.value)
