"""Makes docs/numbers.md from the JSON that the benchmarks wrote: `numbers_page.py [RESULTS [PAGE]]`."""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results", HERE.parent / "docs" / "numbers.md"

INTRODUCTION = """# Numbers

Made by `make bench` from what the benchmarks printed; do not edit. Each figure stands beside that of a peer measured in
the same run, on the same input, with its number of measurements and its spread. Ratios say how many times better ours
is. A row that misses its bar is marked **does not hold**.
"""

ABOUT = {
    "data_loader": (
        "Reading data",
        "Random training crops from prepared sound, beside the same crops read from the audio files themselves.",
    ),
    "vae_parity": (
        "Same weights, same sound",
        "Random weights of acids-rave 2.3.1 carried into our VAE. Figures are largest absolute differences.",
    ),
    "vae_speed": (
        "Training speed and memory",
        "Medians, ours and theirs in turn, with the same weights; the spread is from least to most. A training step is "
        "whole: forward, losses, backward, optimiser. Peak memory is that of a fresh process beyond what it took when "
        "all was imported. In float32 both sides spend most of a step in the same convolutions, which run at 65 to "
        "90 % of the processor's rate for matrix products: what ours saves is the rest (losses, filter bank, "
        "gradients that nobody uses, the discriminators' layout), and where that is little the bar is missed. bf16 is "
        "`training.precision: bf16`; acids-rave has no mixed precision.",
    ),
    "vae_offline": (
        "Playing at once",
        "Ten seconds at 48 kHz. Weight norm is folded and the noise branch of v1 is on, on both sides. In float32 the "
        "same convolutions are the floor (see above). bf16 is `tritone reconstruct --precision bf16`.",
    ),
    "vae_quality": (
        "Quality for the same time",
        "Mean distance between held-out loops and their deterministic reconstruction; the spread is the 95 % bootstrap "
        "interval over files, n the number of files. Rendered loops are of drum kits that were not trained on; "
        "recorded ones are those that ship with the package. Only the time of training steps counts, reading included. "
        "acids-rave has the better of two crop lengths, and the better of two alignments of its output counts. After "
        "some hundred steps its output does not follow its input yet: this shows what twenty minutes on two "
        "cores give, not what either model reaches in the end.",
    ),
}
"""Title of each benchmark and what its rows need to be understood; in the order of the page."""

COLUMNS = ("what", "ours", "acids-rave", "ratio", "unit", "n", "spread ours \\| theirs", "bar", "")
PEERS = {"data_loader": "audio files"}
"""What the peer is called where it is not acids-rave."""


def page(results: Path) -> str:
    """The whole page."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(results.glob("*.json"))}
    order = [name for name in ABOUT if name in found] + [name for name in found if name not in ABOUT]
    return "\n".join([INTRODUCTION, *(_section(name, found[name], results) for name in order)])


def _section(name: str, result: dict[str, Any], results: Path) -> str:
    title, about = ABOUT.get(name, (name, ""))
    head = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in result["head"].items())
    missed = [row for row in result["rows"] if row["holds"] is False]
    bars = [row for row in result["rows"] if row["holds"] is not None]
    columns = [PEERS.get(name, column) if column == "acids-rave" else column for column in COLUMNS]
    lines = [f"## {title}", "", f"`benchmarks/{name}.py`. {head}."]
    lines += ["", about] if about else []
    lines += ["", f"{len(bars) - len(missed)} of {len(bars)} bars hold."]
    lines += ["", _line(columns), _line(["---"] * len(columns)), *map(_row, result["rows"]), ""]
    picture = results / f"{name}_examples" / "spectrograms.png"
    if picture.exists() and results.resolve() == RESULTS.resolve():
        lines += [f"![Spectrograms of held-out loops: real, ours, theirs](../{picture.relative_to(HERE.parent)})", ""]
    return "\n".join(lines)


def _row(row: dict[str, Any]) -> str:
    verdict = {True: "holds", False: "**does not hold**", None: ""}[row["holds"]]
    numbers = [_number(row[key]) for key in ("ours", "peer", "ratio")]
    return _line([row["what"], *numbers, row["unit"], str(row["n"]), row["spread"], row["bar"] or "", verdict])


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("\\|", "|").replace("|", "\\|") for cell in cells) + " |"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def main(results: Path = RESULTS, target: Path = PAGE) -> None:
    """Write the page."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(results), encoding="utf-8")
    print(f"wrote {target}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
