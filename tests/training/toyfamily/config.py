from dataclasses import dataclass, field


@dataclass(frozen=True)
class Inner:
    """An optional part."""

    width: int = 3
    """How wide."""


@dataclass(frozen=True)
class Config:
    """The toy."""

    sample_rate: int = 8000
    """Samples a second."""
    channels: int = 1
    """Channels."""
    hidden: int = 4
    """Channels inside."""
    dropout: float = 0.0
    """Drawn from torch's own generator, to see that the loop seeds it."""
    learning_rate: float = 1e-2
    """Adam."""
    bad_step: int = -1
    """At this step the distance becomes NaN."""
    shape: tuple[tuple[int, ...], ...] = ((1, 2), (3,))
    """Unused; a nested tuple."""
    inner: Inner | None = None
    """Unused; an optional dataclass."""
    weights: dict[str, float] = field(
        default_factory=lambda: {"distance": 1.0, "adversarial": 0.1, "discriminator": 1.0, "watched": 0.0}
    )
    """Weights of the losses."""
