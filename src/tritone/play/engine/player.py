"""One step of a stream: sound in, latent turned, sound out."""

import time
from dataclasses import replace

import numpy as np

from tritone.play.engine.controls import Controls
from tritone.play.engine.desk import Desk
from tritone.play.engine.glide import Glide
from tritone.play.engine.model import LiveEngine, LiveStyle
from tritone.play.engine.shape import Shaper
from tritone.play.engine.statistics import BlockTimes

GLIDE_SECONDS = 0.02


class Player:
    """Plays a model step by step with the controls of a desk.

    The sound that comes in is delayed by the model's exact latency before it is mixed with the model's, so both lie one
    upon the other. With controls that change nothing the output is the model's, number by number.
    """

    def __init__(
        self,
        engine: LiveEngine,
        desk: Desk,
        *,
        channels: int,
        rate: int,
        ratio: int,
        step: int,
        style: LiveStyle | None = None,
    ) -> None:
        self.engine, self.desk, self._style = engine, desk, style
        self.channels, self.rate, self.ratio, self.step = channels, rate, ratio, step
        self._glide = max(step, round(GLIDE_SECONDS * rate))
        self.times = BlockTimes(step / rate)
        """Of every step so far."""
        self.broken_blocks = 0
        """Steps with numbers that are not finite in the input or from the model, replaced by silence."""
        self._styled = replace(desk.controls, learn_source=False, learn_target=False, style=0.0)
        self.restart()

    @property
    def latency_samples(self) -> int:
        """By which the output comes later than the input."""
        return self.engine.latency_samples

    def restart(self) -> None:
        """As before the first step: nothing heard yet, all controls where they are."""
        controls = self.desk.controls
        self._restyle(controls, self._styled)
        self._styled = controls
        self.engine.reset()
        self.times = BlockTimes(self.step / self.rate)
        self._shape = Shaper(controls, max(1, self._glide // self.ratio))
        self._gain = Glide(controls.gain, self._glide)
        self._wet = Glide(controls.wet_share, self._glide)
        self._waiting = np.zeros((self.channels, self.latency_samples), np.float32)

    def process(self, audio: np.ndarray) -> np.ndarray:
        """Sound `(channels, step)` to sound `(channels, step)`, a new array; its time is added to `times`."""
        return self._played(audio, self.desk.controls)

    def _played(self, audio: np.ndarray, controls: Controls) -> np.ndarray:
        start = time.perf_counter()
        self._restyle(controls, self._styled)
        self._styled = controls
        audio = self._sound(audio)
        latent = self._shape(self.engine.encode(audio), controls)
        self.engine.seed = controls.seed
        made = self._sound(self.engine.decode(latent))
        self._gain.move(controls.gain)
        self._wet.move(controls.wet_share)
        wet, dry = self._wet.next(self.step), self._delayed(audio)
        heard = self._gain.next(self.step) * (wet * made + (1 - wet) * dry)
        self.times.add(time.perf_counter() - start)
        return heard

    def warm_up(self, steps: int = 8) -> dict[str, float]:
        """Play silence, so that nothing is done for the first time later; the times of all but the first half."""
        for step in range(steps):
            if step == steps // 2:
                self.times = BlockTimes(self.step / self.rate)
            silence = np.zeros((self.channels, self.step), np.float32)
            self._played(silence, replace(self.desk.controls, learn_source=False, learn_target=False))
        measured = self.times.summary()
        self.restart()
        return measured

    def _restyle(self, now: Controls, before: Controls) -> None:
        """Tell the engine what has changed of the style."""
        if self._style is None:
            return
        if now.reset_source != before.reset_source:
            self._style.forget("source")
        if now.reset_target != before.reset_target:
            self._style.forget("target")
        if now.learn_source != before.learn_source:
            self._style.learn("source", now.learn_source)
        if now.learn_target != before.learn_target:
            self._style.learn("target", now.learn_target)
        if now.style != before.style:
            self._style.amount(now.style)

    def _sound(self, audio: np.ndarray) -> np.ndarray:
        """The audio, or silence where it is broken; then the model, which remembers, begins anew."""
        if np.isfinite(audio).all():
            return audio
        self.broken_blocks += 1
        self.engine.reset()
        return np.zeros_like(audio)

    def _delayed(self, audio: np.ndarray) -> np.ndarray:
        joined = np.concatenate((self._waiting, audio), 1)
        self._waiting = joined[:, self.step :].copy()
        return joined[:, : self.step]
