"""Text encoders from folders that transformers wrote; nothing is ever downloaded."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tritone.errors import UserError
from tritone.nn.text.base import LONGEST

_KINDS = (".json", ".txt", ".model", ".safetensors", ".bin")
_EDGE = 1 << 16
_VOCABULARIES = ("tokenizer.json", "spiece.model", "vocab.json", "vocab.txt")


def read_config(path: Path, model: str) -> dict[str, Any]:
    """What config.json in the folder of a `model` says. Raises UserError where there is none."""
    file = path / "config.json"
    if not file.is_file():
        raise UserError(f"{path} is not the folder of a {model} (it has no config.json); give one.")
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read; download the folder again.") from error
    return content if isinstance(content, dict) else {}


def read_network(path: Path, model: str, kinds: tuple[str, ...], **options: Any) -> Any:
    """The network of class `model` of transformers in a folder whose config.json names one of `kinds`.

    Raises UserError where transformers is not installed, or the folder is not of such a network, or damaged.
    """
    kind = read_config(path, model).get("model_type")
    if kind not in kinds:
        raise UserError(f"{path} holds a model of type {kind}, not {' or '.join(kinds)}; give the folder of a {model}.")
    package = transformers(path)
    with _readable(path, model), _quiet(package):
        network, report = getattr(package, model).from_pretrained(
            path, local_files_only=True, output_loading_info=True, **options
        )
    lacking = sorted(report["missing_keys"])
    if lacking:
        raise UserError(f"{path} is not a whole {model}: it lacks {lacking[0]}; download it again.")
    return network


def read_tokenizer(path: Path, longest: int = LONGEST) -> Callable[[str], list[int]]:
    """From a text to at most `longest` token numbers, begin and end marks included. UserError as `read_network`."""
    if not any((path / name).is_file() for name in _VOCABULARIES):  # transformers would make an empty tokenizer
        raise UserError(f"{path} has no tokenizer (none of {', '.join(_VOCABULARIES)}); download the whole folder.")
    package = transformers(path)
    with _readable(path, "tokenizer"), _quiet(package):
        tokenizer = package.AutoTokenizer.from_pretrained(path, local_files_only=True)

    def numbers(text: str) -> list[int]:
        found: list[int] = tokenizer(text, truncation=True, max_length=longest, padding=False)["input_ids"]
        return found

    return numbers


def transformers(path: Path) -> Any:
    """The package. Raises UserError where it is not installed."""
    try:
        import transformers as package
    except ImportError as error:
        raise UserError(
            f"The text encoder in {path} needs the package transformers; install it with pip install 'tritone[text]'."
        ) from error
    return package


def fingerprint(path: Path) -> str:
    """Tells the contents of two such folders apart, without reading weights as a whole: names, sizes, both ends."""
    digest = hashlib.sha256()
    for file in sorted(file for file in path.iterdir() if file.suffix in _KINDS and file.is_file()):
        size = file.stat().st_size
        with file.open("rb") as content:
            first = content.read(_EDGE)
            content.seek(max(0, size - _EDGE))
            digest.update(f"{file.name} {size} ".encode() + first + content.read(_EDGE))
    return digest.hexdigest()


@contextmanager
def _readable(path: Path, what: str) -> Iterator[None]:
    """Whatever goes wrong in a foreign reader of a folder that the user named is told as a UserError."""
    try:
        yield
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise UserError(f"{path} cannot be read as a {what}: {said or type(error).__name__}") from error


@contextmanager
def _quiet(package: Any) -> Iterator[None]:
    """No bars and no reports of transformers meanwhile."""
    logging = package.utils.logging
    loudness, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(loudness)
        if bars:
            logging.enable_progress_bar()
