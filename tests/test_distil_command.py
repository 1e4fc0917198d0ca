"""`tritone distil` as a user meets it: from a trained run to one that plays in few steps, and what it refuses."""

import shutil

import pytest
from acting import run_inside

from tritone.config import read_run_config
from tritone.training.run import Run

LEVELS = {
    "channels": "[16, 24]",
    "items": "[1, 1]",
    "attentions": "[0, 0]",
    "heads": 2,
    "features": 16,
    "groups": 4,
    "cross_attentions": "[]",
}
UNET = [word for name, value in LEVELS.items() for word in (f"--model.network.unet.{name}", value)]
SMALL = (
    *UNET, "--training.batch", 2, "--training.validation_crops", 4, "--training.previews", 1, "--training.log_every", 1,
)  # fmt: skip
QUICK = ("--model.distil.warmup_steps", "2", "--model.distil.steps", "3", "--training.steps", "5")


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory):
    """A diffusion model of waveforms after two steps, by commands. Read only."""
    out = tmp_path_factory.mktemp("distil") / "teacher"
    words = (
        "--preset",
        "diffusion-wave-nano",
        "--model.network.unet.factors",
        "[4, 2]",
        "--training.crop_samples",
        "4096",
    )
    assert run_inside("train", "diffusion", data, "--out", out, *words, *SMALL, "--steps", 2) == 0
    return out


@pytest.fixture(scope="module")
def student(teacher):
    """Its student after five steps. Read only."""
    out = teacher.parent / "student"
    assert run_inside("distil", teacher, "--out", out, *QUICK) == 0
    return out


def test_a_student_is_an_ordinary_run_that_plays_in_few_steps(student, teacher, done, tmp_path):
    config, theirs = read_run_config(student), read_run_config(teacher)
    assert config.family == "diffusion" and config.data == theirs.data
    assert config.model.network == theirs.model.network and config.training.crop_samples == 4096
    assert config.model.distil.teacher == str(teacher.resolve()) and config.model.distil.teacher_step == 2
    assert (config.model.sampling.sampler, config.model.sampling.steps) == ("ping-pong", 4)
    assert {path.name for path in student.iterdir()} >= {
        "README.md",
        "checkpoints",
        "config.yaml",
        "log.jsonl",
        "previews",
    }
    seen = {key for line in Run(student).log() for key in line}
    assert {"student/endpoint", "student/adversarial", "discriminator/discriminator", "discriminator/r1"} <= seen
    assert {"validation/distance", "validation/spread", "discriminator/learning_rate"} <= seen
    written = done("generate", student, "--out", tmp_path, "--count", 2, "--seconds", 0.1).paths
    assert len(written) == 2 and all(path.stat().st_size > 8000 for path in written)
    asked = []
    model = Run(student).load()
    model.denoiser.register_forward_hook(lambda module, given, made: asked.append(given[1]))
    model.generate(1, 0.1, [0])
    assert [float(sigma[0]) for sigma in asked] == pytest.approx([8.0, 2.678, 0.8963, 0.3], rel=1e-3)
    done("inspect", student)


def test_the_same_command_goes_on_though_the_teacher_has_learned_on(student, teacher, data, tmp_path, done):
    taught, copy = tmp_path / "teacher", tmp_path / "student"
    shutil.copytree(teacher, taught)
    done("distil", taught, "--out", copy, *QUICK)
    done("train", "diffusion", data, "--out", taught, "--steps", 3)
    ended = done("distil", taught, "--out", copy, "--steps", 7)
    assert "Continuing after step 5" in ended.err and Run(copy).checkpoints.steps()[-1] == 7
    assert read_run_config(copy).model.distil.teacher_step == 2
    done("train", "diffusion", data, "--out", copy, "--steps", 8)
    assert Run(copy).checkpoints.steps()[-1] == 8


def test_settings_on_the_command_line_come_before_the_presets(teacher, done, tmp_path):
    words = ("--model.distil.weights.r1", 0.5, "--model.sampling.steps", 2, "--checkpoint", 2, "--steps", 0)
    done("distil", teacher, "--out", tmp_path / "s", "--preset", "diffusion-distil", *words)
    model = read_run_config(tmp_path / "s").model
    assert model.distil.weights["r1"] == 0.5 and model.distil.weights["adversarial"] == 1.0
    assert model.sampling.steps == 2 and model.distil.warmup_steps == 10_000


def test_a_student_of_latents_takes_codec_and_latents_from_its_teacher(trained, data, tmp_path, done):
    words = (
        "--preset",
        "diffusion-latent-nano",
        "--model.network.unet.factors",
        "[1, 2]",
        "--model.codec_from",
        trained,
        "--training.crop_samples",
        "16384",
    )
    done("train", "diffusion", data, "--out", tmp_path / "t", *words, *SMALL, "--steps", 1)
    done("distil", tmp_path / "t", "--out", tmp_path / "s", *QUICK)
    theirs, ours = read_run_config(tmp_path / "t").model, read_run_config(tmp_path / "s").model
    assert (ours.codec, ours.latents, ours.by_tempo) == (theirs.codec, theirs.latents, theirs.by_tempo)
    shutil.rmtree(tmp_path / "t")
    assert len(done("generate", tmp_path / "s", "--out", tmp_path / "o", "--count", 1, "--seconds", 0.5).paths) == 1


def test_what_is_no_teacher_is_refused(teacher, student, trained, data, tmp_path, refused):
    out = ("--out", tmp_path / "s")
    assert "no run folder" in refused("distil", tmp_path / "nowhere", *out)
    assert "run of the family vae, which needs no distilling" in refused("distil", trained, *out)
    assert f"is itself a student; distil its teacher, {teacher.resolve()}" in refused("distil", student, *out)
    assert "was never trained" in refused("distil", teacher, *out, "--checkpoint", 0)
    assert "there are latest, best and steps 0, 2" in refused("distil", teacher, *out, "--checkpoint", 7)
    assert not (tmp_path / "s").exists()


def test_other_mistakes_have_a_sentence_each(teacher, student, trained, sounds, data, tmp_path, refused):
    out = ("--out", tmp_path / "s")
    assert "is gone; name one with --data" in refused("distil", teacher, *out, "--data", tmp_path / "gone")
    assert "belongs to the family gan" in refused("distil", teacher, *out, "--preset", "gan-nano")
    assert "did you mean" in refused("distil", teacher, *out, "--model.distil.warmup 3")
    assert "warmup_steps must be at least 0" in refused("distil", teacher, *out, "--model.distil.warmup_steps=-1")
    assert "was started with other settings (model.distil.guidance" in refused(
        "distil", teacher, "--out", student, "--model.distil.guidance", 2
    )
    assert "is no student" in refused("distil", teacher, "--out", trained)
    other = tmp_path / "other"
    shutil.copytree(teacher, other)
    assert "learns from" in refused("distil", other, "--out", student)
    assert "use `tritone distil TEACHER" in refused(
        "train", "diffusion", data, *out, "--preset", "diffusion-distil-nano", "--model.channels", 1,
        "--model.sample_rate", 44_100, "--training.crop_samples", 4096,
    )  # fmt: skip


def test_a_teacher_whose_data_is_gone_needs_other_data(teacher, data, tmp_path, refused, done):
    lost = tmp_path / "teacher"
    shutil.copytree(teacher, lost)
    text = (lost / "config.yaml").read_text()
    (lost / "config.yaml").write_text(text.replace(str(data.resolve()), str(tmp_path / "gone")))
    assert f"{tmp_path / 'gone'}, from which" in refused("distil", lost, "--out", tmp_path / "s")
    done("distil", lost, "--out", tmp_path / "s", "--data", data, "--steps", 0)
    assert read_run_config(tmp_path / "s").data == str(data.resolve())
