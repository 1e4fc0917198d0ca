"""The loop model as an instrument: lengths, seams, seeds, labels, truncation."""

from dataclasses import replace

import pytest
import torch
from little_gan import LITTLE, loops

from tritone.errors import UserError
from tritone.families.gan.model import build


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = build(LITTLE).eval()
    batch = loops(8)
    mels = model.spectrogram.on_grid(batch.audio, batch.lengths, LITTLE.frames)
    model.fit(mels.mean((0, 3))[..., None], mels.std((0, 3))[..., None])
    for name, parameter in model.generator.named_parameters():
        if "strength" in name:
            parameter.data.fill_(0.3)
    return model


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize(("bpm", "bars"), [(77, 1), (120, 1), (174, 1), (120, 3), (99.5, 2)])
def test_a_loop_has_exactly_the_samples_of_its_bars(rate, bpm, bars):
    model = build(replace(LITTLE, sample_rate=rate)).eval()
    audio = model.render(model.styles([3]), [3], bars=bars, bpm=bpm)
    assert audio.shape == (1, 1, round(bars * 4 * 60 / bpm * rate)) and audio.isfinite().all()


def test_the_end_leads_into_the_start(model):
    """What is rendered from a bar laid twice round is the bar's own sound twice."""
    with torch.no_grad():
        mel = model.spectrograms(model.styles([1]), [1])
        once, twice = model.sound(mel, 32_000), model.sound(torch.cat([mel, mel]), 64_000)
    assert (twice - torch.cat([once, once], -1)).abs().max() <= 1e-5 * once.abs().max()


def test_a_loop_never_exceeds_full_scale(model):
    with torch.no_grad():
        mel = model.spectrograms(model.styles([1]), [1])
        loud, soft = model.sound(mel + 9, 32_000), model.sound(mel - 9, 32_000)
    assert loud.abs().max() == 1.0 and 0 < soft.abs().max() < 1.0


def test_a_loop_follows_from_its_seed_alone(model):
    together = model.generate(3, None, [5, 6, 7])
    alone = model.generate(1, None, [6])
    assert torch.equal(together[1:2], alone)
    assert not torch.allclose(together[0], together[1])


def test_repeated_bars_are_alike_but_not_the_same(model):
    first, second = model.render(model.styles([4]), [4], bars=2, bpm=120).chunk(2, -1)
    assert (first - second).abs().max() > 0
    assert model.render(model.styles([4]), [4], bars=2, bpm=120).shape[-1] == 64_000


def test_truncation_draws_styles_to_the_mean_of_their_condition(model):
    whole, half, none = (model.styles([9], label="house", bpm=120, truncation=t) for t in (1.0, 0.5, 0.0))
    other = model.styles([10], label="house", bpm=120, truncation=0.0)
    torch.testing.assert_close(half, (whole + none) / 2)
    torch.testing.assert_close(none[..., : LITTLE.generator.w], other[..., : LITTLE.generator.w])
    assert not torch.allclose(none, model.styles([9], label="rock", bpm=120, truncation=0.0))


def test_a_style_holds_what_happens_when(model):
    """The rhythm is the style's: another seed changes the grain alone, other lines all that happens."""
    styles = model.styles([1], bpm=120)
    first, regrained = (model.spectrograms(styles, [seed]) for seed in (1, 2))
    relined = model.spectrograms(torch.cat([styles[..., :16], model.styles([2], bpm=120)[..., 16:]], -1), [1])
    assert 0 < (regrained - first).abs().mean() < (relined - first).abs().mean()
    assert styles.shape == (1, 6, 16 + 64)
    assert (styles[0, 0, 16 + 16 :] == 0).all() and (styles[0, 5, 16:] != 0).all()


def test_labels_and_tempos_reach_the_style(model):
    assert not torch.allclose(model.styles([1], label="house"), model.styles([1], label="rock"))
    assert not torch.allclose(model.styles([1], label="house", bpm=95), model.styles([1], label="house", bpm=145))
    torch.testing.assert_close(
        model.styles([1], label="house", bpm=300), model.styles([1], label="house", bpm=150)
    )  # beyond what was heard, the nearest that was


def test_condition_is_one_hot_and_logarithmic_tempo(model):
    condition = model.condition(torch.tensor([1, 0, -1]), torch.tensor([90.0, 150.0, 90 * (150 / 90) ** 0.5]))
    torch.testing.assert_close(condition, torch.tensor([[0.0, 1, -1], [1, 0, 1], [1, 0, 0]]), atol=1e-6, rtol=0)


def test_without_labels_and_tempos_nothing_is_conditional():
    model = build(replace(LITTLE, labels=(), tempos=(120.0, 120.0, 120.0)))
    assert model.condition_dims == 0
    assert model.condition(torch.zeros(2, dtype=torch.int64), torch.full((2,), 120.0)).shape == (2, 0)
    assert model.generate(1, None, [0]).shape == (1, 1, 32_000)


def test_seconds_choose_bars_and_tempo(model):
    assert model.generate(1, 2.0, [0]).shape[-1] == 32_000
    assert model.generate(1, 7.9, [0]).shape[-1] == round(7.9 * 16_000)
    assert model._tempo_for(7.9, None) == (4.0, pytest.approx(4 * 4 * 60 / 7.9))
    with pytest.raises(UserError, match="seconds"):
        model.generate(1, 0.0, [0])


def test_normalise_and_restore_are_inverse_and_fit_is_per_band(model):
    batch = loops(8)
    mels = model.spectrogram.on_grid(batch.audio, batch.lengths, LITTLE.frames)
    normalised = model.normalise(mels)
    torch.testing.assert_close(normalised.mean((0, 3)), torch.zeros(1, 32), atol=1e-4, rtol=0)
    torch.testing.assert_close(normalised.std((0, 3)), torch.ones(1, 32), atol=1e-3, rtol=0)
    torch.testing.assert_close(model.restore(normalised), mels)


@pytest.mark.parametrize(
    ("controls", "says"),
    [({"label": "polka"}, "polka.*house, rock"), ({"bars": 1.5}, "multiple of 1"), ({"bars": 0}, "multiple of 1")],
)
def test_refusals_name_the_mend(model, controls, says):
    with pytest.raises(UserError, match=says):
        model.generate(1, None, [0], **controls)


def test_seeds_must_be_as_many_as_loops(model):
    with pytest.raises(UserError, match="one seed for each of the 2"):
        model.generate(2, None, [0])


def test_projection_comes_nearer_than_any_random_style(model):
    target = model.render(model.styles([123], label="rock", bpm=120), [123], bpm=120)

    def distance(styles):
        made = model.normalise(model.spectrograms(styles, [0]))
        wanted = model.normalise(model.spectrogram.on_grid(target, torch.tensor([32_000]), LITTLE.frames))
        return (made - wanted).abs().mean().item()

    with torch.no_grad():
        found = distance(model.project(target, bpm=120, steps=60))
        random = [distance(model.styles([seed], bpm=120)) for seed in range(40)]
    assert found < 0.9 * min(random)


def test_stereo_loops_and_a_stereo_vocoder_for_mono():
    stereo = replace(LITTLE.vocoder, channels=2)
    assert build(replace(LITTLE, channels=2, vocoder=stereo)).eval().generate(1, None, [0]).shape == (1, 2, 32_000)
    assert build(replace(LITTLE, vocoder=stereo)).eval().generate(1, None, [0]).shape == (1, 1, 32_000)


def test_bf16_has_the_same_spectrogram_within_its_precision():
    torch.manual_seed(0)
    model = build(LITTLE).eval()
    exact = model.generate(1, None, [0])
    model.use_precision("bf16")
    rounded = model.generate(1, None, [0])
    lengths = torch.tensor([exact.shape[-1]])
    mels = [model.spectrogram.on_grid(audio, lengths, LITTLE.frames) for audio in (exact, rounded)]
    difference = (mels[0] - mels[1]).abs()
    assert not torch.equal(exact, rounded) and difference.mean() < 0.25 * mels[0].std()
