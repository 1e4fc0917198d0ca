"""The trained model whose latents another one learns, as part of that one's configuration. Importable without torch."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CodecConfig:
    """A model that encodes and decodes; filled in from `codec_from` when training starts."""

    family: str = ""
    """Its family."""
    model: dict[str, Any] = field(default_factory=dict)
    """Its family's configuration in full."""
    step: int = 0
    """After how many steps of training it was taken."""
