"""One step of the loop: accumulation, clipping, moving average, schedules, and losses that stop being finite."""

from copy import deepcopy

import pytest
import torch
from toyfamily.sound import NoiseSources, run, toy_config
from toyfamily.step import TrainingStep

from tritone.errors import UserError
from tritone.training.checkpoint import Checkpoints, read
from tritone.training.history import History
from tritone.training.log import read_log
from tritone.training.machine import Machine, clip_gradients
from tritone.training.trainer import Trainer, mixed_seed


def trainer(model=None, **training):
    config = toy_config(model, **training)
    return Trainer(config, Machine(config.training.precision, "cpu"), NoiseSources(config, 0, 1))


def weights(trained):
    return torch.cat([p.detach().flatten() for p in trained.synthesizer.parameters()])


def close(one, other, tolerance):
    return ((one - other).norm() / other.norm()).item() <= tolerance


@pytest.mark.parametrize("rounds", [2, 4])
def test_accumulation_rounds_equal_one_round(rounds):
    once, split = trainer(clip=0.1), trainer(clip=0.1, accumulate=rounds)
    for _ in range(20):
        first, second = once.update(), split.update()
        assert first.keys() == second.keys()
        for name in first:
            assert second[name].item() == pytest.approx(first[name].item(), rel=1e-4, abs=1e-6)
    assert close(weights(split), weights(once), 1e-6)
    assert not close(weights(once), weights(trainer()), 1e-2)


def test_a_step_equals_the_same_step_written_by_hand():
    ours = trainer(clip=0.05)
    torch.manual_seed(0)
    by_hand = deepcopy(ours.synthesizer)
    family = TrainingStep(toy_config().model, by_hand, lambda tensor: tensor)
    family.discriminator.load_state_dict(ours.family.discriminator.state_dict())
    optimizer = torch.optim.Adam(by_hand.parameters(), 1e-2)
    for step in range(3):
        optimizer.param_groups[0]["lr"] = family.learning_rate("generator", step)
        optimizer.zero_grad()
        losses = family.losses("generator", ours.sources.batch(step, 0, 1), step)
        (losses["distance"] + 0.1 * losses["adversarial"]).backward()
        torch.nn.utils.clip_grad_norm_(by_hand.parameters(), 0.05)
        optimizer.step()
        ours.update()
        family.discriminator.load_state_dict(ours.family.discriminator.state_dict())
    assert close(weights(ours), torch.cat([p.detach().flatten() for p in by_hand.parameters()]), 1e-6)


@pytest.mark.parametrize("clip", [0.0, 0.5, 1e3])
def test_clipping_equals_torch(clip):
    torch.manual_seed(1)
    ours = [torch.nn.Parameter(torch.randn(5, 3)) for _ in range(3)] + [torch.nn.Parameter(torch.randn(2))]
    for parameter in ours[:3]:
        parameter.grad = torch.randn(5, 3)
    theirs = deepcopy(ours)
    for one, other in zip(ours[:3], theirs[:3], strict=True):
        other.grad = one.grad.clone()
    norm = clip_gradients(ours, clip)
    expected = torch.nn.utils.clip_grad_norm_(theirs, clip or float("inf"))
    assert norm.item() == pytest.approx(expected.item(), rel=1e-6)
    assert ours[3].grad is None
    for one, other in zip(ours[:3], theirs[:3], strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_moving_average_follows_its_recursion_and_is_independent():
    ours = trainer(ema=0.5)
    average = weights(ours).double()
    for step in range(5):
        ours.update()
        decay = min(0.5, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * weights(ours).double()
    played = torch.cat([p.flatten() for p in ours.played.parameters()])
    torch.testing.assert_close(played.double(), average, rtol=1e-5, atol=1e-7)
    before = deepcopy(ours.played.state_dict())
    with torch.no_grad():
        for tensor in (*ours.synthesizer.parameters(), *ours.synthesizer.buffers()):
            tensor.fill_(7.0)
    for name, value in ours.played.state_dict().items():
        assert torch.equal(value, before[name]), name
    plain = trainer()
    assert plain.played is plain.synthesizer


def test_moving_average_does_not_change_what_is_learned():
    plain, averaged = trainer(), trainer(ema=0.9)
    for _ in range(5):
        plain.update()
        averaged.update()
    assert torch.equal(weights(plain), weights(averaged))


def test_average_takes_in_buffers_and_skips_other_roles():
    ours = trainer(ema=0.5)
    ours.family.roles = lambda step: ("generator",)
    ours.update()
    assert 0 < ours.played.power < ours.synthesizer.power + 1e-9
    before = deepcopy(ours.played.state_dict())
    ours.family.roles = lambda step: ("discriminator",)
    ours.update()
    assert all(torch.equal(value, before[name]) for name, value in ours.played.state_dict().items())


def test_weight_0_is_logged_only_and_unused_parameters_keep_no_gradient():
    ours, changed = trainer(), trainer({"weights": {"watched": 1e-3}})
    unused = deepcopy(ours.synthesizer.unused.state_dict())
    scalars = ours.update()
    changed.update()
    assert "generator/watched" in scalars and not torch.equal(weights(ours), weights(changed))
    assert ours.synthesizer.unused.weight.grad is None
    assert all(torch.equal(value, unused[name]) for name, value in ours.synthesizer.unused.state_dict().items())


def test_a_role_does_not_move_the_parameters_of_another():
    ours = trainer()
    ours.family.roles = lambda step: ("generator",)
    before = deepcopy(ours.family.discriminator.state_dict())
    ours.update()
    assert all(torch.equal(value, before[name]) for name, value in ours.family.discriminator.state_dict().items())


def test_bf16_runs_the_networks_in_bf16_and_keeps_weights_in_float32():
    ours = trainer(precision="bf16")
    seen = []
    ours.synthesizer.decoder.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    ours.update()
    assert seen and set(seen) == {torch.bfloat16}
    assert {p.dtype for p in ours.synthesizer.parameters()} == {torch.float32}


def test_fp16_on_a_cpu_is_for_the_user(tmp_path):
    with pytest.raises(UserError, match=r"fp16.*(bf16|float32)"):
        run(tmp_path, toy_config(precision="fp16"))


def test_seeds_differ():
    seeds = {mixed_seed(seed, step, stream) for seed in range(10) for step in range(30) for stream in range(10)}
    assert len(seeds) == 3000 and all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_nan_stops_keeps_the_last_good_checkpoint_and_says_what_to_change(tmp_path, ema):
    config = toy_config({"bad_step": 11}, ema=ema, log_every=6, validate_every=5)
    with pytest.raises(UserError) as caught:
        run(tmp_path, config)
    words = str(caught.value)
    assert "step 11" in words and "generator/distance became nan" in words
    assert "learning rate" in words and "float32" in words and "clip" in words
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    assert checkpoints.named("latest") == 10 and max(checkpoints.steps()) == 10
    assert all(value.isfinite().all() for value in read(checkpoints.path(10)).weights.values())
    assert all(line["step"] <= 10 for line in read_log(tmp_path / "log.jsonl"))


def test_infinite_gradient_is_found_though_the_loss_is_finite():
    history = History(lambda tensor: tensor)
    history.add(3, {"generator/distance": torch.tensor(1.0), "generator/gradient_norm": torch.tensor(float("inf"))})
    with pytest.raises(UserError, match="step 3: generator/gradient_norm became inf"):
        history.settle()
    scaled = History(lambda tensor: tensor, tolerate_norm=True)
    scaled.add(3, {"generator/gradient_norm": torch.tensor(float("inf"))})
    scaled.add(4, {"generator/gradient_norm": torch.tensor(2.0)})
    scaled.settle()
    assert scaled.take() == {"generator/gradient_norm": 2.0}


def test_history_averages_each_scalar_over_the_steps_that_have_it():
    history = History(lambda tensor: tensor)
    history.add(0, {"a": torch.tensor(1.0)})
    history.settle()
    history.add(1, {"a": torch.tensor(2.0), "b": torch.tensor(5.0)})
    history.settle()
    assert history.take() == {"a": 1.5, "b": 5.0} and history.take() == {}


def test_batch_that_cannot_be_split(tmp_path):
    with pytest.raises(UserError, match="use a multiple of 3"):
        run(tmp_path, toy_config(accumulate=3))
