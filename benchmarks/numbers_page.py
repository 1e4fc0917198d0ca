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
    "stream_equality": (
        "Live is the offline sound",
        "Largest difference of a stream, block by block, from the offline sound later by the latency that the model "
        "states, from the first sample on; and that latency.",
    ),
    "stream_speed": (
        "Playing live",
        "Encoding and decoding blocks at 48 kHz on one thread, beside acids-rave's own streaming export of the same "
        "weights, random but as loud as trained ones. Contenders play in turns of twenty blocks. bf16 rounds the large "
        "layers only. Memory is what a process grows by.",
    ),
    "import_parity": (
        "Models taken over from acids-rave",
        "Largest difference between acids-rave's own offline sound and ours after `tritone import`; random weights as "
        "loud as trained ones.",
    ),
    "feature_parity": (
        "Frozen networks beside their originals",
        "aisfx by its own package (Essentia's bands, its own torch code) and musicnn's taggers by their own TensorFlow "
        "graph, run once on the loops that ship; `tools/feature_references.py` recorded what they gave.",
    ),
    "gan_speed": (
        "Loops at once",
        "One loop of one bar at 120 BPM (2 s) from its seed to sound of exact length, medians, ours and the paper's in "
        "turn. The peer is the loop paper's generator and MelGAN, built by our code as `gan-pjloop` at 16 kHz mono. "
        "Ours is `gan-loop` at 44.1 kHz stereo with a vocoder of the kind that ships. bf16 is `--precision bf16`. A "
        "training step is whole, both networks and all that is frozen; `gan-loop` and `gan-nano` train in bf16, the "
        "paper's model in float32.",
    ),
    "gan_convergence": (
        "How fast a GAN learns with and without projection",
        "The generator of `gan-nano`, without labels and vocoder, on the same rendered loops for the same CPU time on "
        "one core. The peer is the same generator with StyleGAN2's discriminator, non-saturating loss, R1 and path "
        "length. Distances are of new loops to held-out loops of the same kits, means over seeds; the spread is from "
        "least to most over seeds, and the 95 % interval over generated loops. The first rows are the paper's claim: "
        "the share of the time after which a system falls to where the baseline ends, by a network that its own "
        "discriminator did not use. Kernel distance is unbiased; the Fréchet distance of sets this small is mostly "
        "bias and to be read beside that of real held-out loops at the end of the table. Distances by these networks "
        "are not comparable with published VGGish figures. `pattern` is no network but the level of eight bands in "
        "each sixteenth.",
    ),
    "gan_loops": (
        "Generated loops",
        "New loops with seeds 0, 1, 2 and so on, none chosen, beside real ones: recorded and training loops for the "
        "seam, else loops of the same data that were held out, both compared with training loops. Bins follow the "
        "training loops they were made from, so that held-out loops show some differences too.",
    ),
    "diffusion_samplers": (
        "Samplers of diffusion",
        "With exact denoisers of mixtures of normal distributions, so that the error is the sampler's own; distance is "
        "Wasserstein-1 to the data. The peer is audio-diffusion-pytorch's own sampler with the same denoiser.",
    ),
    "diffusion_evaluations": (
        "Evaluations of a trained network",
        "Ours and audio-diffusion-pytorch's own sampler with the same trained network from the same noise. Errors are "
        "of solving alone: how far each ends from where the network's own equation, solved with hundreds of steps, "
        "leads from that noise. The first rows show that other ways to that solution agree. Medians over sounds with "
        "95 % bootstrap intervals; inf where no number that was tried is enough. How good the sounds are is not in it.",
    ),
    "diffusion_parity": (
        "The networks of diffusion",
        "Ours and audio-diffusion-pytorch's at the size of its README (two channels, 2^18 samples), random weights.",
    ),
    "diffusion_speed": (
        "Speed of the networks of diffusion",
        "Medians, ours and theirs in turn, at the size of the peer's README. bf16 is `--precision bf16` in playing and "
        "`training.precision: bf16`; the peer has no mixed precision of its own.",
    ),
    "diffusion_latent_speed": (
        "Seconds of sound for a second of compute",
        "48 kHz stereo, 5.5 s at a time, from noise to sound. Ours: `diffusion-latent` on the latents of "
        "`vae-v2-48k-stereo`, its decoder included. The peer: its README's network on waveforms, 50 steps.",
    ),
    "diffusion_quality": (
        "What diffusion learns in the same minutes",
        "Networks of nano size on the same rendered drum loops for the same CPU time on one core. The minutes of ours "
        "on latents hold those of its codec, trained from nothing on the same loops. None of the judges trained "
        "anything. The peer has the better of two learning rates, and a moving average that is kept for it by hand.",
    ),
    "diffusion_steps": (
        "Quality against steps",
        "A teacher and the student that was distilled from it, on the same seeds; distances to held-out sound.",
    ),
    "diffusion_control": (
        "Words, loops and gaps",
        "Words and labels: each judge is a frozen network (or log-mel statistics) with Fisher's linear discriminant, "
        "fitted on real training sounds alone; the peer is what it makes of real sound that was held out. Of models of "
        "latents there are judges, too, that were fitted on training sounds as the codec renders them. `nothing "
        "told` are sounds of the same seeds that were asked for without word or label. Loops are read from the files "
        "that `tritone generate --loop` writes, beside real loops. Of held-out sounds the middle quarter is made anew; "
        "the peer is the untouched sound at the same places, or guessing. An observer who has to say which of the two "
        "was touched, and goes by the change of the spectrum at the border, is right in half of the cases where there "
        "is no seam; three of four is the usual threshold of hearing tests with two choices.",
    ),
    "vocoder_quality": (
        "Vocoders",
        "Mel spectrogram to waveform on sound that none of them was trained on.",
    ),
    "judge_sanity": (
        "What each metric hears",
        "Real sound is damaged in known ways; beside each metric on the damaged sound the same before, and whether it "
        "moved as it must (rises, falls, stays). The weakest damage of each kind has no bar: it shows where hearing "
        "begins. Recorded loops are those that ship, in pieces; drum loops are rendered.",
    ),
    "listen_load": (
        "Listening test: forty listeners at once",
        "The real server, killed and started again in the middle; then everybody with the pauses of people.",
    ),
    "listen_power": (
        "Listening test: what its analysis finds",
        "Whole tests with simulated listeners: how often a difference is announced where there is none, and how often "
        "one that is there is found. The spread is a 95 % interval.",
    ),
}
"""Title of each benchmark and what its rows need to be understood; in the order of the page."""

COLUMNS = ("what", "ours", "acids-rave", "ratio", "unit", "n", "spread ours \\| theirs", "bar", "")
PEERS = {
    "data_loader": "audio files",
    "feature_parity": "the original",
    "gan_speed": "gan-pjloop",
    "gan_convergence": "StyleGAN2",
    "gan_loops": "real loops",
    "diffusion_samplers": "VSampler",
    "diffusion_evaluations": "VSampler",
    "diffusion_parity": "audio-diffusion-pytorch",
    "diffusion_speed": "audio-diffusion-pytorch",
    "diffusion_latent_speed": "audio-diffusion-pytorch",
    "diffusion_quality": "audio-diffusion-pytorch",
    "diffusion_steps": "teacher, 50 steps",
    "diffusion_control": "real sound",
    "vocoder_quality": "Griffin-Lim",
    "judge_sanity": "before",
    "listen_load": "wanted",
    "listen_power": "wanted",
}
"""What the peer is called where it is not acids-rave."""
PICTURES = {
    "vae_quality": ("vae_quality_examples/spectrograms.png", "Spectrograms of held-out loops: real, ours, theirs"),
    "gan_convergence": (
        "gan_convergence_examples/curves.png",
        "Kernel distance against minutes of training, one panel for each judge",
    ),
    "gan_loops": (
        "gan_loops_examples/spectrograms.png",
        "Spectrograms of the first twelve new loops, and of four training loops below",
    ),
    "diffusion_steps": ("diffusion_steps_curves.png", "Distance to held-out sound against steps, teacher and student"),
    "diffusion_control": (
        "diffusion_control_examples/inpainting.png",
        "Four held-out sounds, and below with their middle quarter made anew",
    ),
}
"""Picture among the results, and what it shows."""


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
    return "\n".join(lines + _picture(name, results))


def _picture(name: str, results: Path) -> list[str]:
    file, shows = PICTURES.get(name, ("", ""))
    picture = results / file
    if not file or not picture.exists() or results.resolve() != RESULTS.resolve():
        return []
    return [f"![{shows}](../{picture.resolve().relative_to(HERE.parent)})", ""]


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
