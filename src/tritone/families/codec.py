"""The trained model whose latents another one learns: found, checked; and those of the data, made with it once."""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from tritone import families, schema
from tritone.config import read_run_config
from tritone.data.latents import Encoder, write_latents
from tritone.data.store import Dataset
from tritone.errors import FULL, UserError
from tritone.families.base import Synthesizer
from tritone.families.codec_config import CodecConfig
from tritone.shipped import located, shown
from tritone.training.atomic import whole_folder
from tritone.training.checkpoint import CONFIG, WEIGHTS
from tritone.training.lock import turn
from tritone.training.run import Run

FOLDER = "latents"
"""In a DATA folder, where its latents are kept."""
FORMAT = 1
"""Version of how latents are made; others are made anew."""
SHOW_SECONDS = 5.0


@dataclass(frozen=True)
class Found:
    """A codec and the latents of the data, as a configuration holds them."""

    codec_from: str
    """The run, as an absolute path, or `demo:NAME`."""
    codec: CodecConfig
    latents: str
    """A folder below DATA."""


@dataclass(frozen=True)
class CodecShape:
    """What a codec's latents look like, in frames."""

    width: int
    """Dimensions."""
    ratio: int
    """Samples for one frame."""
    extra: int
    """Frames beyond `samples / ratio` that a sound has (the delay of a causal filter bank)."""
    context: int
    """How far a frame of a latent can depend on those of the sound, on either side; unless `drawn`, likewise back."""
    drawn: bool = False
    """Whether its sound is drawn from seeds, out of all of a latent at once, and a loop's out of one period of it."""


def find(codec_from: str | None, codec: CodecConfig | None, latents: str | None, dataset: Dataset) -> Found:
    """The codec of a run, and the latents that it makes of the data, which are made where they are not there yet.

    What a run filled in before (`codec`, `latents`) is taken; it then needs no more than that folder. UserError where
    `codec_from` is no run, or its model cannot encode and decode, was never trained, or is for another sample rate or
    other channels; and where a run is continued on data that has changed.
    """
    if codec and latents and (made := _opened(dataset.path / latents)):
        if made.summary.get("sound") != _checksum(dataset.path / "index.json"):
            raise UserError(
                f"{dataset.path} was prepared again since this run began; start a new one in another --out."
            )
        return Found(str(codec_from), codec, latents)
    source = _source(codec_from, codec)
    found, model, checkpoint = _open(source, codec.step if codec else None)
    _check(source, model, dataset)
    folder = f"{FOLDER}/{fingerprint(found, checkpoint / WEIGHTS, dataset)}"
    if not _opened(dataset.path / folder):
        about = {"latents_of": _name(found, source), "sound": _checksum(dataset.path / "index.json")}
        _make(dataset.path / folder, dataset, model, about)
    return Found(shown(source.resolve()), found, folder)


def trained_weights(codec_from: str, codec: CodecConfig) -> dict[str, Tensor] | None:
    """The weights of a codec; None where its run is gone (a run that is continued has them in its checkpoint)."""
    source = located(codec_from)
    checkpoint = source / "checkpoints" / f"step-{codec.step}"
    for folder in (checkpoint, source) if codec_from else ():
        if (folder / WEIGHTS).is_file():
            return dict(Run(source).load(folder).state_dict())
    return None


def build_codec(codec: CodecConfig | None) -> Synthesizer:
    """The codec with fresh weights."""
    if codec is None:
        raise UserError("model.codec is empty: `tritone train` fills it in from the run that --model.codec_from names.")
    kind = families.config_class(codec.family)
    return families.build(codec.family, schema.build(kind, codec.model, "model.codec.model", "codec"))


@torch.no_grad()
def shape_of(codec: Synthesizer) -> CodecShape:
    """What the latents of a model look like. UserError where it does not state how far it sees, or where it draws its
    sound (in windows of its own, from seeds) and makes no loops.
    """
    name, facts = type(codec).__name__, codec.facts()
    drawn = bool(facts.get("own_windows"))
    if drawn and "loop" not in codec.controls:
        raise UserError(f"A {name} cannot serve as codec: it does not take a latent as a loop.")
    try:
        ratio = int(facts["ratio"])
        if drawn:
            context = int(facts["latent_context"])
        else:
            delay = int(facts["delay_samples"])
            reach = max(int(facts["receptive_field_back"]), int(facts["receptive_field_ahead"]))
            context = -(-(reach + delay) // ratio)
    except KeyError as missing:
        raise UserError(f"A {name} cannot serve as codec: it does not state its {missing}.") from None
    training = codec.training
    weight = next(codec.parameters())
    latent = codec.eval().encode(torch.zeros(1, codec.channels, ratio, device=weight.device))
    codec.train(training)
    return CodecShape(latent.shape[1], ratio, latent.shape[2] - 1, context, drawn)


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


def _source(codec_from: str | None, codec: CodecConfig | None) -> Path:
    source = located(str(codec_from))
    if codec_from and source.is_dir():
        return source
    if codec:
        raise UserError(
            f"model.codec_from: neither the latents of the data nor the run {source} that makes them are there; "
            "bring one of them back."
        )
    raise UserError(f"model.codec_from: there is no run {source}; give one of `tritone train vae`.")


def _open(source: Path, step: int | None) -> tuple[CodecConfig, Synthesizer, Path]:
    """The codec's configuration, the model itself, and the checkpoint that it was read from."""
    run = Run(source)
    alone = not run.checkpoints.steps()  # a model that ships is one set of weights, of no step that could be chosen
    checkpoint = run.checkpoint("latest" if step is None or alone else step)
    number = 0 if alone else int(checkpoint.name.removeprefix("step-"))
    if number == 0 and not alone:
        raise UserError(
            f"model.codec_from: the model in {source} was never trained (it is at step 0), so that its latents mean "
            "nothing; train it first."
        )
    model = run.load(checkpoint)
    settings = read_run_config(checkpoint / CONFIG)
    return CodecConfig(settings.family, schema.plain(asdict(settings.model)), number), model, checkpoint


def _name(codec: CodecConfig, source: Path) -> str:
    return f"{codec.family}, step {codec.step}" if codec.step else shown(source)


def _check(source: Path, model: Synthesizer, dataset: Dataset) -> None:
    if not {"encode", "decode"} <= model.capabilities():
        able = ", ".join(sorted(model.capabilities())) or "nothing yet"
        raise UserError(
            f"model.codec_from: the model in {source} cannot encode and decode, it can {able}; give a run of "
            "`tritone train vae`, or of a diffusion autoencoder."
        )
    if "codes" in model.facts():
        raise UserError(
            f"model.codec_from: the latents of the model in {source} are codes, between which nothing lies; give a "
            "model without --model.bottleneck quantised."
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
