"""Sound at a low sample rate as what the denoiser is told: the treble that it lacks is made, the rest is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import pi
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tritone.data.batch import Batch
from tritone.errors import UserError
from tritone.families.base import Capability
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.controls import Controls
from tritone.families.diffusion.diffusion_model import DiffusionModel, Seeds
from tritone.families.diffusion.wishes import checked_controls
from tritone.nn.diffusion.conditions import Conditions
from tritone.nn.diffusion.low_band import KEPT, Kept, as_resampled, fast_length, with_low_band
from tritone.nn.diffusion.samplers import sample
from tritone.nn.noise import sample_uniform
from tritone.signal.periodic import resample_periodic
from tritone.signal.resample import resample, resampled_frames

WAVES = 8
"""Cosines that the network is told the low rate by."""
LEAST = 1e-3
"""Least deviation of treble; sound that was brought up from a lower rate has none."""
RATE = 0x2545F491
"""What seeds are crossed with to draw rates, so that they have nothing in common with the noise."""


class DiffusionUpsampler(DiffusionModel):
    """Sound at any rate from the lowest of `config.upsampler.rates` on to sound at `config.sample_rate`.

    What is diffused is the treble that the given sound lacks, at unit variance: beside the whole sound it is so quiet
    that the error of a network, and the noise that sampling leaves, would drown it. The denoiser is told the given
    sound, resampled, and by a vector where it ends. Each of its estimates is silent up to `low_band.KEPT` of half the
    low rate, where the result has exactly the given band. In training the low rate of a sound follows from its seed.

    Buffer `treble (rates,)`: deviation of what sound at each rate of `config.upsampler.rates` lacks, in that of all.
    """

    treble: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__(config, channels=config.channels, vector=WAVES)
        self.register_buffer("treble", torch.ones(len(config.upsampler.rates)))

    def capabilities(self) -> frozenset[Capability]:
        """From a low sample rate to a high one."""
        return frozenset({"upsample"})

    def learn(self, batch: Batch, dropped: Tensor) -> tuple[Tensor, Conditions, dict[str, Tensor]]:
        """See `DiffusionModel.learn`; the given sound is told whether or not the rest is dropped."""
        whole, rates = self.domain.normalise(self.domain.read(batch.audio)), self._drawn_rates(batch.seeds)
        shares = torch.tensor(rates) / self.sample_rate
        low = torch.stack([as_resampled(row, rate / self.sample_rate) for row, rate in zip(whole, rates, strict=True)])
        sizes = torch.tensor([self._deviation(rate) for rate in rates]).to(whole)[:, None, None]
        return (whole - low) / sizes, self._beside(self.conditioner.told(batch, dropped), low, shares), {}

    @torch.no_grad()
    def fit(self, signals: Sequence[Tensor]) -> None:
        """Measure the scale of the data, and of what each rate lacks of it."""
        super().fit(signals)
        for number, rate in enumerate(self.config.upsampler.rates):
            lacking = [whole - as_resampled(whole, rate / self.sample_rate) for whole in map(self._scaled, signals)]
            power = sum(float(each.double().square().sum()) for each in lacking) / sum(each.numel() for each in lacking)
            self.treble[number] = max(power, LEAST**2) ** 0.5

    @torch.no_grad()
    def preview(self, batch: Batch) -> Mapping[str, list[Tensor]]:
        """Held-out sound, what of it a low rate keeps, and what is made of that."""
        shown: dict[str, list[Tensor]] = {"real": list(batch.audio), "low": [], "output": []}
        for row, rate, seed in zip(batch.audio, self._drawn_rates(batch.seeds), batch.seeds.tolist(), strict=True):
            low = torch.from_numpy(resample(row.cpu().numpy(), self.sample_rate, rate))[None]
            shown["low"].append(self._brought_up(low, rate, False)[0, :, : row.shape[-1]])
            shown["output"].append(self.upsample(low, rate, [seed])[0, :, : row.shape[-1]])
        return shown

    @torch.no_grad()
    def upsample(self, audio: Tensor, rate: int, seeds: Seeds, **wishes: Any) -> Tensor:
        """Sound `(1 | count, channels, time)` at `rate` as sound at `sample_rate`, one for each seed.

        `wishes` are `Controls`; with `loop` the sound is one period and stays one. The result may peak beyond full
        scale, where the given sound comes close to it. UserError for a rate that this model was not made for.
        """
        controls = checked_controls(wishes, self.config.sampling)
        self._check(audio, rate, seeds)
        given = self._brought_up(self.fitting(audio), rate, controls.loop).to(self.device).expand(len(seeds), -1, -1)
        scaled, share = self.domain.normalise(given), rate / self.sample_rate
        samples = given.shape[-1]
        longer = scaled if controls.loop else mirrored(scaled, fast_length(samples))
        denoise, sampling = self._denoiser(longer, share, controls), controls.sampling(self.config.sampling)
        treble = sample(denoise, longer.shape[1:], seeds, sampling, device=self.device, show=controls.show)
        whole = self.domain.restore(scaled + self._deviation(rate) * treble[..., :samples])
        return with_low_band(whole, given, KEPT * share, controls.loop)

    def facts(self) -> dict[str, Any]:
        """Sizes and rates in plain numbers."""
        return {**super().facts(), "rates": ", ".join(str(rate) for rate in self.config.upsampler.rates)}

    def _denoiser(self, given: Tensor, share: float, controls: Controls) -> Kept:
        """The denoiser of what `given` lacks, in windows where it is long."""
        count, samples = len(given), given.shape[-1]
        shares = torch.full((count,), share)
        asked = self.conditioner.asked(controls, count, samples / self.sample_rate, self.device)
        unsaid = self.conditioner.unsaid(controls.negative, count, self.device)
        guided = self.guided(
            self._beside(asked, given, shares),
            self._beside(unsaid, given, shares),
            controls.sampling(self.config.sampling),
            denoise=self.windowed(self.denoiser, self.domain.ratio),
            circular=controls.loop,
        )
        return Kept(guided, torch.zeros_like(given), KEPT * share, controls.loop)

    def _deviation(self, rate: int) -> float:
        """That of what sound at this rate lacks; between the rates of the config on a straight line of logarithms."""
        known = sorted(zip(self.config.upsampler.rates, self.treble.tolist(), strict=True))
        rates, deviations = zip(*known, strict=True)
        return float(np.exp(np.interp(np.log(rate), np.log(rates), np.log(deviations))))

    def _scaled(self, signal: Tensor) -> Tensor:
        """A signal of the domain at unit variance, on this model's device."""
        return self.domain.normalise(signal.to(self.device))

    def _beside(self, told: Conditions, low: Tensor, shares: Tensor) -> Conditions:
        """What is told, with the given sound and by what share of the sample rate it was sampled `(batch,)`."""
        waves = (pi * shares[:, None] * torch.arange(1, WAVES + 1)).cos().to(low)
        vector = waves if told.vector is None else torch.cat([told.vector.to(waves), waves], 1)
        return replace(told, channels=low, vector=vector)

    def _drawn_rates(self, seeds: Tensor) -> list[int]:
        """A low rate for each seed."""
        rates = self.config.upsampler.rates
        places = sample_uniform(seeds ^ RATE, ()).double() / 2 + 0.5
        return [rates[min(int(place * len(rates)), len(rates) - 1)] for place in places]

    def _brought_up(self, audio: Tensor, rate: int, loop: bool) -> Tensor:
        """Sound `(batch, channels, time)` at `rate` resampled to `sample_rate`."""
        if loop:
            return resample_periodic(audio.float(), resampled_frames(audio.shape[-1], rate, self.sample_rate))
        rows = [resample(row.cpu().numpy(), rate, self.sample_rate) for row in audio]
        return torch.stack([torch.from_numpy(row) for row in rows])

    def _check(self, audio: Tensor, rate: int, seeds: Seeds) -> None:
        least = min(self.config.upsampler.rates)
        if not least <= rate < self.sample_rate:
            raise UserError(
                f"This model brings sound with {least} to {self.sample_rate - 1} samples a second up to "
                f"{self.sample_rate}, but the sound has {rate}."
            )
        if not audio.shape[-1] or len(audio) not in (1, len(seeds)):
            raise UserError(
                f"The sound must be (1 or {len(seeds)}, channels, time) with at least 1 sample, not "
                f"{tuple(audio.shape)}."
            )


def mirrored(signal: Tensor, samples: int) -> Tensor:
    """`signal (..., time)` continued by its mirror image to `samples`."""
    time = signal.shape[-1]
    places = torch.arange(samples, device=signal.device) % (2 * time)
    return signal[..., torch.minimum(places, 2 * time - 1 - places)]
