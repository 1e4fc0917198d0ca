"""What a path of ours is, in plain numbers and words."""

from pathlib import Path
from typing import Any

from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.play.export.card import card_paths, read_card
from tritone.play.live import buffer_samples
from tritone.play.load import run_of
from tritone.shipped import located
from tritone.training.run import Run

BLOCKS = (64, 128, 256, 512, 1024, 2048)
"""Block sizes of which the latency is told."""


def inspect(path: Path) -> dict[str, Any]:
    """Facts about a DATA folder, a RUN folder, a checkpoint or an exported file. UserError for anything else."""
    path = located(path)
    if not path.exists():
        raise UserError(f"There is no {path}; give a folder that `tritone prepare` or `tritone train` made.")
    if path.is_file() and card_paths(path)[0].is_file():
        return _exported(path)
    if (path / "config.yaml").is_file():
        return _model(path)
    if (path / "index.json").is_file():
        dataset = Dataset.open(path)
        return {"kind": "dataset", "sample_rate": dataset.sample_rate, "channels": dataset.channels, **dataset.summary}
    raise UserError(f"{path} is neither a dataset nor a run nor a checkpoint; give a folder that Tritone made.")


def _exported(path: Path) -> dict[str, Any]:
    """What the card of an exported file says, without the list of its state."""
    card = read_card(path)
    state = {"state_tensors": len(card["state"])} if "state" in card else {}
    return {"kind": "exported model", **{name: value for name, value in card.items() if name != "state"}, **state}


def _model(path: Path) -> dict[str, Any]:
    checkpoint = path if (path / "model.safetensors").is_file() else Run(path).checkpoint("latest")
    run = run_of(checkpoint)
    number = checkpoint.resolve().name.removeprefix("step-")
    model = run_of(checkpoint).load(checkpoint)
    return {
        "kind": "checkpoint" if checkpoint == path else "run",
        "family": run.config.family,
        "preset": run.config.preset,
        "step": int(number) if number.isdecimal() else None,
        "data": run.config.data,
        "weights_bytes": (checkpoint / "model.safetensors").stat().st_size,
        "can": ", ".join(sorted(model.capabilities())),
        **model.facts(),
        **(live_latency(model) if "stream" in model.capabilities() else {}),
    }


def live_latency(model: Synthesizer) -> dict[str, Any]:
    """By how much a sound that is played live comes later, in blocks of some sizes.

    `delay_samples` is what the algorithm needs. `buffer_samples` adds up because blocks are no whole latent frames.
    `live_ms` is both and the block itself, which has to be full before it can be played; a sound card adds its own.
    """
    facts = model.facts()
    ratio, delay = int(facts["ratio"]), int(facts["delay_samples"])
    buffers = {block: buffer_samples(ratio, block) for block in BLOCKS}
    whole = {block: delay + buffers[block] + block for block in BLOCKS}
    return {
        "buffer_samples": {str(block): samples for block, samples in buffers.items()},
        "live_ms": {str(block): round(1000 * samples / model.sample_rate, 2) for block, samples in whole.items()},
    }
