"""How fast a generator learns from a projected discriminator, beside StyleGAN2's: the loop paper's claim on two cores.

gan-nano's generator, without labels, learns 1,600 rendered loops: projected on each feature network and on a fusion,
with hinge and with R3GAN's loss, and with StyleGAN2's discriminator (arXiv 2209.01751 compares the same). Every system
has the same CPU minutes on one core, two runs at a time, several seeds. Judged is the distance of new loops to held-out
ones, from spectrograms on, by networks of which at least one is not in the discriminator. Interrupted, it goes on where
it was; `--work` names the folder in which that is kept.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from gan_convergence_run import MARKS
from gan_curves import Curves, collect, draw, rows, write_json
from gan_data import HELD_OUT, LOOPS, QUICK_HELD_OUT, QUICK_LOOPS, SECONDS, held_out_loops, training_data
from gan_judges import Embeddings, Judges, kernel, read, write
from gan_processes import run_all
from gan_systems import ABLATIONS, BASELINES, PROJECTED, SYSTEMS, run_config
from table import finish, machine

from tritone.nn.mel_frames import MelFrames
from tritone.training.api import train

HERE = Path(__file__).parent
THREADS = 2
TRIAL = 0.25
"""Share of the time after which one of the forms of the baseline is chosen."""


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    minutes: float = 20.0
    seeds: int = 3
    samples: int = 192
    loops: int = LOOPS
    held_out: int = HELD_OUT
    tagger_minutes: float = 5.0


QUICK = Plan(1.0, 1, 48, QUICK_LOOPS, QUICK_HELD_OUT, 0.5)


@dataclass(frozen=True)
class Bench:
    """Where everything lies, and how much of it there is."""

    work: Path
    plan: Plan
    data: Path
    tagger: Path

    def folders(self, systems: list[str], seeds: int, minutes: float) -> dict[str, list[Path]]:
        """Where each run is kept."""
        base = self.work / f"runs-{minutes:g}-{self.plan.samples}-{self.data.name}-{self.tagger.name}"
        return {system: [base / f"{system}-seed-{seed}" for seed in range(seeds)] for system in systems}

    def run(self, places: dict[str, list[Path]], minutes: float) -> None:
        """Train what is not trained yet: every system with the first seed, then with the next."""
        runner = str(HERE / "gan_convergence_run.py")
        common = ["--minutes", f"{minutes:g}", "--samples", str(self.plan.samples)]
        common += ["--data", str(self.data), "--tagger", str(self.tagger)]
        longest = max(len(runs) for runs in places.values())
        run_all(
            [
                [sys.executable, runner, str(runs[seed]), system, "--seed", str(seed), *common]
                for seed in range(longest)
                for system, runs in places.items()
            ],
            THREADS,
        )

    def real_embeddings(self) -> tuple[Embeddings, Embeddings]:
        """What the judges see of held-out loops: a reference, and a control as large as a set of generated loops."""
        path = self.work / f"real-{self.plan.held_out}-{self.tagger.name}.npz"
        if not path.exists():
            _say("judging held-out loops")
            write(path, self._judge_real())
        whole, count = read(path), self.plan.samples
        return {name: rows[count:] for name, rows in whole.items()}, {
            name: rows[:count] for name, rows in whole.items()
        }

    @torch.no_grad()
    def _judge_real(self) -> Embeddings:
        model = run_config("musicnn", 0, self.data, self.tagger).model
        spectrogram = MelFrames(model.mel)
        parts = held_out_loops(self.work, self.plan.held_out).split(64)
        measured = [spectrogram.on_grid(part, torch.full((len(part),), part.shape[-1]), model.frames) for part in parts]
        judges = Judges(model.mel, model.sample_rate, model.frames / SECONDS, self.tagger)
        return judges.embed(torch.cat(measured))

    def choose_baseline(self, reference: Embeddings) -> tuple[str, str]:
        """The form of StyleGAN2's discriminator that does best, over all judges, in a part of the time; a note."""
        minutes = TRIAL * self.plan.minutes
        places = self.folders(list(BASELINES), 1, minutes)
        self.run(places, minutes)
        means = {}
        for system, (run,) in places.items():
            last = read(run / f"mark-{len(MARKS) - 1}.npz")
            means[system] = sum(kernel(reference[judge], made) for judge, made in last.items()) / len(last)
        best = min(means, key=lambda system: means[system])
        listed = ", ".join(f"{SYSTEMS[system].about}: {mean:.3g}" for system, mean in means.items())
        return best, f"the best of {len(means)} after {minutes:g} min by mean kernel distance over judges ({listed})"


def train_tagger(work: Path, data: Path, minutes: float) -> Path:
    """The run of a tagger that learned the genres of the training loops for so many minutes on two threads."""
    out, done = work / f"tagger-{minutes:g}", work / f"tagger-{minutes:g}.done"
    if not done.exists():
        _say(f"training the tagger for {minutes:g} minutes")
        train("tagger", data, out, "tagger-nano", minutes=minutes, device="cpu")
        done.touch()
    return out


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one minute for each system, one seed")
    parser.add_argument("--minutes", type=float, help="CPU minutes for each run (20, or 1 with --quick)")
    parser.add_argument("--samples", type=int, help="new loops that are judged at a time (192, or 48 with --quick)")
    parser.add_argument("--seeds", type=int, help="runs of each system (3, or 1 with --quick)")
    parser.add_argument("--systems", nargs="+", choices=[*PROJECTED, *ABLATIONS], help="only these beside the baseline")
    parser.add_argument("--work", type=Path, default=HERE / "results" / "runs" / "gan_convergence")
    parser.add_argument("--json", type=Path, help="also write the rows to NAME.json, and curves to NAME_examples")
    return parser.parse_args()


def _prepare(work: Path, plan: Plan) -> Bench:
    work.mkdir(parents=True, exist_ok=True)
    _say("rendering and preparing loops")
    data = training_data(work, plan.loops)
    return Bench(work, plan, data, train_tagger(work, data, plan.tagger_minutes))


def _write_examples(json_file: Path, curves: Curves) -> None:
    examples = json_file.with_name(f"{json_file.stem}_examples")
    examples.mkdir(parents=True, exist_ok=True)
    draw(examples / "curves.png", curves)
    write_json(examples / "curves.json", curves)


def main() -> None:
    args = _arguments()
    torch.set_num_threads(THREADS)
    plan = QUICK if args.quick else Plan()
    minutes = args.minutes or plan.minutes
    tagger = min(plan.tagger_minutes, minutes / 2)
    seeds, samples = args.seeds or plan.seeds, args.samples or plan.samples
    plan = replace(plan, minutes=minutes, seeds=seeds, samples=samples, tagger_minutes=tagger)
    bench = _prepare(args.work.resolve(), plan)
    reference, control = bench.real_embeddings()
    baseline, note = bench.choose_baseline(reference)
    places = bench.folders([baseline, *(args.systems or [*PROJECTED, *ABLATIONS])], plan.seeds, plan.minutes)
    bench.run(places, plan.minutes)
    curves = collect(places, plan.minutes, baseline, reference, control)
    if args.json:
        _write_examples(args.json, curves)
    about = {
        "training": f"{plan.minutes:g} CPU minutes a run on one thread, {THREADS} at a time",
        "tagger": f"{plan.tagger_minutes:g} min on {THREADS} threads",
        "judged": f"{plan.samples} loops beside {plan.held_out - plan.samples} held-out ones",
        "baseline": note,
    }
    finish("gan_convergence", rows(curves), {**machine(), **about}, args.json)


if __name__ == "__main__":
    main()
