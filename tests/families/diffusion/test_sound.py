"""New sound, and sound made out of other sound."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from small_sound import DOMAINS, RATE, WAVE, known, small_sound

from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.diffusion import sound as module
from tritone.families.diffusion.controls import Controls
from tritone.nn.diffusion.conditions import Conditions

LENGTHS = (1, 2, 31, 509, 1000)


def seconds(samples):
    return samples / RATE


@pytest.fixture(params=DOMAINS)
def model(request):
    return small_sound(DOMAINS[request.param])


def alike(one, other, tolerance=1e-4):
    torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize("loop", [False, True])
def test_any_length_and_every_sound_from_its_own_seed(model, loop):
    for samples in LENGTHS:
        three = model.generate(3, seconds(samples), [5, 6, 7], loop=loop)
        assert three.shape == (3, model.channels, samples) and bool(three.isfinite().all())
        assert float(three.abs().max()) <= 1
        alike(three[1:2], model.generate(1, seconds(samples), [6], loop=loop))
    assert not torch.allclose(three[0], three[1], atol=1e-3)
    assert model.generate(0, 0.1, []).shape == (0, model.channels, 800)


def test_many_at_once_are_those_of_a_few_at_a_time(monkeypatch):
    model, shown = small_sound(replace(WAVE, window_seconds=0.1)), []
    together = model.generate(5, 0.1, range(5), steps=2)
    monkeypatch.setattr(module, "WINDOWS_AT_ONCE", 5)
    alike(together, model.generate(5, 0.1, range(5), steps=2, show=lambda *counts: shown.append(counts)))
    assert shown == [(1, 2), (2, 2)]
    shown.clear()
    monkeypatch.setattr(module, "WINDOWS_AT_ONCE", 2)
    model.generate(5, 0.1, range(5), steps=2, show=lambda *counts: shown.append(counts))
    assert shown == [(done, 6) for done in range(1, 7)]


def test_sound_has_the_level_of_the_data():
    for sampler in ("2m", "heun", "2m-sde"):
        made = known(steps=16).generate(2, 2.0, [1, 2], sampler=sampler)
        assert made.std().item() == pytest.approx(0.1, rel=0.04), sampler


def test_new_sound_is_turned_down_to_full_scale():
    made = known(steps=6, scale=0.9).generate(2, 0.5, [1, 2])
    alike(made.abs().amax((1, 2)), torch.ones(2), 1e-6)


@pytest.mark.parametrize("loop", [False, True])
def test_long_sound_in_windows_is_the_same_where_windows_do_not_matter(loop):
    """White noise: the estimate of each sample depends on that sample alone."""
    whole, parts = known(), known(replace(WAVE, window_seconds=0.05))
    made = parts.generate(2, 0.5, [1, 2], loop=loop)
    alike(made, whole.generate(2, 0.5, [1, 2], loop=loop), 1e-6)
    assert set(parts.denoiser.asked) == {(400, False)} and set(whole.denoiser.asked) == {(4000, loop)}


def test_windows_of_latents_are_counted_in_frames():
    model = known(replace(DOMAINS["latents"], window_seconds=0.1))
    model.generate(1, 0.5, [1])
    assert {size for size, _ in model.denoiser.asked} == {round(0.1 * RATE / model.domain.ratio)}


def jumps(made):
    """Mean size of the step over the seam, and of the steps elsewhere."""
    around = torch.cat([made, made[..., :1]], -1).diff().abs()
    return around[..., -1].mean().item(), around[..., :-1].mean().item()


@pytest.mark.parametrize("window", [12.0, 0.05])
def test_loops_have_no_seam(window):
    """A slow signal, known exactly: over 200 loops the step from the last sample to the first is like all others."""
    model = known(replace(WAVE, window_seconds=window), smooth=True, steps=6)
    seam, inside = jumps(model.generate(200, 0.1, range(200), loop=True))
    assert 0.8 < seam / inside < 1.25
    seam, inside = jumps(model.generate(200, 0.1, range(200)))
    assert seam / inside > 5, "without loop there is a seam, so the measure sees one"


def test_a_network_makes_loops_without_seam():
    for samples in (800, 797):
        seam, inside = jumps(small_sound().generate(64, seconds(samples), range(64), loop=True, steps=2))
        assert 0.75 < seam / inside < 1.33


def test_a_loop_begins_nowhere():
    """Where each evaluation sees the loop begin follows from the seed: the network's grid leaves no trace in place."""
    model = small_sound()
    made = model.generate(64, 0.1, range(64), loop=True, steps=3)
    level = made.square().mean((0, 1)).unflatten(0, (8, -1)).mean(1)
    assert float(level.max() / level.min()) < 1.35


@pytest.mark.parametrize("loop", [False, True])
def test_variations_reach_from_the_sound_itself_to_a_new_one(model, loop):
    audio, seeds = 0.2 * torch.randn(1, model.channels, 640), [3, 4]
    signal = model.domain.enter(audio)
    itself = model.domain.leave(signal, 640)
    still = model.vary(audio, 0, seeds, loop=loop)
    assert still.shape == (2, model.channels, 640) and torch.equal(still[0], still[1])
    if not loop or model.domain.ratio == 1:
        alike(still[:1], itself / itself.abs().max().clamp(min=1))
    alike(model.vary(audio, 1, seeds, loop=loop), model.generate(2, seconds(640), seeds, loop=loop))
    alike(model.vary(audio, 0.5, seeds, loop=loop)[1:], model.vary(audio, 0.5, [4], loop=loop))


def test_the_stronger_the_farther():
    model = known(smooth=True, steps=10)
    audio = model.generate(1, 0.2, [99])
    apart = [(model.vary(audio, strength, range(8)) - audio).std().item() for strength in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    assert apart[0] < 1e-6 and all(less < more for less, more in pairwise(apart))
    assert apart[-1] > 0.1


def test_a_varied_loop_is_a_loop():
    """The codec sees the loop repeated: turning the loop by whole frames turns what comes out."""
    model = small_sound(DOMAINS["latents"])
    audio = 0.2 * torch.randn(1, 1, 40 * model.domain.ratio)
    turned = audio.roll(7 * model.domain.ratio, -1)
    made = model.vary(audio, 0, [1], loop=True)
    alike(model.vary(turned, 0, [1], loop=True), made.roll(7 * model.domain.ratio, -1))
    assert model.vary(audio[..., :-3], 0.3, [1], loop=True).shape == (1, 1, 40 * model.domain.ratio - 3)


def test_what_is_kept_stays_bit_by_bit(model):
    for samples in LENGTHS:
        audio = 0.2 * torch.randn(1, model.channels, samples)
        keep = torch.rand(2, 1, samples) < 0.5
        for mask in (keep, keep[:1], torch.arange(samples)[None, None] < samples // 3):
            made = model.inpaint(audio, mask, [3, 4], resamples=2)
            kept = mask.expand(2, model.channels, -1)
            assert made.shape == (2, model.channels, samples) and bool(made.isfinite().all())
            assert torch.equal(made[kept], audio.expand(2, -1, -1)[kept])
    alike(made[1:], model.inpaint(audio, mask, [4], resamples=2))
    assert not torch.allclose(made[0], made[1], atol=1e-3)


def test_nothing_kept_is_new_sound_and_everything_kept_is_the_sound(model):
    audio, nothing = 0.2 * torch.randn(2, model.channels, 300), torch.zeros(1, 1, 300, dtype=torch.bool)
    alike(model.inpaint(audio, nothing, [3, 4]), model.generate(2, seconds(300), [3, 4]), 0)
    assert torch.equal(model.inpaint(audio, ~nothing, [3, 4]), audio)


def test_a_gap_is_filled_with_what_belongs_there():
    """Slow movements, known exactly: the new part goes on where the old ends, at its level, and differs by seed."""
    model = known(smooth=True, steps=16)
    audio = model.generate(1, 0.2, [99])
    keep = torch.ones(1, 1, 1600, dtype=torch.bool)
    keep[..., 600:1000] = False
    made = model.inpaint(audio, keep, range(30), resamples=3)
    steps = made.diff().abs().mean((0, 1))
    inside = steps[650:950].mean().item()
    for seam in (599, 999):
        assert steps[seam].item() < 2.5 * inside
    assert made[:, :, 790:810].std(0).mean().item() == pytest.approx(0.1, rel=0.45)
    assert made[:, :, 602].std(0).mean().item() < 0.035


def test_more_passes_take_more_steps():
    shown, audio = [], torch.randn(1, 1, 100)
    keep = torch.arange(100)[None, None] < 50
    small_sound().inpaint(audio, keep, [1], steps=2, resamples=5, show=lambda *counts: shown.append(counts))
    assert shown == [(done, 10) for done in range(1, 11)]


def test_a_sound_goes_on(model):
    audio = 0.2 * torch.randn(1, model.channels, 333)
    made = model.continue_from(audio, seconds(1001), [3, 4], resamples=1)
    assert made.shape == (2, model.channels, 1001)
    assert torch.equal(made[..., :333], audio.expand(2, -1, -1))
    alike(made[1:], model.continue_from(audio, seconds(1001), [4], resamples=1))
    assert made[..., 400:].std() > 1e-3


def test_only_the_end_of_a_long_sound_is_heard():
    model = known(replace(WAVE, window_seconds=0.1), smooth=True)
    audio = model.generate(1, 1.0, [1])
    model.denoiser.asked.clear()
    made = model.continue_from(audio, 1.05, [3])
    assert torch.equal(made[..., :8000], audio) and made.shape == (1, 1, 8400)
    assert {size for size, _ in model.denoiser.asked} == {800}
    assert float((made[..., 8000] - made[..., 7999]).abs()) < 0.05


def test_from_seed_to_seed(model):
    places = [0, 0.25, 0.5, 1]
    way = model.morph(3, 4, places, 0.05)
    assert way.shape == (4, model.channels, 400)
    ends = model.generate(2, 0.05, [3, 4])
    alike(way[[0, 3]], ends)
    apart = [(each - way[0]).square().mean().item() for each in way]
    assert apart[0] == 0 and 0 < apart[1] < apart[2] < apart[3]


def test_what_lies_between_is_as_loud():
    way = known(steps=12).morph(3, 4, [0, 0.3, 0.5, 0.8, 1], 1.0, loop=True)
    alike(way.std((1, 2)), torch.full((5,), 0.1), 0.005)


class Asked(torch.nn.Module):
    """Notes the conditions of every window, and finds silence."""

    def __init__(self):
        super().__init__()
        self.nowhere, self.vectors = torch.nn.Parameter(torch.zeros(())), []

    def forward(self, x, sigma, conditions, circular):
        self.vectors.append(conditions.vector)
        return 0 * x


def test_windows_are_told_where_they_begin():
    model = small_sound(replace(WAVE, window_seconds=1.0, by_seconds=True, by_label=True, labels=("a", "b")))
    model.denoiser = Asked()

    def told(start, total):
        (row,) = model.conditioner.asked(Controls(label="b"), 1, total, "cpu").vector
        return model.conditioner.beginning(Conditions(vector=row[None]), start).vector

    def asked(make):
        model.denoiser.vectors.clear()
        make()
        return model.denoiser.vectors

    long = asked(lambda: model.generate(1, 2.5, [1], label="b", steps=1))
    for found, start in zip(long, (0.0, 0.75, 1.5), strict=True):
        alike(found, told(start, 2.5))
    guided = asked(lambda: model.generate(1, 2.5, [1], label="b", steps=1, guidance=2))
    unsaid = model.conditioner.unsaid("", 1, "cpu").vector
    alike(guided[2], torch.cat([told(1.5, 2.5), unsaid]))
    assert all(
        torch.equal(found, told(0, 2.5)) for found in asked(lambda: model.generate(1, 2.5, [1], label="b", loop=True))
    )
    sound = torch.zeros(1, 1, 3 * RATE)
    after = asked(lambda: model.continue_from(sound, 3.25, [1], label="b", steps=1, resamples=1))
    assert len(after) == 1
    alike(after[0], told(2.5, 3.25))
    assert not torch.allclose(told(0.75, 2.5), told(1.5, 2.5), atol=0.05)


def test_label_and_guidance_lead():
    model = small_sound(replace(WAVE, labels=("drums", "tones"), by_label=True, by_tempo=True))
    none, drums, tones = (model.generate(1, 0.05, [1], label=label) for label in ("", "drums", "tones"))
    assert not torch.allclose(drums, tones, atol=1e-4) and not torch.allclose(drums, none, atol=1e-4)
    alike(model.generate(1, 0.05, [1], label="drums", guidance=0), none, 1e-5)
    assert not torch.allclose(model.generate(1, 0.05, [1], label="drums", guidance=3), drums, atol=1e-4)
    assert not torch.allclose(model.generate(1, 0.05, [1], bpm=90), none, atol=1e-5)


def test_the_tempo_of_a_loop_may_be_unknown_to_the_model():
    model = small_sound()
    alike(model.generate(1, 0.05, [1], loop=True, bpm=120), model.generate(1, 0.05, [1], loop=True), 0)
    with pytest.raises(UserError, match="without tempos; leave --bpm out"):
        model.generate(1, 0.05, [1], bpm=120)


def test_preview(model):
    width, frames = model.domain.width, 20
    audio = torch.randn(2, width, frames) if model.config.in_latents else 0.1 * torch.randn(2, model.channels, 640)
    shown = model.preview(plain_batch(audio, torch.tensor([1, 2])))
    assert list(shown) == ["real", "new"] and len(shown["real"]) == len(shown["new"]) == 2
    shapes = {sound.shape for sounds in shown.values() for sound in sounds}
    samples = (frames - model.domain.shape.extra) * model.domain.ratio if model.config.in_latents else 640
    assert shapes == {(model.channels, samples)}
    if not model.config.in_latents:
        alike(torch.stack(shown["real"]), audio)


def test_mono_sound_for_a_stereo_model():
    model = small_sound(replace(WAVE, channels=2))
    audio, keep = torch.randn(1, 1, 100), torch.arange(100)[None, None] < 50
    assert torch.equal(model.inpaint(audio, keep, [1])[..., :50], audio[..., :50].expand(-1, 2, -1))


SOUND = torch.zeros(1, 1, 80)
KEEP = torch.arange(80)[None, None] < 40
MISTAKES = {
    "one seed for each": lambda model: model.generate(2, 1.0, [1]),
    "at least one sample, 1/8000": lambda model: model.generate(1, 1e-5, [1]),
    "did you mean euler": lambda model: model.generate(1, 0.1, [1], sampler="eular"),
    "sampling.steps must be at least 1": lambda model: model.generate(1, 0.1, [1], steps=0),
    "without words": lambda model: model.generate(1, 0.1, [1], prompt="rain"),
    "--guidance more than 1": lambda model: model.generate(1, 0.1, [1], negative="rain"),
    "without labels": lambda model: model.generate(1, 0.1, [1], label="drums"),
    "strength must lie between 0 and 1, not 1.1": lambda model: model.vary(SOUND, 1.1, [1]),
    "strength must lie between 0 and 1, not -0.1": lambda model: model.vary(SOUND, -0.1, [1]),
    "at least 1 sample": lambda model: model.vary(SOUND[..., :0], 0.5, [1]),
    "(1 or 3, channels, time)": lambda model: model.vary(torch.zeros(2, 1, 80), 0.5, [1, 2, 3]),
    "mix it down": lambda model: model.vary(torch.zeros(1, 2, 80), 0.5, [1]),
    "keep must be bool (1 or 1, 1, 80)": lambda model: model.inpaint(SOUND, KEEP.float(), [1]),
    "not torch.bool (1, 1, 79)": lambda model: model.inpaint(SOUND, KEEP[..., 1:], [1]),
    "--loop goes with new sound": lambda model: model.inpaint(SOUND, KEEP, [1], loop=True),
    "leave --sampler ddim out": lambda model: model.inpaint(SOUND, KEEP, [1], sampler="ddim"),
    "--resamples must be at least 1": lambda model: model.inpaint(SOUND, KEEP, [1], resamples=0),
    "more than the 0.01 s": lambda model: model.continue_from(SOUND, 0.01, [1]),
    "places must lie between 0 and 1": lambda model: model.morph(1, 2, [0, 1.5], 0.1),
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_mistakes(sentence):
    with pytest.raises(UserError) as caught:
        MISTAKES[sentence](small_sound())
    assert sentence in str(caught.value)
