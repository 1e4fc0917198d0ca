"""The one training loop, whatever the family."""

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import torch

from tritone.config import RunConfig
from tritone.training.atomic import disk_full_is_for_the_user
from tritone.training.display import Display, Quiet, display_for
from tritone.training.folder import RunFolder, check_place
from tritone.training.history import History, not_finite
from tritone.training.interrupts import Interrupts
from tritone.training.lock import run_lock
from tritone.training.machine import Device, Machine
from tritone.training.sources import DataSources, Sources, check_sound, check_split
from tritone.training.start import begin
from tritone.training.trainer import Trainer

Outcome = Literal["finished", "minutes", "interrupted", "terminated"]
"""Why training ended: all steps done, the time was up, Ctrl-C, or SIGTERM. In every case a checkpoint is written."""
AGREE_EVERY = 10
"""Several processes agree on signals and clocks at least this often, in steps."""
STREAMS = 1 << 20
"""Random streams from here on belong to validation and analysis, below to the training of each rank."""


def train(
    config: RunConfig,
    out: Path | str,
    *,
    minutes: float | None = None,
    show: Display | None = None,
    open_sources: Callable[[RunConfig, int, int], Sources] = DataSources,
    device: Device = "auto",
) -> Outcome:
    """Train what `config` says into the run folder `out`, or continue the run that is there.

    Stops after `config.training.steps`, after `minutes` of this session, or at Ctrl-C or SIGTERM, always with a
    checkpoint. `show` is where progress goes (standard error by default). Raises UserError for a folder that holds
    another run or is in use, data that does not fit, a full disk, and losses that stop being finite.
    """
    out = Path(out)
    machine = Machine(config.training.precision, device)
    check_split(config, machine.world)
    with ExitStack() as stack:
        stack.callback(machine.close)
        stack.enter_context(disk_full_is_for_the_user(out))
        if machine.main:
            check_place(out)
            out.mkdir(parents=True, exist_ok=True)
            stack.enter_context(run_lock(out))
        display = (show or display_for(True)) if machine.main else Quiet()
        stack.callback(display.close)
        folder = RunFolder(out, config, machine.main)
        machine.wait()
        interrupts = stack.enter_context(Interrupts())
        sources = open_sources(config, machine.rank, machine.world)
        stack.callback(sources.close)
        session = Session(config, folder, machine, sources, display, minutes)
        stack.callback(folder.close)
        outcome = session.run(interrupts)
        machine.wait()  # no process leaves the group while another still works
        return outcome


class Session:
    """One sitting of a run: from its latest checkpoint to whatever ends it."""

    def __init__(
        self,
        config: RunConfig,
        folder: RunFolder,
        machine: Machine,
        sources: Sources,
        display: Display,
        minutes: float | None,
    ) -> None:
        self.config = config.training
        self.family, self.start = config.family, config.start
        self.folder = folder
        self.machine = machine
        self.sources = sources
        self.display = display
        self.limit = math.inf if minutes is None else 60.0 * minutes
        self.trainer = Trainer(config, machine, sources)
        check_sound(config, sources, self.trainer.synthesizer.sample_rate, self.trainer.synthesizer.channels)
        self.history = History(machine.mean, tolerate_norm=self.config.precision == "fp16")
        self.best: dict[str, float] = {}
        self.earlier = 0.0
        self.saved: int | None = None
        self.analysed: int | None = None
        self._resume()
        self.begun = self.last_save = self.last_log = time.monotonic()
        self.logged = self.first = self.trainer.done

    @property
    def seconds(self) -> float:
        """Seconds of this session."""
        return time.monotonic() - self.begun

    def run(self, interrupts: Interrupts) -> Outcome:
        """Train until something ends it."""
        if self.saved is None:
            self._validate()
            self._save()
        outcome = self._reason(interrupts)
        while outcome is None:
            step = self.trainer.done
            self.history.add(step, self.trainer.update())
            if self.trainer.done % self.config.log_every == 0:
                self._log()
            due, outcome = self._clock(interrupts)
            if self.trainer.done % self.config.validate_every == 0 or outcome in ("finished", "minutes"):
                due = self._validate() or due
            if due or outcome is not None:
                self._save()
        self.display.say(self._last_words(outcome))
        return outcome

    def _clock(self, interrupts: Interrupts) -> tuple[bool, Outcome | None]:
        done, every = self.trainer.done, min(self.config.log_every, AGREE_EVERY)
        if self.machine.world > 1 and done % every and done < self.config.steps:
            return False, None
        due = time.monotonic() - self.last_save >= 60.0 * self.config.checkpoint_minutes
        (due,) = self.machine.any([due and self.machine.main])
        return due, self._reason(interrupts)

    def _reason(self, interrupts: Interrupts) -> Outcome | None:
        received = interrupts.received
        over = self.machine.main and self.seconds >= self.limit
        interrupted, terminated, over = self.machine.any([received == 2, received not in (None, 2), over])
        if self.trainer.done >= self.config.steps:
            return "finished"
        return "interrupted" if interrupted else "terminated" if terminated else "minutes" if over else None

    def _log(self) -> None:
        self.history.settle()
        now, done = time.monotonic(), self.trainer.done
        speed = (done - self.logged) / max(now - self.last_log, 1e-9)
        values = {**self.history.take(), **self.trainer.learning_rates()}
        self.folder.scalars(done, {**values, "steps_per_second": speed, "seconds": self.earlier + self.seconds})
        steady = (done - self.first) / max(self.seconds, 1e-9)
        left = min((self.config.steps - done) / steady, self.limit - self.seconds)
        self.display.progress(done, self.config.steps, values, speed, max(0.0, left))
        self.last_log, self.logged = now, done

    def _validate(self) -> bool:
        """Validate and write previews; whether this is the best so far."""
        self.history.settle()
        step, played = self.trainer.done, self.trainer.played
        self._analyse(step)
        self.trainer.reseed(step, STREAMS)
        training = played.training
        played.eval()
        with torch.no_grad(), self.machine.autocast():
            means = self._validation_means(step)
            sounds = self._preview_sounds(step) if self.config.previews else {}
        played.train(training)
        for name, value in means.items():
            if not math.isfinite(value):
                raise not_finite(step, name, value)
        self.folder.scalars(step, {**means, "seconds": self.earlier + self.seconds})
        self.folder.previews(step, sounds, played.sample_rate)
        distance = means.get("validation/distance", math.inf)
        better = distance < self.best.get("distance", math.inf)
        if better:
            self.best = {"step": step, "distance": distance}
        return better

    def _validation_means(self, step: int) -> dict[str, float]:
        batches = map(self.trainer.to_device, self.sources.validation(self.config.validation_crops))
        scalars = self.trainer.family.validate(self.trainer.played, batches, step)
        return {f"validation/{name}": self.machine.mean(value.detach()).item() for name, value in scalars.items()}

    def _preview_sounds(self, step: int) -> dict[str, list[torch.Tensor]]:
        sounds: dict[str, list[torch.Tensor]] = {}
        for batch in self.sources.validation(self.config.previews):
            made = self.trainer.family.preview(self.trainer.played, self.trainer.to_device(batch), step)
            for name, some in made.items():
                sounds.setdefault(name, []).extend(each.float().cpu() for each in some)
        return sounds

    def _save(self) -> None:
        self.history.settle()
        step = self.trainer.done
        if step != self.saved:
            self._analyse(step)
            training = {
                **self.trainer.state(),
                "best": self.best,
                "history": self.history.settled,
                "seconds": self.earlier + self.seconds,
            }
            self.folder.save(step, self.trainer.played.state_dict(), training, self.best, self.sources.summary())
            self.saved = step
            self.machine.wait()
        self.last_save = time.monotonic()

    def _analyse(self, step: int) -> None:
        """What the family works out over training data, once a step: what is validated is what is saved."""
        if self.analysed == step:
            return
        self.analysed = step
        played = self.trainer.played
        training = played.training
        played.eval()
        self.trainer.reseed(step, STREAMS + 1)
        with torch.no_grad():
            self.trainer.family.analyse(played, map(self.trainer.to_device, self.sources.analysis()), step)
        played.train(training)

    def _resume(self) -> None:
        checkpoint = self.folder.latest(self.display.say, self.trainer.played.state_dict())
        if checkpoint is None:
            if self.start:
                self.display.say(begin(self.trainer, self.start, self.family))
            self.folder.open_logs(-1)
            return
        training = checkpoint.training
        self.trainer.load(checkpoint.weights, training, checkpoint.step)
        self.best, self.earlier = dict(training["best"]), training["seconds"]
        self.history.settled = [(step, dict(values)) for step, values in training["history"]]
        self.saved = checkpoint.step
        self.folder.open_logs(checkpoint.step)
        self.folder.rename_best(self.best)
        self.display.say(f"Continuing after step {checkpoint.step}.")

    def _last_words(self, outcome: Outcome) -> str:
        where = f"after {self.trainer.done} of {self.config.steps} steps"
        if outcome == "finished":
            return f"Finished {where}: {self.folder.path}"
        return f"Stopped {where} and saved; the same command continues: {self.folder.path}"
