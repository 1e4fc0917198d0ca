"""The table of `tritone bench stream`: every engine and precision, at every size of block and number of threads."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tritone.families.vae.model import VAE
from tritone.play.inference.build import KINDS, build_engine, installed
from tritone.play.inference.engine import LiveEngine
from tritone.play.inference.measure import Trial, enough_blocks, probe, signal_to_noise, try_out

SECONDS = 4.0
"""Sound that is measured, beyond the model's latency."""


def stream_table(
    vae: VAE,
    *,
    blocks: Sequence[int],
    threads: Sequence[int],
    dims: int | None = None,
    noise: bool = False,
    seconds: float = SECONDS,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[dict[str, Any]]:
    """One row for each engine that is installed, precision, block and number of threads.

    Times are for one block, in milliseconds; `real_time` is how many times faster than the sound lasts encoding and
    decoding are, by the median. `snr_db` is against float32 in torch, None where nothing differs.
    """
    kinds = [kind for kind in KINDS if installed(kind[0])]
    cases = [(block, count) for block in blocks for count in threads]
    rows: list[dict[str, Any]] = []
    for block, count in cases:
        wanted: Trial | None = None
        for name, precision in kinds:
            engine = build_engine(
                vae.streaming(dims=dims, noise=noise), name, precision, block=block, threads=count
            )  # fmt: skip
            beyond = max(20, round(seconds * vae.sample_rate / block))
            trial = try_out(engine, probe(engine.facts, block, enough_blocks(engine.facts, block, beyond)))
            wanted = wanted or trial
            rows.append(_row(engine, trial, wanted, beyond))
            del engine
            show(len(rows), len(cases) * len(kinds))
    return rows


def _row(engine: LiveEngine, trial: Trial, wanted: Trial, measured: int) -> dict[str, Any]:
    late = engine.latency_samples
    snr = signal_to_noise(wanted.output[:, late:], trial.output[:, late:])
    lasts = engine.block / engine.facts.sample_rate
    row: dict[str, Any] = {
        "engine": engine.name, "precision": engine.precision, "block": engine.block, "threads": engine.threads,
        "real_time": lasts / float(np.median(trial.both[-measured:])),
    }  # fmt: skip
    for part, times in (("encode", trial.encode), ("decode", trial.decode), ("both", trial.both)):
        for percent in (50, 99):
            row[f"{part}_p{percent}_ms"] = 1000 * float(np.percentile(times[-measured:], percent))
    return {**row, "snr_db": snr if np.isfinite(snr) else None, "blocks_measured": measured}
