"""The loop on a real DATA folder and a real family."""

import numpy as np
import pytest
import torch
from test_resume import lines, same, whole

from tritone.config import load_preset, make_config
from tritone.data.prepare import prepare
from tritone.data.render import render_loops
from tritone.signal.files import write_wav
from tritone.training.display import Quiet
from tritone.training.loop import train
from tritone.training.run import Run
from tritone.training.sources import DataSources

RATE = 22_050


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    generator = np.random.default_rng(0)
    for index in range(6):
        envelope = np.exp(-np.arange(2 * RATE) % 4000 / 800.0)
        write_wav(folder / f"{index}.wav", (0.3 * envelope * generator.standard_normal(2 * RATE))[None], RATE)
    prepare([folder], folder.parent / "data", sample_rate=RATE, validation=0.34, workers=1)
    return folder.parent / "data"


def nano(data, model=None, **training):
    overrides = {
        "model": {"sample_rate": RATE, "capacity": 4, "latent": 8, **(model or {})},
        "training": {
            "steps": 4, "batch": 4, "crop_samples": 8192, "validate_every": 4, "validation_crops": 3, "log_every": 2,
            "previews": 1, "precision": "float32", **training,
        },
    }  # fmt: skip
    return make_config("vae", load_preset("vae-nano"), overrides, name="vae-nano", data=str(data))


def test_shares_of_two_processes_and_rounds_are_the_whole_batch(data):
    config = nano(data)
    whole_batch = _crops(DataSources(config, 0, 1), 3, 1)
    halves = torch.cat([_crops(DataSources(config, rank, 2), 3, 1) for rank in range(2)])
    rounds = _crops(DataSources(config, 0, 1), 3, 2)
    assert whole_batch.shape == (4, 1, 8192)
    assert torch.equal(whole_batch, halves) and torch.equal(whole_batch, rounds)


def _crops(sources, step, rounds):
    batches = [sources.batch(step, index, rounds).audio for index in range(rounds)]
    sources.close()
    return torch.cat(batches)


def test_validation_and_analysis_repeat_themselves(data):
    sources = DataSources(nano(data), 0, 1)
    for make in (lambda: sources.validation(3), sources.analysis):
        first, second = (torch.cat([batch.audio for batch in make()]) for _ in range(2))
        assert torch.equal(first, second)
    assert sum(len(batch) for batch in sources.validation(3)) == 3
    assert sources.sample_rate == RATE and sources.summary()
    sources.close()


@pytest.mark.parametrize("stage1_steps", [20_000, 2])
def test_a_real_family_trains_resumes_exactly_and_loads(data, tmp_path, stage1_steps):
    def go(out, steps):
        return train(nano(data, {"stage1_steps": stage1_steps}, steps=steps), out, show=Quiet(), device="cpu")

    torch.set_num_threads(1)
    go(tmp_path / "straight", 8)
    go(tmp_path / "broken", 3)
    go(tmp_path / "broken", 8)
    straight, broken = whole(tmp_path / "straight"), whole(tmp_path / "broken")
    assert same(straight[1], broken[1]) and same(straight[2]["optimizers"], broken[2]["optimizers"])
    kept = [line for line in lines(tmp_path / "broken") if line["step"] != 3]
    assert kept == lines(tmp_path / "straight")
    model = Run(tmp_path / "straight").load("best")
    sound = torch.randn(1, 1, 5000) * 0.1
    assert model.reconstruct(sound).shape == sound.shape


def test_a_model_of_loops_reads_whole_loops(tmp_path):
    """The batch of one process is those of two together, and holds whole loops of two tempos with their labels."""
    paths = render_loops(tmp_path / "sound", 12, kind="synth", bpm=(100, 160), sample_rate=8_000, channels=1, workers=1)
    prepare([tmp_path / "sound"], tmp_path / "data", sample_rate=8_000, bars=1, validation=0.3, workers=1)
    overrides = {"model": {"sample_rate": 8_000}, "training": {"batch": 4}}
    config = make_config("gan", load_preset("gan-nano"), overrides, data=str(tmp_path / "data"))
    alone, halves = DataSources(config, 0, 1), [DataSources(config, rank, 2) for rank in range(2)]
    batch = alone.batch(3, 0, 1)
    parts = [half.batch(3, 0, 1) for half in halves]
    for name in ("audio", "seeds", "lengths", "labels", "tempos"):
        assert torch.equal(getattr(batch, name), torch.cat([getattr(part, name) for part in parts])), name
    assert batch.lengths.tolist() == [round(240 / float(tempo) * 8_000) for tempo in batch.tempos]
    assert (batch.labels >= 0).all() and batch.lengths.max() <= batch.audio.shape[-1] <= 19_200
    held = list(alone.validation(100))
    assert sum(map(len, held)) == alone.summary()["splits"]["validation"]["items"] < len(paths)
    assert sum(alone.summary()["labels"].values()) == 12 and alone.summary()["tempos"]["different"] > 3
    for sources in (alone, *halves):
        sources.close()
