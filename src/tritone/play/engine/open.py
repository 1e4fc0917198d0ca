"""From a model to a player: engine, size of steps, desk."""

from collections.abc import Sequence
from typing import Any

from tritone.errors import UserError
from tritone.families.base import Synthesizer
from tritone.families.vae.model import VAE
from tritone.nn.instance_norm import Style
from tritone.play.engine.controls import starting_controls
from tritone.play.engine.desk import Desk, Word
from tritone.play.engine.model import step_for
from tritone.play.engine.player import Player
from tritone.play.inference.engine import LiveEngine
from tritone.play.inference.live import open_engine
from tritone.play.inference.style import EngineStyle

AXES = ("normal", "wasserstein")
"""Bottlenecks whose latents lie along axes, each of which can rest at its mean."""


def open_player(
    model: Synthesizer,
    *,
    engine: Any = "auto",
    precision: Any = "auto",
    block: int = 2048,
    threads: int = 1,
    noise: bool = True,
    dims: int | None = None,
    fidelity: float | None = None,
    seed: int = 0,
    words: Sequence[Sequence[Word]] = (),
    style: Style | None = None,
) -> Player:
    """A player of a model that can `stream`, for a device with blocks of `block` samples.

    All axes of a latent are decoded, so that `dims` or `fidelity`, the controls in `words` (`["offset", 0, 1.5]`) and
    all that is turned later need no other engine. Of codes, `dims` levels are decoded. A `style` is known from the
    start. Raises UserError for an engine
    that is not there, and for words that make no sense.
    """
    facts, vae = model.facts(), _vae(model)
    along_axes = facts.get("bottleneck", AXES[0]) in AXES
    live = open_engine(
        vae, engine=engine, precision=precision, block=step_for(block, int(facts["ratio"])), threads=threads,
        noise=noise, dims=None if along_axes else dims,
    )  # fmt: skip
    live.seed = seed
    desk = Desk(
        starting_controls(live.facts.dims, seed=seed), shares=vae.basis.fidelity.tolist(), along_axes=along_axes,
        styles=any(live.styles),
    )  # fmt: skip
    _know(live, style)
    for name, value in (("dims", dims if along_axes else None), ("fidelity", fidelity)):
        if value is not None:
            desk.apply([name, value])
    for turn in words:
        desk.apply(turn)
    desk.begin()
    return Player(
        live, desk, channels=model.channels, rate=model.sample_rate, ratio=live.facts.ratio, step=live.block,
        style=EngineStyle(live) if any(live.styles) else None,
    )  # fmt: skip


def _know(live: LiveEngine, style: Style | None) -> None:
    """Put a style into the engine; of one without a source, the source is yet to be learned."""
    if style is not None:
        EngineStyle(live).put("target", style.target)
        if style.source:
            EngineStyle(live).put("source", style.source)


def _vae(model: Synthesizer) -> VAE:
    """The model, of the one family whose models stream. UserError for another."""
    if not isinstance(model, VAE):
        raise UserError(f"A {type(model).__name__} cannot stream; give a run of the family vae.")
    return model
