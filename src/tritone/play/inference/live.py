"""The engine that plays live: the one that was asked for, or the fastest that stays true, found by measuring."""

import gc
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from tritone.errors import UserError
from tritone.families.vae.model import VAE
from tritone.play.inference.build import KINDS, PACKAGES, build_engine, installed
from tritone.play.inference.engine import EngineName, EnginePrecision, LiveEngine
from tritone.play.inference.measure import Trial, enough_blocks, probe, signal_to_noise, try_out
from tritone.play.inference.mixed import TRUE_DB

BLOCKS = 48
"""Blocks that are measured beyond the model's latency."""


def open_engine(
    vae: VAE,
    *,
    engine: EngineName | Literal["auto"] = "auto",
    precision: EnginePrecision | Literal["auto"] = "auto",
    block: int = 2048,
    threads: int = 1,
    dims: int | None = None,
    noise: bool = False,
) -> LiveEngine:
    """An engine for blocks of `block` samples (whole latent frames), with its own copy of the weights.

    Where `engine` or `precision` is "auto", every kind that is installed and fits is measured on some blocks; of those
    that keep 40 dB against float32 in torch the one with the least 95th percentile is taken, and `measured` says what
    was found. `vae` is not kept. UserError for what is not installed or does not go together.
    """
    kinds = [kind for kind in KINDS if engine in ("auto", kind[0]) and precision in ("auto", kind[1])]
    kinds = [kind for kind in kinds if engine != "auto" or installed(kind[0])]
    if not kinds:
        raise UserError(f"No engine plays --precision {precision} with --engine {engine}; leave one of them out.")

    def build(kind: tuple[EngineName, EnginePrecision]) -> LiveEngine:
        stream = vae.streaming(dims=dims, noise=noise, learning=vae.config.adaptive_norm)
        return build_engine(stream, *kind, block=block, threads=threads)

    if len(kinds) == 1:
        return build(kinds[0])
    reference = build(("torch", "float32"))
    blocks = probe(reference.facts, block, enough_blocks(reference.facts, block, BLOCKS))
    wanted = try_out(reference, blocks)
    found, best = [], None
    for kind in kinds:
        candidate = reference if kind == ("torch", "float32") else build(kind)
        row = _row(candidate, wanted if candidate is reference else try_out(candidate, blocks), wanted)
        found.append(row)
        if row["snr_db"] >= TRUE_DB and (best is None or row["p95_ms"] < best[1]["p95_ms"]):
            best = (candidate, row)
        del candidate
        gc.collect()
    if best is None:
        raise UserError(f"None of the engines kept {TRUE_DB:g} dB with --precision {precision}; use float32.")
    return replace(best[0], measured=_account(best[1], found, engine))


def _row(engine: LiveEngine, trial: Trial, wanted: Trial) -> dict[str, Any]:
    beyond = engine.latency_samples
    return {
        "engine": engine.name,
        "precision": engine.precision,
        "p50_ms": round(1000 * float(np.percentile(trial.both[-BLOCKS:], 50)), 3),
        "p95_ms": round(1000 * float(np.percentile(trial.both[-BLOCKS:], 95)), 3),
        "snr_db": round(signal_to_noise(wanted.output[:, beyond:], trial.output[:, beyond:]), 1),
    }


def _account(best: dict[str, Any], found: list[dict[str, Any]], engine: str) -> dict[str, Any]:
    """What was measured, and why this one."""
    tried = "; ".join(
        f"{row['engine']} {row['precision']} {row['p95_ms']:.2f} ms at {row['snr_db']:.0f} dB" for row in found
    )
    missing = [name for name in PACKAGES if engine == "auto" and not installed(name)]
    beside = f"; not installed: {', '.join(missing)}" if missing else ""
    return {
        "p50_ms": best["p50_ms"],
        "p95_ms": best["p95_ms"],
        "snr_db": best["snr_db"],
        "why": f"the fastest of those at {TRUE_DB:g} dB or more, by 95th percentile ({tried}{beside})",
    }
