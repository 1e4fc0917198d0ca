"""A model from somewhere else as a run folder: only its numbers and its settings are read, nothing is unpickled."""

import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.parse import urlsplit

import safetensors

from tritone import families
from tritone.config import RunConfig, read_run_config, to_yaml
from tritone.errors import UserError
from tritone.shipped import CARD, CONFIG, WEIGHTS, located
from tritone.training.atomic import disk_full_is_for_the_user, whole_folder, write_text
from tritone.training.checkpoint import Checkpoints, check_fits
from tritone.training.slim import read_weights

HUB = "hf://"
README = "README.md"
NEEDED, WELCOME = (CONFIG, WEIGHTS), (CARD, README)
MOST = {CONFIG: 1 << 20, CARD: 1 << 20, README: 1 << 20, WEIGHTS: 16 << 30}
"""Bytes that a file may have."""
PIECE = 1 << 20
SECONDS = 30
"""How long a server may be silent."""
NOTE = """A model that `tritone load` took from {source}. Its licence is what its author says.

```
tritone inspect {run}
```
It plays, streams and exports. It holds no state of an optimiser, so that it cannot be trained on.
"""


@dataclass(frozen=True)
class Fetched:
    """A model that was brought here."""

    run: Path
    config: RunConfig
    weights_bytes: int


def fetch_model(source: str, out: Path) -> Fetched:
    """Write the run folder `out` of a model that lies in `source` as config.yaml and model.safetensors.

    `source` is a folder (a run, one of its checkpoints, or any other with the two files), `demo:NAME`,
    `hf://OWNER/REPO[/FOLDER][@REVISION]`, `https://…/FOLDER`, or a folder under any other scheme that fsspec knows.
    What arrives is built and its weights are checked before anything is written. Raises UserError for whatever is not
    there, does not fit together or is too large; then nothing is written.
    """
    _check_free(out)
    with ExitStack() as stack:
        folder = _local(source) or _brought(source, Path(stack.enter_context(TemporaryDirectory())))
        config = _checked(folder, source)
        with disk_full_is_for_the_user(out, "nothing was written"), whole_folder(out) as run:
            _write(run, folder, config, source, out)
    return Fetched(out, config, next(out.glob(f"checkpoints/*/{WEIGHTS}")).stat().st_size)


def _check_free(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file, not a folder for a run; choose another --out.")
    if out.is_dir() and any(out.iterdir()):
        raise UserError(f"{out} is not empty; choose another --out for the model.")


def _local(source: str) -> Path | None:
    """The folder of a model on this machine; None for an address of something elsewhere."""
    if source.startswith("file://"):
        source = urllib.request.url2pathname(urlsplit(source).path)
    if "://" in source:
        return None
    folder = located(source)
    if not folder.is_dir():
        raise UserError(
            f"There is no folder {folder}; give one with {CONFIG} and {WEIGHTS}, hf://OWNER/REPO or https://…."
        )
    if (folder / WEIGHTS).is_file() or not (folder / "checkpoints").is_dir():
        return folder
    from tritone.training.run import Run

    return Run(folder).checkpoint()


def _brought(source: str, folder: Path) -> Path:
    """The files of a model elsewhere, copied into `folder`."""
    opener = _opener(source)
    for name in (*NEEDED, *WELCOME):
        try:
            with opener(name) as file:
                _copy(file, folder / name, f"{source}/{name}", MOST[name])
        except FileNotFoundError:
            if name in NEEDED:
                raise UserError(
                    f"There is no {name} in {source}, so that it holds no model; give a folder with both."
                ) from None
    return folder


def _opener(source: str) -> Callable[[str], IO[bytes]]:
    """What opens a file by its name below `source`, and raises FileNotFoundError where it is not there."""
    if source.startswith(HUB):
        return _from_hub(source)
    if urlsplit(source).scheme in ("http", "https"):
        return lambda name: _from_site(source, name)
    try:
        import fsspec
    except ImportError:
        raise UserError(f"{source} wants the package fsspec; install it, or copy the folder here.") from None

    def opened(name: str) -> IO[bytes]:
        try:
            return fsspec.open(f"{source.rstrip('/')}/{name}", "rb").open()
        except FileNotFoundError:
            raise
        except Exception as error:  # every file system of fsspec raises its own
            raise UserError(f"{source} cannot be read ({_line(error)}); check the address.") from error

    return opened


def _from_site(source: str, name: str) -> IO[bytes]:
    parts = urlsplit(source)
    address = parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()
    try:
        return urllib.request.urlopen(address, timeout=SECONDS)
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            raise FileNotFoundError(address) from error
        raise UserError(f"{address} was refused ({error.code} {error.reason}); check the address.") from error
    except OSError as error:
        raise UserError(f"{address} cannot be reached ({_line(error)}); check the address and the network.") from error


def _from_hub(source: str) -> Callable[[str], IO[bytes]]:
    """Opens files of a repository of the Hugging Face hub. UserError where the package for it is missing."""
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError
    except ImportError:
        raise UserError(f"{source} wants the package huggingface_hub; install it with pip.") from None
    path, _, revision = source.removeprefix(HUB).partition("@")
    owner, _, rest = path.strip("/").partition("/")
    repository, *below = rest.split("/")
    if not owner or not repository:
        raise UserError(f"{source} must be hf://OWNER/REPO, with a folder in it behind that where there is one.")

    def opened(name: str) -> IO[bytes]:
        file = "/".join((*below, name))
        try:
            return open(hf_hub_download(f"{owner}/{repository}", file, revision=revision or None), "rb")
        except EntryNotFoundError as error:
            raise FileNotFoundError(file) from error
        except Exception as error:  # the hub has dozens, of the network and of its own
            raise UserError(f"{source} cannot be fetched ({_line(error)}); check its name and the network.") from error

    return opened


def _copy(file: IO[bytes], target: Path, source: str, most: int) -> None:
    size = 0
    with open(target, "wb") as written:
        while piece := file.read(PIECE):
            size += len(piece)
            if size > most:
                raise UserError(f"{source} is larger than {most:,} bytes, which no such file of Tritone is.")
            written.write(piece)


def _checked(folder: Path, source: str) -> RunConfig:
    """The configuration, after a model was built of it and took the weights."""
    for name in NEEDED:
        if not (folder / name).is_file():
            raise UserError(f"There is no {name} in {source}, so that it holds no model; give a folder with both.")
    config = read_run_config(folder / CONFIG)
    try:
        weights = read_weights(folder / WEIGHTS)
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(f"{WEIGHTS} in {source} is damaged ({_line(error)}); copy it again.") from error
    model = families.build(config.family, config.model)
    check_fits(weights, model.state_dict(), source)
    return config


def _write(run: Path, folder: Path, config: RunConfig, source: str, out: Path) -> None:
    number = folder.name.removeprefix("step-")
    step = int(number) if folder.name.startswith("step-") and number.isdecimal() else 0
    place = run / "checkpoints" / f"step-{step}"
    place.mkdir(parents=True)
    for home in (run, place):
        write_text(home / CONFIG, to_yaml(config))
    shutil.copyfile(folder / WEIGHTS, place / WEIGHTS)
    Checkpoints(run / "checkpoints").name("latest", step)
    cards = [folder / name for name in WELCOME if (folder / name).is_file()]
    text = cards[0].read_text(encoding="utf-8", errors="replace") if cards else ""
    note = NOTE.format(source=source, run=out)
    write_text(run / README, f"{text.rstrip()}\n\n## Where it came from\n{note}" if text else f"# {out.name}\n\n{note}")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
