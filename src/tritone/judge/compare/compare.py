"""`tritone compare`: systems side by side on the same seeds, lengths and loudness, as one page and as data."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from tritone.errors import UserError
from tritone.judge.assess import Stage, quiet
from tritone.judge.compare.comparison import Compared, Comparison, NearCopy, Real
from tritone.judge.compare.cost import Cost, cost_of
from tritone.judge.compare.curves import Curves, curves_of
from tritone.judge.compare.data import as_csv, as_json
from tritone.judge.compare.judged import Judged, said_once
from tritone.judge.compare.judging import Judge
from tritone.judge.compare.manifest import NAME, Kind, Manifest
from tritone.judge.compare.material import Material, open_material
from tritone.judge.compare.names import Named, named
from tritone.judge.compare.page import write_page
from tritone.judge.compare.sounds import TARGET, gain_to, loudness_of, write_sounds
from tritone.judge.compare.stems import stems
from tritone.judge.compare.summary import as_markdown
from tritone.judge.compare.systems import Made, ModelSystem, System, check, open_system
from tritone.judge.compare.verdicts import verdicts
from tritone.judge.compare.wishes import Wish, wishes_of
from tritone.judge.compare.words import counted
from tritone.judge.evaluate import EMBEDDINGS
from tritone.judge.figure import Figure
from tritone.judge.speed import GENERATING, RECONSTRUCTING, Played, speed_figures
from tritone.judge.subject import check as check_sounds
from tritone.report.page import made_by
from tritone.signal.files import write_wav
from tritone.training.atomic import whole_folder
from tritone.training.run import Run

PAGE, DATA, TABLE, TEXT = "index.html", "report.json", "report.csv", "report.md"
TRAINING = "training"
OWN = (PAGE, DATA, TABLE, TEXT, NAME, "sounds", TRAINING)
"""What a report consists of."""
TIMED: Mapping[str, Kind] = {GENERATING.key: "generated", RECONSTRUCTING.key: "reconstructed"}
"""Which kind of sound a figure of speed is of."""
PAIRS = 10
"""Pairs with training sound that are kept of each system."""


@dataclass(frozen=True)
class Options:
    """How systems are compared."""

    count: int = 64
    """New sounds of each system."""
    seed: int = 0
    """Of the first of them; the others follow."""
    seconds: float = 4.0
    """Held-out sounds that are no loops are cut into pieces of this length."""
    rows: int = 8
    """Rows of examples of each kind on the page, at most."""
    embeddings: tuple[str, ...] = EMBEDDINGS
    """Who judges likeness to real sound (see `judge.embeddings`)."""
    classifier: Path | None = None
    """A run of `tritone train tagger`, for the inception score."""
    speed: bool = True
    """Whether models are timed by themselves, and their memory measured."""
    device: str = "cpu"
    """Where models play."""


def compare(
    systems: Sequence[str],
    *,
    reference: Path | str,
    out: Path | str,
    options: Options | None = None,
    command: str = "",
    stage: Stage = quiet,
) -> Path:
    """Compare runs, checkpoints and folders of sound, and write the folder `out`; gives the path of its page.

    `systems` are words as on the command line: RUN, RUN@STEP, a checkpoint folder, a folder of sound files, each also
    as NAME=…; `reference` is a DATA folder, or a folder of real sound files. Every system makes `options.count` sounds
    of the same seeds, each after the length, label and tempo of a held-out sound; those that reconstruct are given
    these. UserError for what cannot be compared. A report that was in `out` before is replaced once the new one is
    whole.
    """
    options, out, path = options or Options(), Path(out), Path(reference)
    words = named(systems)
    _check(words, out, options)
    command = command or _command(systems, path, out, options)
    material = open_material(path, out, seconds=options.seconds)
    judge = Judge(material, options.embeddings, classifier=options.classifier, seed=options.seed)
    wishes = wishes_of(material.held_out, options.count, options.seed)
    with whole_folder(out) as folder:
        found = _Work(folder, material, wishes, options, stage).run(words, judge, command)
        (folder / DATA).write_text(as_json(found), encoding="utf-8")
        (folder / TABLE).write_text(as_csv(found), encoding="utf-8")
        (folder / TEXT).write_text(as_markdown(found), encoding="utf-8")
        with stage("writing the page"):
            write_page(folder, found, options.rows)
    return out / PAGE


class _Work:
    """One comparison, from words to what was found."""

    def __init__(
        self, folder: Path, material: Material, wishes: Sequence[Wish], options: Options, stage: Stage
    ) -> None:
        self.folder, self.material, self.wishes, self.options, self.stage = folder, material, wishes, options, stage
        self.notes: list[str] = []
        self.seen: dict[str, frozenset[str]] = {}
        self.speeds: dict[str, list[Figure]] = {}
        self.costs: dict[str, Cost] = {}
        self.runs: dict[str, Run] = {}

    def run(self, words: Sequence[Named], judge: Judge, command: str) -> Comparison:
        made = [one for word in words for one in self._made(word)]
        how = {fact.name: fact.text() for fact in made_by("")}
        threads = counted(torch.get_num_threads(), "thread")
        how |= {"PyTorch": f"{torch.__version__}, {threads}, {self.options.device}"}
        manifest = write_sounds(self.folder, self.wishes, made, {"Command": command, **how})
        judged = self._judged(made, judge)
        with self.stage("testing differences"):
            tested = verdicts(judged, judge.exchange)
        return Comparison(
            real=self._real(),
            systems=tuple(self._compared(word, made) for word in words),
            judged=tuple(judged),
            verdicts=tuple(tested),
            curves=tuple(self._curves()),
            near=tuple(self._near(judged, manifest)),
            manifest=manifest,
            count=self.options.count,
            seed=self.options.seed,
            command=command,
            made=how,
            warnings=tuple(self.notes + said_once(judged)),
        )

    def _judged(self, made: Sequence[Made], judge: Judge) -> list[Judged]:
        judged = []
        with self.stage("judging") as show:
            for done, one in enumerate(made):
                show(done, len(made))
                found = judge.judged(one, self.seen[one.system])
                judged.append(replace(found, figures=(*found.figures, *self._speed(one))))
            show(len(made), len(made))
        return judged

    def _made(self, word: Named) -> list[Made]:
        with self.stage(f"sounds of {word.name}") as show:
            system: System = open_system(word, self.options.device, self.folder)
            made = system.make(self.wishes, self.material.rate, self.material.channels, show)
        for one in made:
            check_sounds(one.clips)
        if isinstance(system, ModelSystem):
            self.costs[word.name] = cost_of(system.run, system.folder, system.model)
            self.runs[word.name] = system.run
            if self.options.speed:
                with self.stage(f"speed of {word.name}"):
                    self.speeds[word.name] = speed_figures(Played(system.model, system.folder))
        self.notes += system.notes
        self.seen[word.name] = system.seen
        return made

    def _speed(self, made: Made) -> list[Figure]:
        """What was timed that goes with this kind of sound."""
        other = RECONSTRUCTING if made.kind == "generated" else GENERATING
        return [figure for figure in self.speeds.get(made.system, ()) if figure.metric != other]

    def _compared(self, word: Named, made: Sequence[Made]) -> Compared:
        work = {one.kind: one.compute() for one in made if one.system == word.name}
        for figure in self.speeds.get(word.name, ()):
            kind = TIMED.get(figure.metric.key)
            if kind in work:
                work[kind] = 1 / figure.value
        run = self.runs.get(word.name)
        return Compared(
            word.name,
            word.source,
            {kind: seconds for kind, seconds in work.items() if seconds is not None},
            self.costs.get(word.name),
            "" if run is None else str(run.path),
        )

    def _curves(self) -> Iterator[Curves]:
        """Of each run once, with the steps of all its checkpoints that are compared."""
        runs: dict[Path, list[str]] = {}
        for name, run in self.runs.items():
            runs.setdefault(run.path.resolve(), []).append(name)
        for names in runs.values():
            run = self.runs[names[0]]
            if (run.path / "log.jsonl").is_file():
                yield curves_of(" and ".join(names), run.log(), [self.costs[name].step for name in names])

    def _real(self) -> Real:
        material = self.material
        clips, training = material.held_out.clips, material.dataset.split("train") if material.dataset else ()
        seconds = sum(clip.audio.shape[-1] for clip in clips) / material.rate
        return Real(str(material.path), material.rate, material.channels, len(clips), len(training), seconds)

    def _near(self, judged: Sequence[Judged], manifest: Manifest) -> Iterator[NearCopy]:
        """The most alike pairs, with the training sound as a file beside the others."""
        pairs = [(one, copy) for one in judged for copy in one.copies[:PAIRS]]
        files = stems([copy.known for _, copy in pairs])
        for (one, copy), file in zip(pairs, files, strict=True):
            sample = next(sound for sound in manifest.of(one.system, one.kind) if sound.item == copy.sample)
            clip = self.material.training_sound(copy.known, copy.seconds, sample.seconds)
            path = f"{TRAINING}/{file}.wav"
            (self.folder / TRAINING).mkdir(exist_ok=True)
            write_wav(self.folder / path, clip.audio, self.material.rate, "FLOAT")
            gain = gain_to(TARGET, clip.audio, loudness_of(clip.audio, self.material.rate))
            yield NearCopy(one.system, copy, sample.file, path, gain, clip.loop)


def _check(words: Sequence[Named], out: Path, options: Options) -> None:
    """UserError, before any work, for what can be known to fail."""
    if options.count < 2:
        raise UserError(f"--count must be at least 2, not {options.count}: one sound says nothing of others.")
    if out.exists():
        others = [item.name for item in out.iterdir() if item.name not in OWN] if out.is_dir() else [out.name]
        if others:
            raise UserError(f"{out} holds other things ({others[0]}); give --out a new folder.")
    for word in words:
        check(word)


def _command(systems: Sequence[str], reference: Path, out: Path, options: Options) -> str:
    """The command line that makes the report again."""
    usual = Options()
    asked: Mapping[str, object] = {
        name: getattr(options, name)
        for name in ("count", "seed", "seconds", "rows", "device")
        if getattr(options, name) != getattr(usual, name)
    }
    words = ["tritone", "compare", *systems, "--reference", str(reference), "--out", str(out)]
    for name, value in asked.items():
        words += [f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)]
    if options.embeddings != usual.embeddings:
        words += ["--embeddings", ",".join(options.embeddings)]
    words += ["--classifier", str(options.classifier)] if options.classifier else []
    words += [] if options.speed else ["--no-speed"]
    return shlex.join(words)
