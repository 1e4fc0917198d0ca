"""How the loop GAN learns: who gets a gradient, when penalties come, and that a batch may be split."""

from dataclasses import replace

import pytest
import torch
from little_gan import LITTLE, ORDINARY, loops, rows

from tritone.families.gan.model import build
from tritone.families.gan.step import TrainingStep
from tritone.nn.adversarial import identity
from tritone.nn.ema import Ema


def started(config):
    torch.manual_seed(0)
    step = TrainingStep(config, build(config), identity)
    step.analyse(step.synthesizer, [loops(16, 100)], 0)
    return step


def learn(step, role, batch, number=1):
    for optimizer in step.optimizers.values():
        optimizer.zero_grad(set_to_none=True)
    found = step.losses(role, batch, number)
    weights = step.weights(number)
    sum(weights[name] * loss for name, loss in found.items() if weights.get(name)).backward()
    return found


def with_gradient(module):
    return {name for name, parameter in module.named_parameters() if parameter.grad is not None}


def without_gradient(module):
    return {name for name, parameter in module.named_parameters() if parameter.grad is None}


PAIRS = replace(LITTLE, loss="relativistic")


@pytest.mark.parametrize("config", [LITTLE, ORDINARY, PAIRS], ids=["hinge", "r1", "pairs"])
def test_each_role_moves_its_own_networks_and_all_of_them(config):
    step = started(config)
    batch = loops(4)
    learn(step, "discriminator", batch)
    assert without_gradient(step.discriminator) == set()
    assert with_gradient(step.synthesizer) == set()
    learn(step, "generator", batch)
    assert with_gradient(step.discriminator) == set()
    assert without_gradient(step.synthesizer.generator) | without_gradient(step.synthesizer.mapping) == set()
    assert with_gradient(step.synthesizer.vocoder) == set()
    assert all(parameter.requires_grad for parameter in step.discriminator.parameters())


def test_optimisers_hold_exactly_what_learns():
    step = started(LITTLE)
    held = {id(each) for group in step.optimizers["generator"].param_groups for each in group["params"]}
    learnt = [*step.synthesizer.mapping.parameters(), *step.synthesizer.generator.parameters()]
    assert held == {id(each) for each in learnt}
    networks = [each for network in step.features.networks for each in network.parameters()]
    assert not any(each.requires_grad for each in networks) and step.features.state_dict() == {}


@pytest.mark.parametrize("config", [LITTLE, ORDINARY], ids=["projected", "ordinary"])
def test_a_batch_split_over_two_processes_gives_the_same_gradients(config):
    config = replace(config, weights={**config.weights, "path_length": 0.0})  # takes the first half of what it is given
    gradients = []
    for parts in ([(0, 8)], [(0, 4), (4, 8)]):
        batch, summed = loops(8), {}
        for part in parts:
            step, piece = started(config), rows(batch, *part)  # a process of its own
            for role, module in (("discriminator", step.discriminator), ("generator", step.synthesizer.generator)):
                learn(step, role, piece, 2)
                for name, each in module.named_parameters():
                    summed[role, name] = summed.get((role, name), 0) + each.grad / len(parts)
        gradients.append(summed)
    whole, split = gradients
    largest = max(each.abs().max() for each in whole.values())
    for name, value in whole.items():
        torch.testing.assert_close(split[name], value, rtol=1e-3, atol=2e-5 * float(largest), msg=str(name))


def test_penalties_come_in_their_rhythm_and_as_many_times_heavier():
    step = started(ORDINARY)
    assert step.weights(0)["r1"] == 20.0 and step.weights(1)["r1"] == 0.0 and step.weights(2)["path_length"] == 4.0
    batch = loops(4)
    for number, taken in ((0, True), (1, False), (2, True)):
        assert ("r1" in learn(step, "discriminator", batch, number)) == taken
        assert ("path_length" in learn(step, "generator", batch, number)) == taken
    assert "r2" not in step.losses("discriminator", batch, 0)


def test_penalty_is_the_gradient_of_the_logits_by_the_features():
    step = started(replace(LITTLE, weights={**LITTLE.weights, "r1": 1.0}))
    step.discriminator.eval()  # spectral norm stands still
    batch = loops(2)
    penalty = step.losses("discriminator", batch, 0)["r1"]
    turn = step._turns.pop(id(batch))
    leaves = [[each.double().float().requires_grad_(True) for each in maps] for maps in turn.real]
    total = sum(each.mean(1).sum() for each in step.discriminator(leaves, turn.condition))
    squares = [each.square().sum() for each in torch.autograd.grad(total, [each for maps in leaves for each in maps])]
    torch.testing.assert_close(penalty.detach(), sum(squares) / 2 / len(batch), rtol=1e-4, atol=1e-8)


def test_the_frozen_networks_hear_real_and_generated_sound_once_a_step(monkeypatch):
    step = started(LITTLE)
    calls = []
    network = step.features.networks[0]
    heard = type(network).maps
    monkeypatch.setattr(type(network), "maps", lambda self, mel: calls.append(len(mel)) or heard(self, mel))
    batch = loops(4)
    learn(step, "discriminator", batch)
    learn(step, "generator", batch)
    assert calls == [4, 4]


def test_spectrograms_reach_the_judge_in_decibels_and_turned_by_beats():
    step = started(replace(LITTLE, discriminator=replace(LITTLE.discriminator, beat_shift=1.0, gain_db=0.0)))
    batch = loops(6)
    real = step._real(step.synthesizer, batch)
    seen = step._seen(real, batch.seeds, 5, 7)
    beat = LITTLE.frames // LITTLE.beats
    for row, before in zip(seen, real, strict=True):
        assert any(torch.equal(row, before.roll(beat * shift, -1)) for shift in (1, 2, 3))


def test_bands_are_measured_once_and_reach_the_average_too():
    torch.manual_seed(0)
    step = TrainingStep(LITTLE, build(LITTLE), identity)
    ema = Ema(step.synthesizer, 0.9)
    batches = [loops(4, 0), loops(4, 4)]
    step.analyse(ema.averaged, batches, 0)
    mels = torch.cat([step._real(step.synthesizer, batch) for batch in batches])
    expected = mels.mean((0, 3))[..., None]
    for model in (step.synthesizer, ema.averaged):
        torch.testing.assert_close(model.mean, expected)
        assert bool(model.fitted)
    step.analyse(ema.averaged, [loops(4, 50)], 5)
    torch.testing.assert_close(step.synthesizer.mean, expected)


def test_validation_sees_collapse_and_distance():
    step = started(LITTLE)
    model = step.synthesizer.eval()
    with torch.no_grad():
        spread = step.validate(model, [loops(8), loops(8, 8)], 0)
        for parameter in model.generator.parameters():
            parameter.zero_()
        collapsed = step.validate(model, [loops(8), loops(8, 8)], 0)
    assert collapsed["spread"] < 1e-3 < spread["spread"]
    assert all(torch.isfinite(value) for value in spread.values())


def test_style_mixing_takes_finer_layers_from_another_style():
    step = started(replace(LITTLE, generator=replace(LITTLE.generator, style_mixing=1.0)))
    batch = loops(32)
    with torch.no_grad():
        styles = step._styles(batch.seeds, step.synthesizer.condition(batch.labels, batch.tempos))
        changes = (styles.diff(dim=1).abs().sum(2) > 0).sum(1)
    assert (changes == 1).all()
    unmixed = started(replace(LITTLE, generator=replace(LITTLE.generator, style_mixing=0.0)))
    with torch.no_grad():
        styles = unmixed._styles(batch.seeds, unmixed.synthesizer.condition(batch.labels, batch.tempos))
    assert (styles.diff(dim=1) == 0).all()


def test_preview_holds_real_and_new_loops():
    step = started(LITTLE)
    sounds = step.preview(step.synthesizer.eval(), loops(3), 0)
    expected = [(1, length) for length in loops(3).lengths.tolist()]
    assert [tuple(each.shape) for each in sounds["real"]] == expected
    assert [tuple(each.shape) for each in sounds["new"]] == expected
