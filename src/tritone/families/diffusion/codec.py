"""The model whose latents are diffused: found, checked, and the latents of the data made with it, once."""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from tritone.config import read_run_config
from tritone.data.latents import Encoder, write_latents
from tritone.data.store import Dataset
from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.families.diffusion.config import CodecConfig, Config
from tritone.families.diffusion.domain_base import Domain
from tritone.families.diffusion.domain_latent import LatentDomain, shape_of
from tritone.schema import plain
from tritone.training.atomic import FULL, whole_folder
from tritone.training.checkpoint import CONFIG, WEIGHTS
from tritone.training.lock import turn
from tritone.training.run import Run

FOLDER = "latents"
"""In a DATA folder, where its latents are kept."""
FORMAT = 1
"""Version of how latents are made; others are made anew."""
SHOW_SECONDS = 5.0


def with_latents(config: Config, dataset: Dataset) -> Config:
    """The configuration with `codec` and `latents` (a folder below DATA), which is made where it is not there yet.

    A run that is continued needs no more than that folder. UserError where `codec_from` is no run, or its model cannot
    encode and decode, was never trained, or is for another sample rate or other channels; and where a run is continued
    on data that has changed.
    """
    if config.codec and config.latents and (made := _opened(dataset.path / config.latents)):
        if made.summary.get("sound") != _checksum(dataset.path / "index.json"):
            raise UserError(
                f"{dataset.path} was prepared again since this run began; start a new one in another --out."
            )
        return config
    source = _source(config)
    codec, model, checkpoint = _open(source, config.codec.step if config.codec else None)
    _check(source, model, dataset)
    folder = f"{FOLDER}/{fingerprint(codec, checkpoint / WEIGHTS, dataset)}"
    if not _opened(dataset.path / folder):
        about = {"latents_of": f"{codec.family}, step {codec.step}", "sound": _checksum(dataset.path / "index.json")}
        _make(dataset.path / folder, dataset, model, about)
    return replace(config, codec_from=str(source.resolve()), codec=codec, latents=folder)


def fetch_codec(domain: Domain, config: Config) -> None:
    """The codec's weights into a fresh model; when a run is continued, its checkpoint brings them too."""
    if not isinstance(domain, LatentDomain) or not config.codec or not config.codec_from:
        return
    checkpoint = Path(config.codec_from) / "checkpoints" / f"step-{config.codec.step}"
    if (checkpoint / WEIGHTS).is_file():
        domain.take(Run(config.codec_from).load(checkpoint).state_dict())


def fingerprint(codec: CodecConfig, weights: Path, dataset: Dataset) -> str:
    """What latents follow from, in 32 hexadecimal digits: the codec, its weights, and the data."""
    made_of = [FORMAT, codec.family, codec.model, _checksum(weights), _checksum(dataset.path / "index.json")]
    return hashlib.blake2b(json.dumps(made_of, sort_keys=True).encode(), digest_size=16).hexdigest()


def _opened(folder: Path) -> Dataset | None:
    """The latents in a folder; None where not all are there: an index, and shards of the right size."""
    try:
        return Dataset.open(folder)
    except UserError:
        return None


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _source(config: Config) -> Path:
    source = Path(str(config.codec_from))
    if config.codec_from and source.is_dir():
        return source
    if config.codec:
        raise UserError(
            f"model.codec_from: neither the latents of the data nor the run {source} that makes them are there; "
            "bring one of them back."
        )
    raise UserError(f"model.codec_from: there is no run {source}; give one of `tritone train vae`.")


def _open(source: Path, step: int | None) -> tuple[CodecConfig, Synthesizer, Path]:
    """The codec's configuration, the model itself, and the checkpoint that it was read from."""
    run = Run(source)
    checkpoint = run.checkpoint("latest" if step is None else step)
    number = int(checkpoint.name.removeprefix("step-"))
    if number == 0:
        raise UserError(
            f"model.codec_from: the model in {source} was never trained (it is at step 0), so that its latents mean "
            "nothing; train it first."
        )
    model = run.load(checkpoint)
    settings = read_run_config(checkpoint / CONFIG)
    return CodecConfig(settings.family, plain(asdict(settings.model)), number), model, checkpoint


def _check(source: Path, model: Synthesizer, dataset: Dataset) -> None:
    if not {"encode", "decode"} <= model.capabilities():
        able = ", ".join(sorted(model.capabilities())) or "nothing yet"
        raise UserError(
            f"model.codec_from: the model in {source} cannot encode and decode, it can {able}; give a run of "
            "`tritone train vae`, or of a diffusion autoencoder."
        )
    for name, has, wanted in (
        ("sample_rate", model.sample_rate, dataset.sample_rate),
        ("channels", model.channels, dataset.channels),
    ):
        if has != wanted:
            raise UserError(
                f"model.codec_from: the model in {source} has {name} {has}, but {dataset.path} has {wanted}; give "
                "one that was trained on this data."
            )


def _make(folder: Path, dataset: Dataset, model: Synthesizer, about: dict[str, str]) -> None:
    """The folder of latents, whole or not at all; one process makes it, others wait for it."""
    try:
        folder.parent.mkdir(exist_ok=True)
        with turn(folder.parent):
            if not _opened(folder):
                with whole_folder(folder) as unfinished:
                    write_latents(unfinished, dataset, _encoder(model), _lines(f"Encoding {dataset.path}"), about)
    except OSError as error:
        what = "the disk is full" if error.errno in FULL else str(error.strerror or error)
        raise UserError(f"{folder} could not be written ({what}); mend that and run the same command again.") from error


def _encoder(model: Synthesizer) -> Encoder:
    """The model as the data side knows it, on a GPU where there is one."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    shape = shape_of(model)

    def encode(audio: Tensor) -> Tensor:
        return model.encode(audio.to(device)).float().cpu()

    return Encoder(encode, shape.width, shape.ratio, shape.context)


def _lines(title: str) -> Callable[[int, int], None]:
    """A plain line on standard error every few seconds, so that a long encoding is not silent."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= SHOW_SECONDS:
            last = time.monotonic()
            print(f"{title}: {done} of {total} s", file=sys.stderr, flush=True)

    return show
