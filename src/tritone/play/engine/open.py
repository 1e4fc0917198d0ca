"""From a model to a player: engine, size of steps, desk."""

from collections.abc import Sequence
from typing import Any

from tritone.families.base import Synthesizer
from tritone.play.engine.controls import starting_controls
from tritone.play.engine.desk import Desk, Word
from tritone.play.engine.model import step_for
from tritone.play.engine.player import Player
from tritone.play.inference.live import open_engine


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
) -> Player:
    """A player of a model that can `stream`, for a device with blocks of `block` samples.

    All axes of the latent are decoded, so that `dims` or `fidelity`, the controls in `words` (`["offset", 0, 1.5]`) and
    all that is turned later need no other engine. Raises UserError for an engine that is not there, and for words that
    make no sense.
    """
    step = step_for(block, int(model.facts()["ratio"]))
    vae: Any = model  # what can stream is a VAE
    live = open_engine(vae, engine=engine, precision=precision, block=step, threads=threads, noise=noise)
    live.seed = seed
    basis = getattr(model, "basis", None)
    shares = None if basis is None else basis.fidelity.tolist()
    desk = Desk(starting_controls(live.facts.dims, seed=seed), shares=shares)
    for name, value in (("dims", dims), ("fidelity", fidelity)):
        if value is not None:
            desk.apply([name, value])
    for turn in words:
        desk.apply(turn)
    desk.begin()
    return Player(live, desk, channels=model.channels, rate=model.sample_rate, ratio=live.facts.ratio, step=step)
