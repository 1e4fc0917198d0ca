"""How a prior learns: what it is taught, and that it comes to know a process of which everything is known."""

from dataclasses import replace
from math import e, log, pi

import pytest
import torch
from small_codec import NANO
from small_prior import CONFIG, DIMS, LABELS, lively

from tritone.data.batch import plain_batch
from tritone.errors import UserError
from tritone.families.prior.losses import shifted, surprise
from tritone.families.prior.model import build
from tritone.families.prior.step import TrainingStep

CORRELATION, LEVELS = 0.9, (-3.0, 3.0)


def process(seeds, frames=48):
    """A first-order process along every axis, of deviation 1, around a level that its label names."""
    generator = torch.Generator().manual_seed(int(seeds[0]))
    latent = torch.randn(len(seeds), NANO.latent, frames, generator=generator)
    for frame in range(1, frames):
        new = (1 - CORRELATION**2) ** 0.5 * latent[..., frame]
        latent[..., frame] = CORRELATION * latent[..., frame - 1] + new
    labels = torch.tensor(seeds) % 2
    return replace(
        plain_batch(latent + torch.tensor(LEVELS)[labels][:, None, None], torch.tensor(seeds)), labels=labels
    )


def teacher(**settings):
    model = lively(**settings)
    model.frames.fitted.fill_(False)
    return TrainingStep(model.config, model, lambda value: value)


def learn(step, updates, size=24):
    optimizer = step.optimizers["prior"]
    step.analyse(step.synthesizer, [process(range(512))], 0)
    step.synthesizer.train()
    for update in range(updates):
        optimizer.param_groups[0]["lr"] = step.learning_rate("prior", update)
        losses = step.losses("prior", process(range(1000 + update * size, 1000 + (update + 1) * size)), update)
        loss = sum(weight * losses[name] for name, weight in step.weights(update).items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    step.synthesizer.eval()
    return step.synthesizer


@pytest.fixture(scope="module")
def learnt():
    torch.manual_seed(0)
    return learn(teacher(input_noise=0.0, learning_rate=5e-3), 450)


def test_surprise_comes_near_the_entropy_of_the_process(learnt):
    step = TrainingStep(learnt.config, learnt, lambda value: value)
    batch = process(range(9_000_000, 9_000_128))
    frames = learnt.frames.read(batch.audio)
    said = learnt.said(shifted(frames), batch.labels)
    found = float(surprise(learnt.head, said, frames)[:, 1:].mean().detach())
    entropy = 0.5 * log(2 * pi * e * (1 - CORRELATION**2)) - float(learnt.frames.std.log().mean())
    assert entropy - 0.03 < found < entropy + 0.05
    first = float(surprise(learnt.head, said, frames)[:, 0].mean().detach())
    assert first > found + 0.5
    (held_out,) = step.validate(learnt, [batch], 0).values()
    assert float(held_out) == pytest.approx((47 * found + first) / 48, abs=1e-4)


def test_what_it_makes_is_such_a_process(learnt):
    stream, draw = learnt.streaming("high"), torch.Generator().manual_seed(1)
    frame, state, made = stream.initial_frame(200), stream.initial_state(200), []
    with torch.no_grad():
        for _ in range(120):
            frame, state = stream.step(frame, state, 1.0, torch.randn(200, stream.noise_width, generator=draw))
            made.append(frame)
    last, before = (torch.cat(made[first : first + 70]) for first in (50, 49))
    torch.testing.assert_close(last.mean(0), torch.full((DIMS,), LEVELS[1]), rtol=0, atol=0.4)
    torch.testing.assert_close(last.std(0), torch.ones(DIMS), rtol=0, atol=0.15)
    beside = torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(last.T, before.T, strict=True)])
    torch.testing.assert_close(beside, torch.full((DIMS,), CORRELATION), rtol=0, atol=0.06)


def test_labels_are_told_and_sometimes_dropped():
    step, batch = teacher(label_dropout=0.5), process(range(64))
    heard = []
    original = step.synthesizer.said
    step.synthesizer.said = lambda frames, labels: heard.append(labels) or original(frames, labels)
    step.losses("prior", batch, 0)
    dropped = heard[0] < 0
    assert 16 < int(dropped.sum()) < 48 and torch.equal(heard[0][~dropped], batch.labels[~dropped])
    step.validate(step.synthesizer, [batch], 0)
    assert torch.equal(heard[1], batch.labels)
    assert len(LABELS) == 2


def test_losses_follow_from_the_seeds_of_each_row():
    step, batch = teacher(), process(range(6))
    whole = step.losses("prior", batch, 0)["surprise"]
    rows = [replace(batch, audio=batch.audio[i : i + 1], seeds=batch.seeds[i : i + 1], labels=batch.labels[i : i + 1])
            for i in range(6)]  # fmt: skip
    alone = torch.stack([step.losses("prior", row, 0)["surprise"] for row in rows]).mean()
    torch.testing.assert_close(whole, alone, rtol=1e-4, atol=1e-5)


def test_half_precision_trains_on_a_likelihood_in_full():
    step, batch = teacher(), process(range(8))
    exact = step.losses("prior", batch, 0)["surprise"]
    with torch.autocast("cpu", torch.bfloat16):
        rough = step.losses("prior", batch, 0)["surprise"]
    rough.backward()
    rough, exact = rough.detach(), exact.detach()
    assert rough.dtype == torch.float32 and float((rough - exact).abs()) < 0.05 * float(exact.abs()) + 0.05
    learning = [p for p in step.synthesizer.parameters() if p.requires_grad]
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in learning)


def test_the_codec_does_not_learn_and_the_scale_is_measured_once():
    step = teacher()
    codec = {name: value.clone() for name, value in step.synthesizer.codec.state_dict().items()}
    learn(step, 2)
    assert all(torch.equal(value, codec[name]) for name, value in step.synthesizer.codec.state_dict().items())
    mean = step.synthesizer.frames.mean.clone()
    whole = process(range(512)).audio.double()[:, :DIMS]
    torch.testing.assert_close(mean.double(), whole.mean((0, 2)), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(
        step.synthesizer.frames.std.double(), whole.std((0, 2), correction=0), rtol=1e-5, atol=1e-6
    )
    step.analyse(step.synthesizer, [process(range(7))], 1)
    assert torch.equal(step.synthesizer.frames.mean, mean)


def test_previews_are_as_long_as_the_crops():
    model = lively()
    sounds = model.preview(process([4, 5], frames=20))
    assert [sound.shape for sound in sounds["real"] + sounds["new"]] == [(1, 640)] * 4


def test_without_a_trained_codec_nothing_is_learned():
    model = build(CONFIG)
    step = TrainingStep(CONFIG, model, lambda value: value)
    with pytest.raises(UserError, match=r"is not there: give its run as --model\.codec_from"):
        step.analyse(model, [process([1])], 0)


def test_latents_of_another_model_are_refused():
    with pytest.raises(UserError, match="5 dimensions, but the codec of this one has 6"):
        lively().frames.read(torch.zeros(1, 5, 10))


def test_learning_rate_rises_and_falls_to_a_tenth():
    step = teacher()
    rates = [step.learning_rate("prior", at) / CONFIG.learning_rate for at in (0, 4, 300, 10_000)]
    assert rates == pytest.approx([0.2, 1.0, 0.1, 0.1], abs=1e-3)
