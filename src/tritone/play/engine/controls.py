"""What can be turned while a model plays, as one value that is exchanged whole."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Controls:
    """All settings of a moment. The worker reads the whole once a block, so it never sees half of a change."""

    dims: int
    """Axes of the latent that are kept, the strongest ones."""
    scales: tuple[float, ...]
    """Factor of each axis."""
    offsets: tuple[float, ...]
    """What is added to each axis, also to those that are left out."""
    scale: float = 1.0
    """Factor of all kept axes."""
    noise: float = 0.0
    """Standard deviation of noise along the kept axes."""
    fill: float = 0.0
    """Standard deviation of noise along the axes that are left out; at 0 they rest at their mean."""
    seed: int = 0
    """Of this noise, and of the model's own."""
    freeze: bool = False
    """The latent stands still."""
    bypass: bool = False
    """The sound that comes in is heard, later by the model's latency."""
    gain_db: float = 0.0
    """Of all that is heard."""
    wet: float = 1.0
    """Share of the model's sound; the rest is the sound that came in."""

    style: float = 1.0
    """Amount of the style that is known."""
    learn_source: bool = False
    """What comes in is learned as the sound whose style is taken away."""
    learn_target: bool = False
    """What comes in is learned as the sound whose style is given."""
    reset_source: int = 0
    """How often the source was forgotten."""
    reset_target: int = 0
    """How often the target was forgotten."""

    @property
    def gain(self) -> float:
        """The factor of `gain_db`."""
        return float(10.0 ** (self.gain_db / 20.0))

    @property
    def wet_share(self) -> float:
        """The model's share of what is heard, bypass counted in."""
        return 0.0 if self.bypass else self.wet


def starting_controls(latent: int, seed: int = 0) -> Controls:
    """Settings that change nothing in a latent of `latent` axes."""
    return Controls(dims=latent, scales=(1.0,) * latent, offsets=(0.0,) * latent, seed=seed)
