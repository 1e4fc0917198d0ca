"""Training of the tagger against numpy, and the rule that two processes equal one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tritone.data.batch import plain_batch
from tritone.families.tagger.config import Config
from tritone.families.tagger.model import build
from tritone.families.tagger.step import TrainingStep, importance
from tritone.signal.mel_config import MelConfig

RATE = 8000
CONFIG = Config(
    sample_rate=RATE,
    labels=("low", "noise", "high"),
    shares=(0.5, 0.2, 0.3),
    mel=MelConfig(rate=RATE, mels=16, window=256, hop=128),
    window_frames=16,
    widths=(8, 16, 16, 32),
    hidden=16,
    warmup=0,
    learning_rate=1e-2,
)


def step_of(config=CONFIG):
    torch.manual_seed(0)
    return TrainingStep(config, build(config), lambda value: value)


def batch_of(audio, labels, first_seed=0):
    count = len(audio)
    seeds = torch.arange(first_seed, first_seed + count)
    return replace(plain_batch(audio, seeds), labels=torch.tensor(labels))


def noise(count, seed=1):
    return 0.1 * torch.randn(count, 1, 2048, generator=torch.Generator().manual_seed(seed))


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def test_importance_of_a_label_is_the_inverse_of_its_share():
    assert importance((0.25, 0.75), 1.0).tolist() == pytest.approx([2.0, 2 / 3])
    assert importance((0.25, 0.75), 0.0).tolist() == pytest.approx([1.0, 1.0])
    roots = np.array([0.25, 0.75]) ** -0.5
    assert importance((0.25, 0.75), 0.5).tolist() == pytest.approx(roots / (roots @ [0.25, 0.75]))
    assert importance((0.0, 0.5, 0.5), 1.0).tolist() == pytest.approx([0.0, 1.0, 1.0])


def test_the_loss_is_the_weighted_smoothed_cross_entropy_and_skips_what_has_no_label():
    step = step_of(replace(CONFIG, dropout=0.0, smoothing=0.1))
    batch = batch_of(noise(4), [0, 2, -1, 1])
    logits = step.synthesizer.features.network(step.synthesizer.spectrogram(batch.audio)).detach().double().numpy()
    target = np.full((4, 3), 0.1 / 3)
    target[[0, 1, 3], [0, 2, 1]] += 0.9
    each = -(target * log_softmax(logits)).sum(axis=1)
    weights = np.array([1 / 0.5, 1 / 0.3, 0.0, 1 / 0.2]) / 3
    found = step.losses("tagger", batch, 0)
    assert found["classification"].item() == pytest.approx((weights * each).mean(), rel=1e-5)
    assert found["accuracy"].item() == (logits.argmax(1) == [0, 2, 9, 1]).mean()


def test_two_halves_of_a_batch_give_the_gradients_of_the_whole():
    audio, labels = noise(6), [0, 1, 2, -1, 1, 1]
    whole, split = step_of(), step_of()
    whole.losses("tagger", batch_of(audio, labels), 0)["classification"].backward()
    for first in (0, 3):
        part = batch_of(audio[first : first + 3], labels[first : first + 3], first)
        (split.losses("tagger", part, 0)["classification"] / 2).backward()
    for one, two in zip(whole.synthesizer.parameters(), split.synthesizer.parameters(), strict=True):
        assert two.grad.sub(one.grad).abs().max() < 1e-5 * max(1.0, one.grad.abs().max().item())


def test_dropout_leaves_out_its_share_and_follows_the_seeds_alone():
    step = step_of(replace(CONFIG, dropout=0.3, hidden=1000))
    embedding, batch = torch.ones(8, 1000), batch_of(noise(8), [0] * 8)
    kept = step._kept(batch, embedding)
    assert set(kept.unique().tolist()) == {0.0, torch.tensor(1 / 0.7).item()}
    assert (kept == 0).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert torch.equal(step._kept(batch_of(noise(3), [0] * 3, 5), embedding[5:]), kept[5:])


def test_held_out_figures_are_those_of_numpy_over_all_batches():
    step = step_of()
    step.synthesizer.eval()
    batches = [batch_of(noise(3, 1), [0, 1, -1]), batch_of(noise(2, 2), [1, 2])]
    with torch.no_grad():
        audio = torch.cat([batch.audio for batch in batches])
        logits = step.synthesizer.features.network(step.synthesizer.spectrogram(audio)).double().numpy()
    logits, labels = logits[[0, 1, 3, 4]], np.array([0, 1, 1, 2])
    right = logits.argmax(axis=1) == labels
    found = step.validate(step.synthesizer, batches, 0)
    assert found["distance"].item() == pytest.approx(-log_softmax(logits)[range(4), labels].mean(), rel=1e-4)
    assert found["accuracy"].item() == pytest.approx(right.mean())
    recalls = [right[labels == label].mean() for label in range(3)]
    assert found["balanced_accuracy"].item() == pytest.approx(np.mean(recalls))


def test_held_out_sound_without_labels_gives_no_figures():
    step = step_of()
    assert step.validate(step.synthesizer, [batch_of(noise(2), [-1, -1])], 0) == {}


def test_it_learns_low_tones_from_high_ones_and_noise():
    time = torch.arange(2048) / RATE
    generator = torch.Generator().manual_seed(3)

    def sound(label):
        hertz = (200, 0, 1500)[label] * (1 + torch.rand((), generator=generator))
        tone = 0.3 * torch.sin(2 * torch.pi * hertz * time)
        return 0.1 * torch.randn(2048, generator=generator) if label == 1 else tone

    def draw(count):
        labels = torch.randint(0, 3, (count,), generator=generator).tolist()
        return batch_of(torch.stack([sound(label) for label in labels])[:, None], labels)

    step = step_of(replace(CONFIG, shares=(1 / 3, 1 / 3, 1 / 3), dropout=0.2))
    before = step.validate(step.synthesizer, [held_out := draw(60)], 0)
    optimizer = step.optimizers["tagger"]
    for number in range(80):
        optimizer.zero_grad()
        step.losses("tagger", draw(12), number)["classification"].backward()
        optimizer.step()
    after = step.validate(step.synthesizer, [held_out], 80)
    assert after["accuracy"] > 0.9 > before["accuracy"] + 0.2
    assert after["distance"] < 0.5 * before["distance"]


def test_the_learning_rate_rises_over_the_warm_up():
    step = step_of(replace(CONFIG, warmup=4))
    assert [step.learning_rate("tagger", number) for number in (0, 1, 3, 100)] == [2.5e-3, 5e-3, 1e-2, 1e-2]


def test_it_makes_no_previews_and_says_what_it_can():
    step = step_of()
    assert step.preview(step.synthesizer, batch_of(noise(1), [0]), 0) == {}
    assert step.synthesizer.capabilities() == {"tag"}
