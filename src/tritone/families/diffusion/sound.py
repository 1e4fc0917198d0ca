"""New sound out of noise, and sound made out of other sound: filled in, continued, varied, looped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import pi
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tritone.data.batch import Batch
from tritone.errors import UserError
from tritone.families.base import Capability
from tritone.families.diffusion.controls import Controls, Show
from tritone.families.diffusion.diffusion_model import DiffusionModel, Seeds
from tritone.families.diffusion.wishes import check_inpainting, checked_controls, whole_samples
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.config import SamplingConfig
from tritone.nn.diffusion.denoise import Denoise, counted, seeded_noise
from tritone.nn.diffusion.grids import noise_levels
from tritone.nn.diffusion.inpainting import inpaint
from tritone.nn.diffusion.rolled import Rolled
from tritone.nn.diffusion.samplers import SAMPLERS, evaluations, sample, start_noise
from tritone.signal.periodic import resample_periodic
from tritone.signal.splice import FADE_SECONDS, splice

WINDOWS_AT_ONCE = 2
"""So many windows' worth of sound go through the network together."""
PREVIEW = 0x70726576
"""What the seeds of previews are crossed with, so that they meet no noise of training."""

Make = Callable[[slice, Controls], Tensor]
"""Sounds of some of the seeds."""


class SoundDiffusion(DiffusionModel):
    """Diffusion of whole sounds, of any length, in any domain.

    Sounds longer than `Config.window_seconds` are made in windows that are blended at every step, so that memory stays
    flat. A sound follows from its own seed and the controls (fields of `Controls`) alone, however many are asked for.
    New sounds that would peak beyond full scale are turned down to it.
    """

    def capabilities(self) -> frozenset[Capability]:
        """New sound, and sound from sound."""
        return frozenset({"generate", "inpaint", "continue", "vary", "morph"})

    @torch.no_grad()
    def generate(self, count: int, seconds: float, seeds: Seeds, **wishes: Any) -> Tensor:
        """New sounds `(count, channels, seconds * rate)`; with `loop`, the last sample leads into the first."""
        if count != len(seeds):
            raise UserError(f"seeds must name one seed for each of the {count} sounds, not {len(seeds)}.")
        controls, samples = self._controls(wishes), whole_samples(seconds, self.sample_rate)
        frames = self._frames(samples, controls.loop)

        def make(rows: slice, controls: Controls) -> Tensor:
            signal = self._sampled(seeds[rows], frames, samples, controls)
            return _within_scale(self._heard(signal, samples, seeds[rows], controls.loop))

        return self._in_groups(make, count, samples, controls)

    @torch.no_grad()
    def vary(self, audio: Tensor, strength: float, seeds: Seeds, **wishes: Any) -> Tensor:
        """Variations of `audio (1 | count, channels, time)`, one for each seed, of its length.

        `strength` 0 gives the sound itself, through the domain, 1 a new one (that of `generate`); UserError outside.
        With `loop` the sound is taken as one period and stays one.
        """
        if not 0 <= strength <= 1:
            raise UserError(f"strength must lie between 0 and 1, not {strength:g}.")
        controls, given = self._controls(wishes), self._given(audio, seeds)
        samples = given.shape[-1]

        def make(rows: slice, controls: Controls) -> Tensor:
            start = self._entered(given[rows], controls.loop) if strength < 1 else None
            frames = self._frames(samples, controls.loop)
            signal = self._sampled(seeds[rows], frames, samples, controls, start=start, strength=strength)
            return _within_scale(self._heard(signal, samples, seeds[rows], controls.loop))

        return self._in_groups(make, len(seeds), samples, controls)

    @torch.no_grad()
    def morph(self, first: int, second: int, places: Sequence[float], seconds: float, **wishes: Any) -> Tensor:
        """Sounds on the way from that of seed `first` (place 0) to that of `second` (place 1), one for each place.

        The noises of both are mixed as sine and cosine, so that what comes between is noise of the same size. What the
        domain draws itself is that of the nearer seed.
        """
        if not all(0 <= place <= 1 for place in places):
            raise UserError(f"places must lie between 0 and 1, not {', '.join(f'{place:g}' for place in places)}.")
        controls, samples = self._controls(wishes), whole_samples(seconds, self.sample_rate)
        frames, sampling = self._frames(samples, controls.loop), self._sampling(controls)
        levels = noise_levels(sampling)

        def make(rows: slice, controls: Controls) -> Tensor:
            seeds = [first if place <= 0.5 else second for place in places[rows]]
            way = torch.tensor(places[rows], device=self.device)[:, None, None]
            near, far = ((share * (pi / 2)).sin() for share in (1 - way, way))
            shape = (self.domain.width, frames)
            here, there = (seeded_noise([seed] * len(seeds), shape, self.device) for seed in (first, second))
            denoise = self._denoiser(seeds, controls, *self._told(len(seeds), samples, controls))
            denoise = counted(denoise, evaluations(sampling.sampler, sampling.steps), controls.show)

            def noise(use: int) -> Tensor:
                return near * here(use) + far * there(use)

            start = start_noise(noise(0), float(levels[0]))
            signal = SAMPLERS[sampling.sampler](denoise, start, levels, lambda step: noise(step + 1))
            return _within_scale(self._heard(signal, samples, seeds, controls.loop))

        return self._in_groups(make, len(places), samples, controls)

    @torch.no_grad()
    def inpaint(self, audio: Tensor, keep: Tensor, seeds: Seeds, *, resamples: int = 4, **wishes: Any) -> Tensor:
        """`audio (1 | count, channels, time)` where `keep`, bool `(1 | count, 1, time)`, is True, bit by bit; new
        sound elsewhere, one for each seed.

        More `resamples` make old and new fit better, and take as many times longer. In a domain of frames what is kept
        is crossfaded into what is new, within the latter. Where nothing is kept, this is `generate`.
        """
        controls, given = self._controls(wishes), self._given(audio, seeds)
        samples = given.shape[-1]
        check_inpainting(controls, keep, len(given), samples, resamples)
        if bool(keep.all()):
            return given.clone()
        if not bool(keep.any()):
            return self.generate(len(seeds), samples / self.sample_rate, seeds, **wishes)
        return self._filled(given, keep, seeds, controls, resamples)

    @torch.no_grad()
    def continue_from(
        self, audio: Tensor, seconds: float, seeds: Seeds, *, resamples: int = 4, **wishes: Any
    ) -> Tensor:
        """`audio (1 | count, channels, time)` bit by bit, and how it goes on, `seconds` in all, one for each seed.

        The model hears the last half window of what is given. UserError where `seconds` is no longer than that sound.
        """
        controls, given, samples = (
            self._controls(wishes),
            self._given(audio, seeds),
            whole_samples(seconds, self.sample_rate),
        )
        before = given.shape[-1]
        if samples <= before:
            raise UserError(
                f"seconds is the whole length and must be more than the {before / self.sample_rate:.2f} s that are "
                f"given, not {seconds:g}."
            )
        heard = given[..., -round(self.config.window_seconds / 2 * self.sample_rate) :]
        opened = functional.pad(heard, (0, samples - before))
        keep = (torch.arange(opened.shape[-1]) < heard.shape[-1])[None, None]
        check_inpainting(controls, keep, len(given), opened.shape[-1], resamples)
        whole = self._filled(opened, keep, seeds, controls, resamples, earlier=before - heard.shape[-1])
        return torch.cat([given, whole[..., heard.shape[-1] :]], -1)

    @torch.no_grad()
    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Held-out sounds, as the domain gives them back ("real"), and new ones that are told the same ("new")."""
        signal = self.domain.read(batch.audio)
        frames = signal.shape[-1]
        samples = frames * self.domain.ratio if self.config.in_latents else batch.audio.shape[-1]
        while self.domain.frames(samples) > frames:
            samples -= self.domain.ratio
        seeds, controls = batch.seeds ^ PREVIEW, Controls()
        told = self.conditioner.told(batch, torch.zeros(len(batch), dtype=torch.bool, device=batch.audio.device))
        unsaid = self.conditioner.unsaid("", len(batch), self.device)
        denoise = self._denoiser(seeds, controls, told, unsaid)
        new = sample(denoise, signal.shape[1:], seeds, self._sampling(controls), device=self.device)
        real = self.domain.leave(signal, samples, seeds)
        return {"real": list(real), "new": list(_within_scale(self._heard(new, samples, seeds)))}

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers, those of a codec among them."""
        return {**super().facts(), **self.domain.facts()}

    def _filled(
        self, given: Tensor, keep: Tensor, seeds: Seeds, controls: Controls, resamples: int, earlier: int = 0
    ) -> Tensor:
        """`given` with what is not kept made anew; `earlier` counts samples that came before it."""
        samples = given.shape[-1]
        keep = keep.to(self.device).expand(len(seeds), -1, -1)

        def make(rows: slice, controls: Controls) -> Tensor:
            own, known = seeds[rows], self._entered(given[rows])
            denoise = self._denoiser(own, controls, *self._told(len(own), samples, controls, earlier), earlier)
            signal = inpaint(
                denoise, known, self._kept_frames(keep[rows], known.shape[-1]),
                noise_levels(self._sampling(controls)), seeded_noise(own, known.shape[1:], self.device),
                resamples=resamples, show=controls.show,
            )  # fmt: skip
            fade = round(FADE_SECONDS * self.sample_rate) if self.domain.ratio > 1 else 0
            return splice(self._heard(signal, samples, own), given[rows], keep[rows], fade)

        return self._in_groups(make, len(seeds), samples, controls)

    def _sampled(
        self, seeds: Seeds, frames: int, samples: int, controls: Controls, *,
        start: Tensor | None = None, strength: float = 1.0,
    ) -> Tensor:  # fmt: skip
        """Signals `(count, width, frames)` of unit variance."""
        denoise = self._denoiser(seeds, controls, *self._told(len(seeds), samples, controls))
        return sample(
            denoise, (self.domain.width, frames), seeds, self._sampling(controls),
            start=start, strength=strength, device=self.device, show=controls.show,
        )  # fmt: skip

    def _denoiser(
        self, seeds: Seeds, controls: Controls, told: Conditions, unsaid: Conditions, earlier: int = 0
    ) -> Denoise:
        """The denoiser under these conditions: in windows where the signal is long, turned around where it loops.

        Windows are told where they begin, `earlier` samples and more; those of a loop are not, as it begins nowhere.
        """
        since = None if controls.loop else earlier
        denoise = self.guided(
            told,
            unsaid,
            self._sampling(controls),
            denoise=self.windowed(self.denoiser, self.domain.ratio, since=since),
            circular=controls.loop,
        )
        return Rolled(denoise, seeds) if controls.loop else denoise

    def _told(self, count: int, samples: int, controls: Controls, earlier: int = 0) -> tuple[Conditions, Conditions]:
        """What is asked of so many samples after `earlier` ones, and what guidance leads away from."""
        if controls.loop and not self.config.by_tempo:
            controls = replace(controls, bpm=None)  # it said how long the loop is
        asked = self.conditioner.asked(controls, count, (earlier + samples) / self.sample_rate, self.device)
        asked = self.conditioner.beginning(asked, earlier / self.sample_rate)
        return asked, self.conditioner.unsaid(controls.negative, count, self.device)

    def _entered(self, audio: Tensor, loop: bool = False) -> Tensor:
        """Sound as a signal of unit variance; a loop as one period of it."""
        if not loop:
            return self.domain.normalise(self.domain.enter(audio))
        period = resample_periodic(audio, self._frames(audio.shape[-1], loop=True) * self.domain.ratio)
        return self.domain.normalise(self.domain.enter_loop(period))

    def _heard(self, signal: Tensor, samples: int, seeds: Seeds, loop: bool = False) -> Tensor:
        """Signals of unit variance as sound `(count, channels, samples)`; what they leave open follows from seeds."""
        restored = self.domain.restore(signal)
        leave = self.domain.leave_loop if loop else self.domain.leave
        return leave(restored, samples, seeds).float()

    def _frames(self, samples: int, loop: bool) -> int:
        """Frames of a sound; a loop has a whole number of them, and is brought to its length afterwards."""
        return max(1, round(samples / self.domain.ratio)) if loop else self.domain.frames(samples)

    def _kept_frames(self, keep: Tensor, frames: int) -> Tensor:
        """`(count, 1, frames)`: frames of which every sample is kept."""
        missing = frames * self.domain.ratio - keep.shape[-1]
        redone = functional.pad((~keep).float(), (0, missing))
        return functional.max_pool1d(redone, self.domain.ratio) == 0

    def _in_groups(self, make: Make, count: int, samples: int, controls: Controls) -> Tensor:
        """A few sounds after the other, so that memory does not grow with their number."""
        seconds = min(samples / self.sample_rate, self.config.window_seconds)
        size = max(1, int(WINDOWS_AT_ONCE * self.config.window_seconds / seconds))
        groups = [slice(first, first + size) for first in range(0, count, size)]
        if not groups:
            return torch.empty(0, self.channels, samples)
        shows = [_share_of(controls.show, number, len(groups)) for number in range(len(groups))]
        return torch.cat([make(rows, replace(controls, show=show)) for rows, show in zip(groups, shows, strict=True)])

    def _controls(self, wishes: Mapping[str, Any]) -> Controls:
        return checked_controls(wishes, self.config.sampling)

    def _sampling(self, controls: Controls) -> SamplingConfig:
        return controls.sampling(self.config.sampling)

    def _given(self, audio: Tensor, seeds: Seeds) -> Tensor:
        """`audio` with the model's channels, one row for each seed."""
        if not audio.shape[-1] or len(audio) not in (1, len(seeds)):
            raise UserError(
                f"The sound must be (1 or {len(seeds)}, channels, time) with at least 1 sample, not "
                f"{tuple(audio.shape)}."
            )
        return self.fitting(audio.to(self.device)).expand(len(seeds), -1, -1)


def _within_scale(audio: Tensor) -> Tensor:
    """Each sound turned down where its peak lies beyond full scale."""
    return audio / audio.abs().amax((1, 2), keepdim=True).clamp(min=1.0)


def _share_of(show: Show, number: int, count: int) -> Show:
    """`show` for one of several equal shares of the work."""
    return lambda done, total: show(number * total + done, count * total)
