"""A model from elsewhere as a run folder that plays, streams, exports and trains on."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tritone import families
from tritone.config import RunConfig, write_config
from tritone.errors import UserError
from tritone.families.vae.model import VAE
from tritone.play.foreign.checkpoint import read_checkpoint
from tritone.play.foreign.config import is_quantised, run_config
from tritone.play.foreign.discriminator import carry_discriminators
from tritone.play.foreign.gin import read_gin
from tritone.play.foreign.names import carry
from tritone.play.foreign.said import Said, said_by_archive, said_by_gin
from tritone.play.foreign.scripted import read_archive
from tritone.play.foreign.shapes import Shape, read_shape
from tritone.training.atomic import disk_full_is_for_the_user, whole_folder, write_text
from tritone.training.checkpoint import Checkpoints

GIN = "config.gin"
PARENTS = 4
"""How many folders above a checkpoint its config.gin is looked for."""
CARD = """---
tags: [audio, vae]
license: unknown  # imported weights keep the licence under which they were given to you; name it here
---
# {title}

A model of acids-rave, imported by Tritone {version} from `{source}` (SHA-256 `{digest}`).

**Licence.** Weights keep the licence of whoever trained them. acids-rave and the models that IRCAM publishes are for
non-commercial use (CC BY-NC 4.0); ask the author of any other.

{notes}

```
tritone inspect {run}
tritone reconstruct {run} SOUND --out RESULTS
tritone train vae DATA --out {run}
```
The last command trains on from step {step:,}, with fresh optimisers.
"""


@dataclass(frozen=True)
class Imported:
    """What was made of a foreign model."""

    run: Path
    config: RunConfig
    step: int
    notes: tuple[str, ...]
    """What came along and what did not, a sentence each."""


@dataclass(frozen=True)
class _Found:
    """A foreign model, read."""

    tensors: dict[str, Tensor]
    shape: Shape
    said: Said
    step: int
    averaged: bool


def import_model(
    source: Path,
    out: Path,
    *,
    gin: Path | None = None,
    averaged: bool = False,
    overrides: Mapping[str, Any] | None = None,
) -> Imported:
    """Write the run folder `out` of an acids-rave `.ckpt` (with its config.gin) or exported `.ts`.

    `averaged` takes the moving average of the weights, where the checkpoint has one. `overrides` are settings nested
    by section, for training on. UserError names what cannot be imported and why; then nothing is written.
    """
    _check_free(out)
    with _not_put_together(source):
        found = _read(source, gin, averaged)
        data = f"imported from {source.name}"
        config = run_config(
            found.tensors, found.shape, found.said, data=data, step=found.step, overrides=overrides or {}
        )
        step = _starting_step(found, config)
        vae: VAE = families.build("vae", config.model)  # type: ignore[assignment]
        carry(found.tensors, found.shape, vae)
        training, judges = _training_state(config, vae, found.tensors)
        notes = _notes(found, config, judges)
    with disk_full_is_for_the_user(out, "nothing was written"), whole_folder(out) as folder:
        write_config(folder / "config.yaml", config)
        checkpoints = Checkpoints(folder / "checkpoints")
        checkpoints.folder.mkdir()
        checkpoints.write(step, config, vae.state_dict(), training)
        write_text(folder / "README.md", _card(source, out, config, step, notes))
    return Imported(out, config, step, notes)


@contextmanager
def _not_put_together(source: Path) -> Iterator[None]:
    """UserError for tensors and settings of kinds and shapes that no such model has: strangers may write anything."""
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError, MemoryError) as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise UserError(
            f"{source} and its config.gin are not put together as a model of acids-rave is ({reason}); "
            "give the files that it wrote."
        ) from error


def _check_free(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file, not a folder for a run; choose another --out.")
    if out.is_dir() and any(out.iterdir()):
        raise UserError(f"{out} is not empty; choose another --out for the imported run.")


def _read(source: Path, gin: Path | None, averaged: bool) -> _Found:
    if not source.is_file():
        raise UserError(f"There is no file {source}; give a .ckpt of acids-rave or an exported .ts.")
    if source.suffix == ".ts":
        return _read_export(source, gin, averaged)
    if source.suffix != ".ckpt":
        raise UserError(
            f"{source} is neither a .ckpt of acids-rave nor an exported .ts; other models are not imported."
        )
    saved = read_checkpoint(source)
    text = gin or _nearest_gin(source)
    if averaged and not saved.averaged:
        raise UserError(f"{source} holds no moving average of the weights; leave --averaged out.")
    tensors = {**saved.tensors, **saved.averaged} if averaged else saved.tensors
    shape = read_shape(tensors)
    return _Found(tensors, shape, said_by_gin(read_gin(text), shape, str(text)), saved.step, bool(saved.averaged))


def _read_export(source: Path, gin: Path | None, averaged: bool) -> _Found:
    if averaged:
        raise UserError("An exported .ts holds one set of weights; leave --averaged out.")
    archive = read_archive(source)
    shape = read_shape(archive.tensors)
    said = said_by_archive(archive, shape, str(source))
    if gin is not None:
        told = said_by_gin(read_gin(gin), shape, str(gin))
        for name in ("sample_rate", "causal", "encoder", "dilations"):
            if getattr(told, name) != getattr(said, name):
                raise UserError(
                    f"{gin} says {name} {getattr(told, name)}, but {source} has {getattr(said, name)}; "
                    "give the config.gin that it was trained with, or none."
                )
        said = told
    return _Found(archive.tensors, shape, said, 0, False)


def _nearest_gin(source: Path) -> Path:
    for folder in list(source.resolve().parents)[:PARENTS]:
        if (folder / GIN).is_file():
            return folder / GIN
    raise UserError(
        f"There is no {GIN} beside {source} or above it; give the one that acids-rave wrote for the run with --config."
    )


def _starting_step(found: _Found, config: RunConfig) -> int:
    """The batches that are behind it; of a model in its second stage at least those of the first."""
    second = bool(found.tensors.get("encoder.warmed_up", 0))
    return max(found.step, config.model.stage1_steps) if second else found.step


def _training_state(config: RunConfig, vae: VAE, tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], bool]:
    """What training on starts from: their discriminators (and whether there were any), fresh optimisers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        learner = families.training_step(config.family, config.model)(config.model, vae, lambda value: value)
    settings = config.model.discriminator
    judges = learner.helpers["discriminators"]
    carried = carry_discriminators(tensors, judges, settings.design, len(settings.periods))
    state: dict[str, Any] = {
        "helpers": {name: helper.state_dict() for name, helper in learner.helpers.items()},
        "optimizers": {role: optimizer.state_dict() for role, optimizer in learner.optimizers.items()},
        "best": {},
        "history": [],
        "seconds": 0.0,
    }
    if config.training.ema:
        state["online"] = vae.state_dict()
    return state, carried


def _notes(found: _Found, config: RunConfig, judges: bool) -> tuple[str, ...]:
    tensors, shape = found.tensors, found.shape
    stage = "second" if bool(tensors.get("encoder.warmed_up", 0)) else "first"
    own = any(name.startswith("discriminator.") for name in tensors)
    fresh = "differ from ours and stay behind" if own else "are not in the file"
    notes = [
        f"It is in the {stage} stage of training; optimisers start fresh.",
        "The discriminators came along."
        if judges
        else f"The discriminators {fresh}: training on starts with fresh ones.",
        "The principal axes of the latent came along; how strong and how fast each moves is not in the file, so that "
        "`generate` only guesses until training or analysis on sound."
        if float(found.tensors.get("fidelity", torch.zeros(1)).max()) > 0
        else "The latent was never analysed; its axes are those of the model.",
    ]
    if found.averaged:
        notes.append("The checkpoint also holds a moving average of the weights; --averaged takes that.")
    if shape.noise:
        notes.append("The noise branch is heard with filters that ring on into the next frame, which theirs cuts.")
    if config.model.bottleneck == "wasserstein" and found.said.encoder == "discrete" and not is_quantised(tensors):
        notes.append(
            "Its quantiser was never switched on in training; the latent is the continuous one that it learned."
        )
    if any(bool((value != 0).any()) for name, value in tensors.items() if ".num_update_" in name):
        notes.append("Statistics that its adaptive norms learned for style transfer stay behind; learn them anew.")
    return tuple(notes)


def _card(source: Path, out: Path, config: RunConfig, step: int, notes: Sequence[str]) -> str:
    with open(source, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return CARD.format(
        title=out.name, version=config.version, source=source.name, digest=digest, run=out, step=step,
        notes="\n".join(f"- {note}" for note in notes),
    )  # fmt: skip
