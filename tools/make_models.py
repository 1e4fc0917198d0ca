"""Make the models that ship, from nothing: `make models`, or `python tools/make_models.py --only gan-drums`.

Sound is rendered or fetched, models are trained by `tritone train` and `tritone distil` for the steps in
`model_recipes.py`, slimmed, judged by `tritone evaluate`, and written with their cards to src/tritone/assets/models.
What is there already in the work folder is gone on with, so that an interrupted make continues. `--runs FOLDER` takes
trained runs FOLDER/NAME as they are.
"""

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from model_cards import card
from model_recipes import GUITAR_CHORDS, RECIPES, SETS, Recipe

from tritone.config import RunConfig, load_preset, make_config, read_run_config, to_yaml
from tritone.data.render import render_loops
from tritone.nn.vocoders.shipped import load_shipped
from tritone.play.load import load
from tritone.play.sound import find_sounds
from tritone.schema import deep_merge, plain
from tritone.shipped import CARD, CONFIG, FOLDER, PREFIX, WEIGHTS
from tritone.signal.files import read_audio
from tritone.signal.resample import resample
from tritone.training.run import Run
from tritone.training.slim import read_weights, slim

PACKAGE = "hydrogen-drumkits-effects"
STRUMS = "usr/share/hydrogen/data/drumkits/belofilms_GuitarStrums"
SHIP = [name for name, recipe in RECIPES.items() if recipe.ships]
PLAYED, SECONDS = 16, 2.0
"""Sounds of which the SNR of a slim file is measured, and how long they are."""


def main() -> None:
    """All models, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("build/models"), help="sound, datasets and runs")
    parser.add_argument("--runs", type=Path, help="take the trained runs in this folder instead of training")
    parser.add_argument("--only", nargs="*", choices=SHIP, default=SHIP, metavar="NAME")
    parser.add_argument("--count", type=int, default=96, help="sounds that each is judged on; 0: none")
    args = parser.parse_args()
    for name in args.only:
        recipe = RECIPES[name]
        run = args.runs / name if args.runs else _trained(args.work, name, recipe)
        folder = _slimmed(run, name, recipe)
        snr = snr_of(run, name, args.work, recipe)
        judged = _judged(args.work, name, recipe, args.count) if args.count else None
        config = read_run_config(folder)
        text = card(name, recipe, config, (folder / WEIGHTS).stat().st_size, snr, judged)
        (folder / CARD).write_text(text, encoding="utf-8")
        print(f"{folder}: {(folder / WEIGHTS).stat().st_size / 1e6:.2f} MB", flush=True)


def sound_of(work: Path, name: str) -> Path:
    """A folder of sound, rendered or fetched where it is not there yet."""
    out = work / "sound" / name
    done = out / ".done"
    if done.is_file():
        return out
    if name in SETS:
        loops = SETS[name]
        render_loops(out, loops.count, channels=loops.channels, seed=loops.seed, shelves=loops.shelves)
    else:
        _strums(work / "fetched", out, held_out=name == "guitar-held-out")
    done.touch()
    return out


def data_of(work: Path, name: str) -> Path:
    """The dataset of a folder of sound."""
    sound, out = sound_of(work, name), work / "data" / name
    if not (out / "index.json").is_file():
        loops = SETS.get(name)
        words = ["--validation", str(loops.validation if loops else 0.05)]
        words += ["--bars", f"{loops.bars:g}"] if loops and loops.bars else []
        licence = "CC0 1.0" if loops else "CC BY 3.0, Gabriel Verdugo Soto"
        _tritone("prepare", sound, "--out", out, "--licence", licence, *words)
    return out


def _strums(fetched: Path, out: Path, *, held_out: bool) -> None:
    """The recorded chords of the guitar, without or only those that are held out, from Debian's package."""
    if not (fetched / STRUMS).is_dir():
        fetched.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", PACKAGE], cwd=fetched, check=True)
        subprocess.run(["dpkg-deb", "-x", str(next(fetched.glob(f"{PACKAGE}_*.deb"))), str(fetched)], check=True)
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted((fetched / STRUMS).glob("*.flac")):
        if (path.name.split("_")[0] in GUITAR_CHORDS) == held_out:
            shutil.copy(path, out / path.name)


def _trained(work: Path, name: str, recipe: Recipe) -> Path:
    """The trained run; what it builds on is trained first."""
    out = work / "runs" / name
    places: dict[str, Path] = {"out": out, "data": data_of(work, recipe.data)}
    for other, its in RECIPES.items():
        if f"{{{other}}}" in recipe.words:
            places[other] = _trained(work, other, its)
    words = [word.format(**places) if word.startswith("{") else word for word in recipe.words]
    if not (out / "checkpoints" / f"step-{recipe.steps}").is_dir():
        _tritone(*words, "--steps", recipe.steps)
    return out


def _slimmed(run: Path, name: str, recipe: Recipe) -> Path:
    """Write configuration and weights that ship."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    opened = Run(run)
    weights = read_weights(opened.checkpoint() / WEIGHTS)
    (folder / WEIGHTS).write_bytes(slim(weights, form=recipe.form, parts=recipe.parts))
    (folder / CONFIG).write_text(to_yaml(shipping_config(opened.config, name, recipe)), encoding="utf-8")
    return folder


def shipping_config(config: RunConfig, name: str, recipe: Recipe) -> RunConfig:
    """The settings of a run without the paths of the machine that it was trained on, as it is played today."""
    model: dict[str, Any] = {}
    if recipe.family == "gan":
        vocoder, _ = load_shipped("loops-44k")
        model = {"vocoder_from": "loops-44k", "vocoder": plain(asdict(vocoder))}
    if recipe.family == "diffusion":
        model = {"codec_from": f"{PREFIX}vae-drums", "latents": None}
        if config.model.distil is None:
            today = make_config(config.family, load_preset(config.preset), name=config.preset)
            model["sampling"] = plain(asdict(today.model.sampling))
        else:
            model["distil"] = {"teacher": f"{PREFIX}diffusion-drums"}
    sections = {section: _plain(config)[section] for section in ("model", "training")}
    made = make_config(config.family, deep_merge(sections, {"model": model}), name=name)
    return replace(config, model=made.model, data=recipe.data, start="")


def snr_of(run: Path, name: str, work: Path, recipe: Recipe) -> list[float]:
    """Signal-to-noise ratios in dB of what the slim file plays against what the run plays in float32, by sound.

    Both through the vocoder or codec that ships.
    """
    whole, small = load(run), load(f"{PREFIX}{name}")
    if recipe.family == "gan":
        whole.use_vocoder("loops-44k")  # type: ignore[operator]
    if recipe.family == "diffusion":
        whole = load_as(run, read_run_config(FOLDER / name))
        whole.domain.codec.load_state_dict(small.domain.codec.state_dict())  # type: ignore[operator, union-attr]
    seeds = list(range(PLAYED))
    if "reconstruct" in whole.capabilities():
        audio = _pieces(sound_of(work, recipe.reference), whole.sample_rate)
        made = [model.reconstruct(audio, noise_seeds=seeds) for model in (whole, small)]
    else:
        made = [torch.cat([model.generate(1, SECONDS, [seed]) for seed in seeds]) for model in (whole, small)]
    error = (made[0] - made[1]).square().sum((1, 2)).clamp(min=1e-20)
    return sorted((10 * torch.log10(made[0].square().sum((1, 2)) / error)).tolist())


def load_as(run: Path, config: RunConfig) -> Any:
    """The weights of a run under other settings of its sampling."""
    from tritone import families

    model = families.build(config.family, config.model)
    model.load_state_dict(read_weights(Run(run).checkpoint() / WEIGHTS))
    return model.eval()


def _pieces(folder: Path, rate: int) -> torch.Tensor:
    paths = find_sounds([folder])
    chosen = paths[:: len(paths) // PLAYED][:PLAYED]
    pieces = []
    for path in chosen:
        audio, own = read_audio(path)
        piece = torch.from_numpy(resample(audio.mean(0, keepdims=True), own, rate))[:, : round(SECONDS * rate)]
        pieces.append(torch.nn.functional.pad(piece, (0, round(SECONDS * rate) - piece.shape[1])))
    return torch.stack(pieces)


def _judged(work: Path, name: str, recipe: Recipe, count: int) -> dict[str, Any]:
    """What `tritone evaluate` says of the slim model, as JSON."""
    out = work / "judged" / f"{name}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    held_out = recipe.reference == "guitar-held-out"
    reference = sound_of(work, recipe.reference) if held_out else data_of(work, recipe.reference)
    _tritone("evaluate", f"{PREFIX}{name}", "--reference", reference, "--count", count, "--brief", "--json", out)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def _plain(config: RunConfig) -> dict[str, Any]:
    import yaml

    values: dict[str, Any] = yaml.safe_load(to_yaml(config))
    return values


def _tritone(*words: object) -> None:
    print("tritone", *words, flush=True)
    subprocess.run([sys.executable, "-m", "tritone", *map(str, words)], check=True)


if __name__ == "__main__":
    main()
