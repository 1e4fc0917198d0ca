"""One comparison at work: sounds are made, written, judged and tested."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from tritone.judge.assess import Stage
from tritone.judge.compare.comparison import Compared, Comparison, NearCopy, Real
from tritone.judge.compare.cost import Cost, cost_of
from tritone.judge.compare.curves import Curves, curves_of
from tritone.judge.compare.judged import Judged, said_once
from tritone.judge.compare.judging import Judge
from tritone.judge.compare.manifest import Kind, Manifest
from tritone.judge.compare.material import Material
from tritone.judge.compare.names import Named
from tritone.judge.compare.options import Options
from tritone.judge.compare.sounds import TARGET, gain_to, loudness_of, write_sounds
from tritone.judge.compare.stems import stems
from tritone.judge.compare.systems import Made, ModelSystem, System, open_system
from tritone.judge.compare.verdicts import verdicts
from tritone.judge.compare.wishes import Wish
from tritone.judge.compare.words import counted
from tritone.judge.figure import Figure
from tritone.judge.speed import GENERATING, RECONSTRUCTING, Played, speed_figures
from tritone.judge.subject import check
from tritone.report.page import made_by
from tritone.signal.files import write_wav
from tritone.training.run import Run

TRAINING = "training"
"""Folder of the training sounds that new ones are most like."""
PAIRS = 10
"""Pairs with training sound that are kept of each system."""
TIMED: Mapping[str, Kind] = {GENERATING.key: "generated", RECONSTRUCTING.key: "reconstructed"}
"""Which kind of sound a figure of speed is of."""


class Work:
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
            check(one.clips)
        if isinstance(system, ModelSystem):
            self.costs[word.name] = cost_of(system.run, system.folder, system.model)
            self.runs[word.name] = system.run
            self._check_data(word.name, system.run)
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

    def _check_data(self, name: str, run: Run) -> None:
        """Say where a model learned from something else than the reference."""
        data = Path(run.config.data)
        if data.resolve() != self.material.path.resolve():
            self.notes.append(
                f"{name} was trained on {data}, not on the reference: whether it has heard the held-out sounds is not "
                "known, and copies are looked for among other sounds than its own."
            )

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
