"""How fast a generator learns from a projected discriminator, beside StyleGAN2's: the loop paper's claim on two cores.

gan-nano's generator, without labels, learns 1,600 rendered loops: projected on each feature network and on a fusion,
with hinge and with R3GAN's loss, and with StyleGAN2's discriminator (arXiv 2209.01751 compares the same). Every system
has the same CPU minutes on one core, two runs at a time, several seeds. Judged is the distance of new loops to held-out
ones, from spectrograms on, by networks of which at least one is not in the discriminator. Interrupted, it goes on where
it was; `--work` names the folder in which that is kept.
"""

import argparse
import sys
from pathlib import Path

import torch
from gan_convergence_run import MARKS, SAMPLES
from gan_curves import collect, draw, rows, write_json
from gan_data import SECONDS, held_out_loops, training_data
from gan_judges import Embeddings, Judges, kernel, read, write
from gan_processes import run_all
from gan_systems import ABLATIONS, BASELINES, PROJECTED, SYSTEMS, run_config
from table import finish, machine

from tritone.nn.mel_frames import MelFrames
from tritone.training.api import train

HERE = Path(__file__).parent
THREADS = 2
MINUTES, SEEDS, TAGGER_MINUTES = 20.0, 3, 5.0
QUICK_MINUTES, QUICK_SEEDS, QUICK_TAGGER_MINUTES = 1.0, 1, 0.5
TRIAL = 0.25
"""Share of the time after which one of the two sizes of the baseline is chosen."""


def train_tagger(work: Path, data: Path, minutes: float) -> Path:
    """The run of a tagger that learned the genres of the training loops for so many minutes on two threads."""
    out, done = work / f"tagger-{minutes:g}", work / f"tagger-{minutes:g}.done"
    if not done.exists():
        _say(f"training the tagger for {minutes:g} minutes")
        train("tagger", data, out, "tagger-nano", minutes=minutes, device="cpu")
        done.touch()
    return out


def real_embeddings(work: Path, data: Path, tagger: Path) -> tuple[Embeddings, Embeddings]:
    """What the judges see of held-out loops: a reference, and a control as large as the sets of generated loops."""
    path = work / f"real-{tagger.name}.npz"
    if not path.exists():
        _say("judging held-out loops")
        model = run_config("musicnn", 0, data, tagger).model
        loops = held_out_loops(work)
        spectrogram = MelFrames(model.mel)
        lengths = torch.full((len(loops),), loops.shape[-1])
        with torch.no_grad():
            log_mel = torch.cat(
                [
                    spectrogram.on_grid(*part, model.frames)
                    for part in zip(loops.split(64), lengths.split(64), strict=True)
                ]
            )
        judges = Judges(model.mel, model.sample_rate, model.frames / SECONDS, tagger)
        write(path, judges.embed(log_mel))
    whole = read(path)
    return {name: rows[SAMPLES:] for name, rows in whole.items()}, {
        name: rows[:SAMPLES] for name, rows in whole.items()
    }


def folders(work: Path, systems: list[str], seeds: range, minutes: float, tagger: Path) -> dict[str, list[Path]]:
    """Where each run is kept."""
    base = work / f"runs-{minutes:g}-{tagger.name}"
    return {system: [base / f"{system}-seed-{seed}" for seed in seeds] for system in systems}


def run_systems(places: dict[str, list[Path]], minutes: float, data: Path, tagger: Path) -> None:
    """Train what is not trained yet: every system with the first seed, then with the next."""
    runner = str(HERE / "gan_convergence_run.py")
    common = ["--minutes", f"{minutes:g}", "--data", str(data), "--tagger", str(tagger)]
    longest = max(len(runs) for runs in places.values())
    run_all(
        [
            [sys.executable, runner, str(runs[seed]), system, "--seed", str(seed), *common]
            for seed in range(longest)
            for system, runs in places.items()
        ],
        THREADS,
    )


def choose_baseline(work: Path, minutes: float, data: Path, tagger: Path, reference: Embeddings) -> tuple[str, str]:
    """The size of StyleGAN2's discriminator that does better, over all judges, in a part of the time; and a note."""
    places = folders(work, list(BASELINES), range(1), TRIAL * minutes, tagger)
    run_systems(places, TRIAL * minutes, data, tagger)
    means = {}
    for system, (run,) in places.items():
        last = read(run / f"mark-{len(MARKS) - 1}.npz")
        means[system] = sum(kernel(reference[judge], made) for judge, made in last.items()) / len(last)
    best = min(means, key=lambda system: means[system])
    listed = ", ".join(f"{SYSTEMS[system].about}: {mean:.3g}" for system, mean in means.items())
    return best, f"the better of two after {TRIAL * minutes:g} min (mean kernel distance over judges): {listed}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one minute for each system, one seed")
    parser.add_argument("--minutes", type=float, help="CPU minutes for each run (20, or 1 with --quick)")
    parser.add_argument("--seeds", type=int, help="runs of each system (3, or 1 with --quick)")
    parser.add_argument("--systems", nargs="+", choices=[*PROJECTED, *ABLATIONS], help="only these beside the baseline")
    parser.add_argument("--work", type=Path, default=HERE / "results" / "work" / "gan_convergence")
    parser.add_argument("--json", type=Path, help="also write the rows to NAME.json, and curves to NAME_examples")
    return parser.parse_args()


def main() -> None:
    args = _arguments()
    torch.set_num_threads(THREADS)
    minutes = args.minutes or (QUICK_MINUTES if args.quick else MINUTES)
    seeds = range(args.seeds or (QUICK_SEEDS if args.quick else SEEDS))
    tagger_minutes = QUICK_TAGGER_MINUTES if args.quick else TAGGER_MINUTES
    args.work.mkdir(parents=True, exist_ok=True)
    _say("rendering and preparing loops")
    data = training_data(args.work.resolve())
    tagger = train_tagger(args.work.resolve(), data, tagger_minutes)
    reference, control = real_embeddings(args.work, data, tagger)
    baseline, note = choose_baseline(args.work, minutes, data, tagger, reference)
    places = folders(args.work, [baseline, *(args.systems or [*PROJECTED, *ABLATIONS])], seeds, minutes, tagger)
    run_systems(places, minutes, data, tagger)
    curves = collect(places, minutes, baseline, reference, control)
    if args.json:
        examples = args.json.with_name(f"{args.json.stem}_examples")
        examples.mkdir(parents=True, exist_ok=True)
        draw(examples / "curves.png", curves)
        write_json(examples / "curves.json", curves)
    about = {
        "training": f"{minutes:g} CPU minutes a run on one thread, {THREADS} at a time",
        "tagger": f"{tagger_minutes:g} min on {THREADS} threads",
        "judged": f"{SAMPLES} loops beside {len(next(iter(reference.values())))} held-out ones",
        "baseline": note,
    }
    finish("gan_convergence", rows(curves), {**machine(), **about}, args.json)


if __name__ == "__main__":
    main()
