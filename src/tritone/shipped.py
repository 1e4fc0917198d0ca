"""Models that ship with the package, by name: `demo:NAME` is a folder under assets/models. Importable without torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tritone.errors import UserError

PREFIX = "demo:"
FOLDER = Path(__file__).parent / "assets" / "models"
CONFIG, WEIGHTS, CARD = "config.yaml", "model.safetensors", "card.md"


@dataclass(frozen=True)
class ShippedModel:
    """What the head of a model's card says, and what its files weigh."""

    name: str
    """As commands take it, with `demo:`."""
    family: str
    makes: str
    """What comes out of it, in a few words."""
    sample_rate: int
    channels: int
    data: str
    """What it was trained on."""
    licence: str
    """Of the weights, which follows from that of the data."""
    needs: tuple[str, ...]
    """Other shipped models whose weights are a part of it."""
    weights_bytes: int
    """Of its own file, without those of `needs`."""


def shipped_names() -> tuple[str, ...]:
    """Names of the models that ship, without `demo:`."""
    if not FOLDER.is_dir():
        return ()
    return tuple(sorted(path.name for path in FOLDER.iterdir() if (path / CONFIG).is_file()))


def located(path: Path | str) -> Path:
    """Where a run lies: of `demo:NAME` the folder that ships, of anything else the path itself.

    UserError for a name that does not ship.
    """
    if not str(path).startswith(PREFIX):
        return Path(path)
    from tritone.schema import nearest

    name = str(path).removeprefix(PREFIX)
    if name not in shipped_names():
        raise UserError(
            f"No model {name!r} ships{nearest(name, shipped_names())} `tritone models` lists those that do."
        )
    return FOLDER / name


def shown(path: Path) -> str:
    """A path as users know it: `demo:NAME` for the folder of a model that ships."""
    return f"{PREFIX}{path.name}" if path.parent == FOLDER else str(path)


def shipped_models() -> list[ShippedModel]:
    """All models that ship, in the order of their names."""
    return [_read(name) for name in shipped_names()]


def card_head(text: str) -> dict[str, Any]:
    """The YAML between the two lines of three dashes with which a card begins; empty where there is none."""
    if not text.startswith("---\n"):
        return {}
    head = yaml.safe_load(text.split("---\n", 2)[1])
    return head if isinstance(head, dict) else {}


def _read(name: str) -> ShippedModel:
    folder = FOLDER / name
    head = card_head((folder / CARD).read_text(encoding="utf-8"))
    return ShippedModel(
        name=PREFIX + name,
        family=head["family"],
        makes=head["makes"],
        sample_rate=head["sample_rate"],
        channels=head["channels"],
        data=head["data"],
        licence=head["license"],
        needs=tuple(head.get("needs", ())),
        weights_bytes=(folder / WEIGHTS).stat().st_size,
    )
