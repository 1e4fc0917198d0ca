"""The table of docs/start.md says what the benchmarks' results say, row by row."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def figure(benchmark, what):
    """Ours, of the row that begins so."""
    rows = json.loads((ROOT / f"benchmarks/results/{benchmark}.json").read_text("utf-8"))["rows"]
    (row,) = [row for row in rows if row["what"].startswith(what)]
    return row["ours"]


def distance(minutes):
    return f"{figure('vae_quality', f'rendered loops after {minutes} min: multi-scale'):.1f}"


def days(steps, what):
    return f"{steps * figure('vae_speed', what) / 86_400:.0f} days"


def rows():
    """The rows as they should stand on the page."""
    nano, loops, latents = "vae_quality", "gan_speed", "diffusion_latent_speed"
    steps = figure(nano, "training steps in 20 min")
    a_minute = figure(loops, "training steps, gan-nano, batch 8")
    first = "v2 batch 8, ours in bf16, theirs in float32: stage 1 step"
    second = "v2 batch 8, ours in bf16, theirs in float32: stage 2 as scheduled"
    decoding = figure("vae_offline", "v2: decode 48 kHz, float32")
    played = figure(latents, "latents, 16 steps, bf16")
    distilled = figure(latents, "latents, 4 step(s), distilled, bf16")
    rendered = figure(loops, "one loop, generator and vocoder, bf16")
    judged = figure("diffusion_quality", "kernel distance by musicnn-mtt, 8 min: ours, latents")
    early = figure("diffusion_quality", "kernel distance by musicnn-mtt, 2 min: ours, latents")
    real = figure("diffusion_quality", "kernel distance by musicnn-mtt: real")
    cells = [
        (
            "vae-nano", "trained on 600 loops of one bar", "5 minutes",
            f"spectral distance {distance(5)} on unheard kits",
        ),
        ("vae-nano", "the same", f"20 minutes, {steps:,} steps", f"{distance(20)} ({distance(10)} after 10 minutes)"),
        (
            "gan-nano", "trained, batch of 8", "a minute",
            f"{a_minute:.0f} steps; 20,000 are {20_000 / a_minute:.0f} minutes",
        ),
        ("gan-loop", "one loop of 2 s in stereo, made", f"{2 / rendered:.2f} s", f"{rendered:.0f} times real time"),
        (
            "diffusion-latent-nano", "trained with its VAE, one core", "8 minutes",
            f"distance from real sound {judged:.1f} (after 2 minutes {early:.0f}; real sound {real:.1f})",
        ),
        (
            "diffusion-latent", "5.5 s in stereo, made in 16 steps", f"{5.5 / played:.1f} s",
            f"{played:.0f} times real time; {distilled:.0f} times in 4 steps, distilled",
        ),
        ("vae-v2", "10 s decoded", f"{10 / decoding:.2f} s", f"{decoding:.0f} times real time"),
        ("vae-v2", "its first million steps, batch 8, bf16", days(1e6, first), "reckoned from the time of a step"),
        ("vae-v2", "the two million steps after that", days(2e6, second), "the same; so take a graphics card"),
    ]  # fmt: skip
    return [f"| `{model}` | {done} | {time} | {result} |" for model, done, time, result in cells]


@pytest.mark.parametrize("number", range(9))
def test_row_is_what_was_measured(number):
    assert rows()[number] in (ROOT / "docs/start.md").read_text("utf-8").splitlines()


def test_no_other_row_stands_in_the_table():
    page = (ROOT / "docs/start.md").read_text("utf-8")
    table = page.partition("<!-- figures:")[2].partition("|---|---|---|---|\n")[2].partition("\n\n")[0]
    assert table.splitlines() == rows()
