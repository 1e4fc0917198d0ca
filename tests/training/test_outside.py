"""What a run shows: previews, model card, TensorBoard, progress."""

import io
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import soundfile
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toyfamily.sound import NoiseSources, run, toy_config

from tritone.errors import UserError
from tritone.training.display import Bar, Lines, duration, losses
from tritone.training.interrupts import Interrupts
from tritone.training.log import JsonLog, read_log
from tritone.training.loop import train
from tritone.training.preview import write_previews


class Recorder:
    def __init__(self):
        self.lines, self.steps, self.closed = [], [], False

    def progress(self, step, steps, values, speed, seconds_left):
        self.steps.append((step, steps, sorted(values), speed > 0, seconds_left >= 0))

    def say(self, text):
        self.lines.append(text)

    def close(self):
        self.closed = True


def test_a_run_folder_explains_itself(tmp_path):
    show, config = Recorder(), toy_config(steps=6, previews=2, validate_every=6)
    train(config, tmp_path / "run", show=show, open_sources=NoiseSources, device="cpu")
    folder = tmp_path / "run"
    for step in (0, 6):
        names = sorted(path.name for path in (folder / f"previews/step-{step}").iterdir())
        assert names == ["1-input.wav", "1-output.wav", "2-input.wav", "2-output.wav", "spectrogram.png"]
        assert soundfile.info(folder / f"previews/step-{step}/1-input.wav").subtype == "PCM_24"
    written, _ = soundfile.read(folder / "previews/step-6/2-input.wav")
    held_out = torch.cat([batch.audio for batch in NoiseSources(config, 0, 1).validation(2)])
    assert abs(written - held_out[1, 0].numpy()).max() < 2**-22
    card = (folder / "README.md").read_text()
    assert "| steps | 6 of 6, batch 4 |" in card and "- seconds: 1" in card and "license: unknown" in card
    assert [step[:2] for step in show.steps] == [(3, 6), (6, 6)] and show.closed
    assert show.steps[0][3:] == (True, True) and "generator/distance" in show.steps[0][2]
    assert show.lines == [f"Finished after 6 of 6 steps: {folder}"]


def test_a_card_that_its_user_has_written_is_left_alone(tmp_path):
    run(tmp_path, toy_config(steps=1))
    (tmp_path / "README.md").write_text("mine")
    run(tmp_path, toy_config(steps=2))
    assert (tmp_path / "README.md").read_text() == "mine"


def test_tensorboard_has_scalars_audio_and_pictures_and_forgets_what_was_undone(tmp_path):
    run(tmp_path, toy_config(steps=6, previews=1, validate_every=6))
    run(tmp_path, toy_config(steps=9, previews=1, validate_every=6))
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("generator/distance")] == [3, 6, 9]
    assert [event.step for event in events.Audio("1-output")] == [0, 6, 9]
    assert events.Tags()["images"] == ["1-input/spectrogram", "1-output/spectrogram"]
    logged = {line["step"]: line.get("generator/distance") for line in read_log(tmp_path / "log.jsonl")}
    assert events.Scalars("generator/distance")[0].value == pytest.approx(logged[3], rel=1e-6)


def test_previews_of_different_kinds_are_numbered_in_turn(tmp_path):
    sounds = {"input": torch.zeros(2, 1, 4000), "output": torch.rand(1, 2, 5000) - 0.5}
    write_previews(tmp_path, 3, sounds, 8000)
    names = sorted(path.name for path in (tmp_path / "step-3").glob("*.wav"))
    assert names == ["1-input.wav", "1-output.wav", "2-input.wav"]
    assert soundfile.info(tmp_path / "step-3/1-output.wav").channels == 2
    write_previews(tmp_path, 4, {}, 8000)
    assert not (tmp_path / "step-4").exists()


def test_log_lines_are_whole_objects(tmp_path):
    log = JsonLog(tmp_path / "log.jsonl", -1)
    log.scalars(1, {"a": 0.1})
    log.scalars(2, {"a": 0.2})
    log.close()
    assert read_log(tmp_path / "log.jsonl") == [{"step": 1, "a": 0.1}, {"step": 2, "a": 0.2}]
    JsonLog(tmp_path / "log.jsonl", 1).close()
    assert read_log(tmp_path / "log.jsonl") == [{"step": 1, "a": 0.1}]


def test_plain_lines_come_every_so_many_seconds_and_at_the_end():
    stream = io.StringIO()
    lines = Lines(stream, every=1000.0)
    for step in range(1, 101):
        lines.progress(step, 100, {"generator/distance": 0.25, "generator/learning_rate": 1.0}, 2.0, 75.0)
    assert stream.getvalue().splitlines() == [
        "step 1/100  distance 0.25  2.00 steps/s  0:01:15 left",
        "step 100/100  distance 0.25  2.00 steps/s  0:01:15 left",
    ]
    assert duration(float("inf")) == "?" and duration(3725) == "1:02:05"
    assert losses({"a/x": 1.0, "b/x": 2.0, "b/gradient_norm": 3.0}) == "a/x 1  b/x 2"


def test_the_bar_draws(capsys):
    bar = Bar()
    bar.progress(1, 2, {"generator/distance": 0.25}, 2.0, 75.0)
    bar.say("hello [world]")
    bar.close()
    assert "hello [world]" in capsys.readouterr().err


def test_second_signal_ends_the_process():
    code = """
        import os, signal
        from tritone.training.interrupts import Interrupts
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGTERM)
            assert interrupts.received == signal.SIGTERM
            print("once", flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
            print("never", flush=True)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.stdout == "once\n" and done.returncode == -signal.SIGTERM


def test_signal_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


class OtherRate(NoiseSources):
    sample_rate = 44_100


def test_a_preset_that_does_not_fit_the_data(tmp_path):
    with pytest.raises(UserError, match=r"prepared with sample_rate 44100.*--model.sample_rate 44100"):
        train(toy_config(), tmp_path, show=Recorder(), open_sources=OtherRate, device="cpu")
    assert not list(Path(tmp_path).glob("checkpoints/step-*"))
