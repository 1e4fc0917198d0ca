"""A student of a tiny teacher: what it is asked, who learns when, and that it plays in a few steps."""

import signal
from dataclasses import replace

import pytest
import torch
from compared import assert_same_bits, lines, state
from two_modes import (
    TwoModes,
    batch_of,
    rows,
    run,
    sliced_wasserstein,
    sounds,
    student_config,
    teacher_config,
)

from tritone import families
from tritone.errors import UserError
from tritone.families.diffusion.distil import DistilStep
from tritone.families.diffusion.step import TrainingStep
from tritone.nn.adversarial import identity
from tritone.nn.diffusion.conditions import NOTHING
from tritone.training.run import Run

LABELS = ("low", "high", "odd")


@pytest.fixture(scope="module")
def little(tmp_path_factory):
    """A teacher after three steps."""
    out = tmp_path_factory.mktemp("little") / "teacher"
    run(out, teacher_config(3, training={"batch": 4, "steps": 3}))
    return out


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A teacher that knows three labels, after three steps."""

    class Labelled(TwoModes):
        def batch(self, step, round, rounds):
            found = super().batch(step, round, rounds)
            return replace(found, labels=found.seeds % 3)

    out = tmp_path_factory.mktemp("labelled") / "teacher"
    model = {"by_label": True, "labels": list(LABELS), "sampling": {"guidance": 3.0}}
    run(out, teacher_config(3, training={"batch": 4, "steps": 3}, model=model), Labelled)
    return out


def started(teacher, **settings):
    config = student_config(teacher, 10, **settings).model
    torch.manual_seed(0)
    return DistilStep(config, families.build("diffusion", config), identity)


def learn(step, role, batch, number):
    """The losses of a role, differentiated as the loop does."""
    for optimizer in step.optimizers.values():
        optimizer.zero_grad(set_to_none=True)
    weights = step.weights(number)
    losses = step.losses(role, batch, number)
    sum(weights[name] * loss for name, loss in losses.items() if weights.get(name)).backward()
    return losses


def with_gradient(module):
    return {name for name, parameter in module.named_parameters() if parameter.grad is not None}


def enlivened(step, seed=3):
    """The student a little away from its teacher, as a first update brings it."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in step.synthesizer.denoiser.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return step


def test_the_configuration_says_who_learns_how(little):
    config = student_config(little, 10).model
    assert families.training_step("diffusion", config) is DistilStep
    assert families.training_step("diffusion", replace(config, distil=None)) is TrainingStep
    assert families.training_step("gan", families.config_class("gan")()).__module__ == "tritone.families.gan.step"


def test_a_student_starts_as_the_teacher_whom_no_checkpoint_has(little):
    step = started(little)
    teacher = Run(little).load()
    for name, value in teacher.state_dict().items():
        assert torch.equal(step.synthesizer.state_dict()[name], value), name
    assert bool(step.synthesizer.domain.fitted)
    held = {
        id(each)
        for optimizer in step.optimizers.values()
        for group in optimizer.param_groups
        for each in group["params"]
    }
    ours = [*step.synthesizer.denoiser.parameters(), *step.discriminator.parameters()]
    assert held == {id(each) for each in ours}
    assert not any(each.requires_grad for each in step.teacher.parameters())
    assert step.synthesizer.state_dict().keys() == teacher.state_dict().keys()
    assert set(step.helpers) == {"discriminator"}


def test_the_student_warms_up_alone_then_both_take_turns(little):
    step = started(little, distil={"warmup_steps": 4, "kept": 0.25, "penalty_every": 2, "weights": {"r1": 0.5}})
    roles = [step.roles(number)[0] for number in range(9)]
    assert roles == ["student"] * 4 + ["discriminator", "student"] * 2 + ["discriminator"]
    assert step.weights(3) == {"endpoint": 1.0, "consistency": 0.0}
    assert [step.weights(number)["r1"] for number in (4, 6, 8)] == [1.0, 0.0, 1.0]
    assert step.weights(5)["endpoint"] == 0.25 and step.weights(5)["adversarial"] == 1.0
    assert step.played("student") and not step.played("discriminator")
    rates = [step.learning_rate("student", number) for number in (0, 3, 4, 30)]
    assert rates == pytest.approx([1e-3 / 20, 4e-3 / 20, 5e-5 / 20, 5e-5])
    assert step.learning_rate("discriminator", 23) == pytest.approx(1e-4)


def test_gradients_reach_only_whose_turn_it_is(little):
    step, batch = enlivened(started(little, distil={"warmup_steps": 2})), batch_of(range(4))
    assert set(learn(step, "student", batch, 0)) == {"endpoint"}
    everything = {name for name, _ in step.synthesizer.denoiser.named_parameters()}
    assert with_gradient(step.synthesizer.denoiser) == everything and not with_gradient(step.discriminator)
    found = learn(step, "discriminator", batch, 2)
    assert set(found) == {"discriminator", "r1", "r2", "real_score", "made_score"}
    assert with_gradient(step.discriminator) == {name for name, _ in step.discriminator.named_parameters()}
    assert not with_gradient(step.synthesizer)
    assert set(learn(step, "student", batch, 3)) == {"endpoint", "adversarial"}
    assert with_gradient(step.synthesizer.denoiser) == everything and not with_gradient(step.discriminator)
    assert not with_gradient(step.teacher) and all(each.requires_grad for each in step.discriminator.parameters())


def test_the_end_points_of_a_lesson_are_those_of_the_teacher(little):
    """Counted with a teacher that is known in closed form, whatever the student is."""
    step = enlivened(started(little, distil={"steps": 200}))
    step.teacher = lambda x, sigma, told, circular: x / (1 + sigma[:, None, None] ** 2)  # standard normal data
    lesson = step.lessons.lesson(batch_of(range(6)))
    exact = lesson.noisy / (1 + lesson.sigma[:, None, None] ** 2).sqrt()
    torch.testing.assert_close(step._end(lesson), exact, rtol=0, atol=2e-3)
    made = step.synthesizer.denoiser(lesson.noisy, lesson.sigma, NOTHING)
    wanted = ((made - exact) ** 2).mean((1, 2)) * (1 + 1 / lesson.sigma**2)
    found = step.losses("student", batch_of(range(6)), 0)["endpoint"]
    assert found.item() == pytest.approx(wanted.mean().item(), rel=0.02)


def test_the_exact_consistency_function_has_no_consistency_loss(little):
    step = started(little, distil={"grid": 40, "weights": {"consistency": 1.0, "endpoint": 0.0}})
    step.teacher = lambda x, sigma, told, circular: x / (1 + sigma[:, None, None] ** 2)
    before = step.losses("student", batch_of(range(6)), 0)["consistency"]
    step.synthesizer.denoiser.forward = lambda x, sigma, told: x / (1 + sigma[:, None, None] ** 2).sqrt()
    after = step.losses("student", batch_of(range(6)), 0)["consistency"]
    assert float(after) < 0.02 * float(before.detach())


def test_lessons_lie_between_the_students_levels_and_some_begin_from_noise_alone(little):
    step = started(little, distil={"from_noise": 0.25})
    batch = batch_of(range(400))
    lesson, louder = step.lessons.lesson(batch), step.lessons.lesson(replace(batch, audio=5 * batch.audio))
    first = lesson.sigma == 8.0
    assert 70 < int(first.sum()) < 130 and float(lesson.sigma.min()) >= 0.3
    assert torch.equal(lesson.noisy[first], louder.noisy[first])  # whatever the sound
    assert float(lesson.noisy[first].std()) == pytest.approx(65**0.5, rel=0.02)
    noise = (lesson.noisy - lesson.clean)[~first] / lesson.sigma[~first, None, None]
    assert float(noise.std()) == pytest.approx(1, rel=0.02) and float(noise.mean()) == pytest.approx(0, abs=0.02)
    place = (lesson.sigma[~first].log() - torch.tensor(0.3).log()) / torch.tensor(8 / 0.3).log()
    counts = torch.histc(place, 4, 0, 1)
    assert float(counts.min()) > 45  # of some 75 in each quarter
    for part in (slice(0, 1), slice(7, 9)):
        some = step.lessons.lesson(rows(batch, part.start, part.stop))
        assert torch.equal(some.noisy, lesson.noisy[part])


def test_guidance_of_the_teacher_is_taken_in(labelled):
    step = started(labelled)
    assert step.distil.guidance == 3.0
    batch = batch_of(range(8), labels=torch.arange(8) % 3)
    lesson = step.lessons.lesson(batch)
    told = step.teacher(lesson.noisy, lesson.sigma, lesson.told)
    unsaid = step.teacher(lesson.noisy, lesson.sigma, lesson.unsaid)
    assert float((told - unsaid).abs().max()) > 1e-4
    guided = step._teacher(lesson)(lesson.noisy, lesson.sigma)
    torch.testing.assert_close(guided, unsaid + 3 * (told - unsaid), rtol=1e-4, atol=1e-5)


def test_a_sound_can_be_told_to_be_every_other_kind_but_not_its_own(labelled):
    step = started(labelled, model={"dropout": 0.0, "dropout_each": 0.0})
    labels = torch.arange(600) % 3
    batch = batch_of(range(600), labels=torch.where(torch.arange(600) < 30, -1, labels))
    lesson = step.lessons.lesson(batch)
    wrong = step.lessons.mistaken(lesson, batch).vector.argmax(1)
    assert torch.equal(lesson.told.vector.argmax(1), batch.labels + 1)
    assert bool((wrong[:30] == 0).all())  # of what nothing is known, nothing wrong is told
    others = wrong[30:] - 1
    assert bool((others != labels[30:]).all()) and bool((others >= 0).all())
    counts = torch.bincount(others[labels[30:] == 1], minlength=3)
    assert int(counts[0]) + int(counts[2]) == 190 and abs(int(counts[0]) - 95) < 30
    assert "contrastive" in step.losses("discriminator", batch_of(range(4), labels=labels[:4]), 200)


def test_without_kinds_there_is_nothing_to_mistake(little):
    assert "contrastive" not in started(little).losses("discriminator", batch_of(range(4)), 200)


def test_a_batch_split_over_two_processes_gives_the_same_gradients(labelled):
    whole, split = (gradients(labelled, parts) for parts in ([(0, 8)], [(0, 4), (4, 8)]))
    largest = max(float(value.abs().max()) for value in whole.values())
    for name, value in whole.items():  # a bias that real and made scores share has a gradient of 0, and its rounding
        scale = max(float(value.abs().max()), 0.01 * largest)
        torch.testing.assert_close(split[name], value, rtol=1e-3, atol=1e-4 * scale, msg=str(name))


def gradients(teacher, parts):
    """Means over processes of the gradients of everything that learns, in the warm-up and after it."""
    batch, summed = batch_of(range(8), labels=torch.arange(8) % 3), {}
    for part in parts:
        step = enlivened(started(teacher, distil={"weights": {"consistency": 0.5}}))
        for role, module, number in (
            ("student", step.synthesizer.denoiser, 0),
            ("discriminator", step.discriminator, 100),
            ("student", step.synthesizer.denoiser, 101),
        ):
            learn(step, role, rows(batch, *part), number)
            for name, each in module.named_parameters():
                key = (number, name)
                summed[key] = summed.get(key, 0) + each.grad / len(parts)
    return summed


def test_a_stopped_student_equals_one_that_was_not(little, tmp_path):
    class StopAt(TwoModes):
        def batch(self, step, round, rounds):
            if step in (3, 7) and not (tmp_path / str(step)).exists():
                (tmp_path / str(step)).touch()
                signal.raise_signal(signal.SIGTERM)
            return super().batch(step, round, rounds)

    config = student_config(little, 10, distil={"warmup_steps": 4, "steps": 3})
    assert run(tmp_path / "straight", config) == "finished"
    assert [run(tmp_path / "broken", config, StopAt) for _ in range(3)] == ["terminated"] * 2 + ["finished"]
    assert_same_bits(state(tmp_path / "broken"), state(tmp_path / "straight"))
    assert lines(tmp_path / "broken") == lines(tmp_path / "straight")


def test_a_student_whose_teacher_is_gone_plays_but_cannot_learn_on(little, tmp_path):
    config = student_config(little, 1)
    run(tmp_path / "student", config)
    gone = replace(
        config, model=replace(config.model, distil=replace(config.model.distil, teacher=str(tmp_path / "x")))
    )
    with pytest.raises(UserError, match="is gone, from which this student learns"):
        run(tmp_path / "other", gone)
    (tmp_path / "student" / "config.yaml").write_text(
        (tmp_path / "student" / "config.yaml").read_text().replace(str(little), str(tmp_path / "x"))
    )
    assert Run(tmp_path / "student").load().generate(1, 0.01, [3]).shape == (1, 1, 80)


def test_a_student_of_another_size_is_refused(little):
    with pytest.raises(UserError, match="another architecture"):
        started(little, model={"network": {"unet": {"features": 24}}})


@pytest.mark.slow
def test_a_student_is_better_in_few_steps_than_its_teacher(tmp_path):
    """Of 512 sounds of two kinds, by sliced Wasserstein distance. A teacher's one step gives what lies between them."""
    run(tmp_path / "teacher", teacher_config(300))
    distil = {"warmup_steps": 130, "learning_rate": 3e-4, "discriminator_learning_rate": 1e-3}
    run(tmp_path / "student", student_config(tmp_path / "teacher", 290, distil=distil))
    teacher, student = (Run(tmp_path / name).load() for name in ("teacher", "student"))
    real, seeds = sounds(torch.arange(512) + 10**8), list(range(512))

    def far(model, steps, sampler):
        made = model.generate(512, 64 / 8_000, seeds, steps=steps, sampler=sampler)
        return sliced_wasserstein(made, real)

    for steps, share in ((1, 0.6), (2, 0.6), (3, 0.8)):
        ours = far(student, steps, "ping-pong")
        theirs = min(far(teacher, steps, sampler) for sampler in ("2m", "ddim"))
        assert ours < share * theirs, (steps, ours, theirs)
    assert far(student, 4, None) == far(student, 4, "ping-pong")


@pytest.mark.parametrize("training", [{"precision": "bf16"}, {"accumulate": 2, "clip": 0.5}], ids=["bf16", "in rounds"])
def test_it_learns_in_bf16_and_in_rounds(little, tmp_path, training):
    config = student_config(little, 5, distil={"warmup_steps": 2, "steps": 3}, training={"log_every": 1, **training})
    assert run(tmp_path / "student", config) == "finished"
    seen = {key: value for line in Run(tmp_path / "student").log() for key, value in line.items()}
    assert {"student/adversarial", "student/endpoint", "discriminator/r1", "validation/distance"} <= set(seen)
    assert all(value == value and abs(value) < 1e6 for value in seen.values())
