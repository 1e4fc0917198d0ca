"""Styles while it plays: what the words at the desk make of a v3 model, in each engine, against the model offline."""

import numpy as np
import pytest
import torch
from loud import loud

from tritone.errors import UserError
from tritone.play.engine.open import open_player

SILENCE = 60_000


@pytest.fixture(scope="module")
def subject():
    return loud("vae-v3-causal")


def sounds(model):
    """Source and target, whole blocks of two frames."""
    samples = 24 * model.ratio
    source, target = (torch.randn(1, 1, samples, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    return 0.5 * source, 0.02 * target.cumsum(-1)


def opened(model, engine="torch", **given):
    return open_player(model, engine=engine, precision="float32", block=2 * model.ratio, noise=False, **given)


def played(player, sound):
    late = -(-player.latency_samples // player.step) * player.step
    blocks = np.split(np.pad(sound[0].numpy(), ((0, 0), (0, late))), (sound.shape[-1] + late) // player.step, axis=1)
    heard = np.concatenate([player.process(block) for block in blocks], 1)
    return heard[:, player.latency_samples :][:, : sound.shape[-1]]


@pytest.mark.parametrize("engine", ["torch", "onnx"])
def test_a_style_that_is_known_plays_as_reconstruct_gives_it(subject, engine):
    model = subject.model
    source, target = sounds(model)
    style = model.learn_style(source, target)
    player = opened(model, engine, style=style)
    player.warm_up()  # the amount has come to its end
    expected = model.reconstruct(torch.nn.functional.pad(source, (0, SILENCE)), style=style)[0, :, : source.shape[-1]]
    plain = model.reconstruct(torch.nn.functional.pad(source, (0, SILENCE)))[0, :, : source.shape[-1]]
    assert (expected - plain).abs().max() > 0.01
    assert np.abs(played(player, source) - expected.numpy()).max() <= 1e-5 * max(1, expected.abs().max().item())
    player.desk.apply(["style", 0])
    player.restart()
    player.process(np.zeros((1, player.step), np.float32))
    player.restart()
    assert np.abs(played(player, source) - plain.numpy()).max() <= 1e-5 * max(1, plain.abs().max().item())


@pytest.mark.parametrize("engine", ["torch", "onnx"])
def test_words_learn_and_forget(subject, engine):
    model = subject.model
    source, target = sounds(model)
    player = opened(model, engine)
    player.warm_up()
    plain = played(player, source)
    for word, sound in (("learn_target", target), ("learn_source", source)):
        player.restart()
        player.desk.apply([word, "on"])
        for block in np.split(sound[0].numpy(), sound.shape[-1] // player.step, axis=1):
            player.process(block)
        player.desk.apply([word, "off"])
        for _ in range(6):
            player.process(np.zeros((1, player.step), np.float32))
    player.restart()
    styled = played(player, source)
    assert np.abs(styled - plain).max() > 0.01
    player.desk.apply(["reset_target"])
    player.restart()
    assert np.abs(played(player, source) - plain).max() <= 1e-5 * max(1, np.abs(plain).max())


def test_models_without_places_refuse():
    player = opened(loud("vae-nano").model)
    for words in (["style", 1], ["learn_source"], ["reset_target"]):
        with pytest.raises(UserError, match="places where a style can enter"):
            player.desk.apply(words)
    assert "style" not in player.desk.apply(["show"])


def test_a_reset_of_the_desk_forgets_nothing(subject):
    player = opened(subject.model)
    player.desk.apply(["reset_source"])
    player.desk.apply(["learn_source", "off"])
    before = player.desk.controls
    player.desk.apply(["reset"])
    assert player.desk.controls == before and before.reset_source == 1
