"""Same weights, same sound: acids-rave's random weights in our VAE, and how far the numbers then lie apart.

For v1, v2 and v2_small, centred and causal: filter bank, posterior, decoder (noise branch off) and every loss term.
Known differences of acids-rave are accounted for and named in the row:

- its filter bank's round trip comes 16 samples late; when causal its analysis comes another 16 late;
- it weighs feature matching (and the adversarial term) twice, which touches the sum, not the terms themselves.
"""

import sys
from collections.abc import Mapping

import torch
from acids import Name, build_ours, build_peer, difference, silence_noise
from table import Row, arguments, at_most, finish, machine
from torch import Tensor, nn
from torch.nn import functional

from tritone.families.vae.model import VAE
from tritone.nn.adversarial import feature_matching, hinge_discriminator, hinge_generator
from tritone.nn.discriminators import Discriminators
from tritone.nn.losses import SpectralDistance, kl_divergence
from tritone.play.foreign.discriminator import discriminator_state

BAR = 1e-5
MATCHING = "feature matching (theirs once, not twice weighted)"
THEIR_KL = {"v1": 0.1, "v2": 5e-2, "v2_small": 0.01}
"""The weight that their warm-up callback ends at."""
NAMES: tuple[Name, ...] = ("v1", "v2", "v2_small")


def network_rows(label: str, peer: nn.Module, ours: VAE, audio: Tensor, trials: int) -> list[Row]:
    """Largest absolute difference of what the networks and the filter bank give, beside the signal's size."""
    worst: dict[str, tuple[float, float]] = {}

    def note(what: str, mine: Tensor, theirs: Tensor) -> None:
        size = theirs.std().item()
        worst[what] = max(worst.get(what, (0.0, size)), (difference(mine, theirs), size))

    late = 16 if ours.config.causal else 0
    for trial in range(trials):
        sound = audio.roll(trial * 1000, -1)
        bands = peer.pqmf(sound)
        note(_named("analysis", f"theirs {late} samples late" if late else ""), _later(sound, late, ours), bands)
        mean, scale = peer.encoder(bands).chunk(2, 1)
        our_mean, our_std = ours.bottleneck.posterior(ours.encoder(bands))
        note("posterior mean", our_mean, mean)
        note("posterior standard deviation", our_std, functional.softplus(scale) + 1e-4)
        decoded = peer.decoder(mean)
        note("decoder output, noise off", ours.decoder(mean), decoded)
        back = peer.pqmf.inverse(decoded)
        note("synthesis (theirs 16 samples late)", ours.pqmf.synthesis(decoded)[..., :-16], back[..., 16:])
    return [
        at_most(f"{label}: {what}", value, BAR, "max abs", trials, f"signal std {size:.3g}")
        for what, (value, size) in worst.items()
    ]


def _later(sound: Tensor, samples: int, ours: VAE) -> Tensor:
    return ours.pqmf.analysis(functional.pad(sound, (samples, 0))[..., : sound.shape[-1]])


def _named(what: str, cause: str) -> str:
    return f"{what} ({cause})" if cause else what


def loss_rows(label: str, name_of_peer: Name, peer: nn.Module, ours: VAE, audio: Tensor) -> list[Row]:
    """Relative difference of every loss term, both computed on the same posterior, sub-bands and sound."""
    torch.manual_seed(2)
    bands = peer.pqmf(audio)
    raw = peer.encoder(bands)
    latent, theirs_kl = peer.encoder.reparametrize(raw)[:2]
    output_bands = peer.decoder(latent)
    output = peer.pqmf.inverse(output_bands)
    distance = SpectralDistance(ours.config.spectral_scales)
    real, fake = _features(peer, torch.cat([audio, output]))
    theirs = {
        "multiband distance": peer.multiband_audio_distance(bands, output_bands)["spectral_distance"],
        "fullband distance": peer.audio_distance(audio, output)["spectral_distance"],
        "KL divergence": theirs_kl,
        **_peer_adversarial(peer, real, fake),
    }
    our_real, our_fake = _our_features(peer, ours, audio, output)
    mine = {
        "multiband distance": distance(output_bands, bands),
        "fullband distance": distance(output, audio),
        "KL divergence": kl_divergence(*ours.bottleneck.posterior(ours.encoder(bands))),
        "discriminator, hinge": hinge_discriminator(our_real, our_fake),
        "adversarial": hinge_generator(our_fake),
        MATCHING: feature_matching(
            our_real, our_fake, ours.config.relative_feature_matching, skip=int(peer.num_skipped_features)
        ),
    }
    total = "generator's sum in stage 2 (their second weighting of features undone)"
    mine[total], theirs[total] = _sum(ours.config.weights, mine), _their_sum(peer, theirs, THEIR_KL[name_of_peer])
    return [
        at_most(
            f"{label}: {name}", abs(mine[name].item() / value.item() - 1), BAR, "relative", 1, f"{value.item():.4g}"
        )
        for name, value in theirs.items()
    ]


def _sum(weights: Mapping[str, float], terms: Mapping[str, Tensor]) -> Tensor:
    """The generator's loss as our training step adds it up, with the KL divergence at its full weight."""
    return (
        weights["multiband"] * terms["multiband distance"]
        + weights["fullband"] * terms["fullband distance"]
        + weights["kl"] * terms["KL divergence"]
        + weights["adversarial"] * terms["adversarial"]
        + weights["feature_matching"] * terms[MATCHING]
    )


def _their_sum(peer: nn.Module, terms: Mapping[str, Tensor], kl: float) -> Tensor:
    """The same from their weights. Their step weighs adversarial and feature terms, then weighs both again by name."""
    twice = {"adversarial": "adversarial", "feature_matching": MATCHING}
    total = sum(peer.weights[name] ** 2 * terms[term] for name, term in twice.items())
    undone = sum((peer.weights[name] ** 2 - peer.weights[name]) * terms[term] for name, term in twice.items())
    distances = peer.weights["multiband_audio_distance"] * terms["multiband distance"]
    distances = distances + peer.weights["audio_distance"] * terms["fullband distance"]
    return distances + kl * terms["KL divergence"] + total - undone


def _features(peer: nn.Module, both: Tensor) -> tuple[list[list[Tensor]], list[list[Tensor]]]:
    return peer.split_features(peer.discriminator(both))


def _our_features(peer: nn.Module, ours: VAE, audio: Tensor, output: Tensor) -> tuple:
    settings = ours.config.discriminator
    discriminators = Discriminators(
        channels=ours.channels, scales=settings.scales, periods=settings.periods, capacity=settings.capacity
    )
    discriminators.load_state_dict(discriminator_state(peer.discriminator.state_dict()))
    return discriminators(audio), discriminators(output)


def _peer_adversarial(peer: nn.Module, real: list, fake: list) -> dict[str, Tensor]:
    """Their hinge and feature losses, put together from their own functions as their training step does."""
    skip = peer.num_skipped_features
    pairs = [peer.gan_loss(r[-1], f[-1]) for r, f in zip(real, fake, strict=True)]
    matching = [
        sum(peer.feature_matching_fun(a, b) for a, b in zip(r[skip:], f[skip:], strict=True)) / len(r[skip:])
        for r, f in zip(real, fake, strict=True)
    ]
    return {
        "discriminator, hinge": sum(pair[0] for pair in pairs),
        "adversarial": sum(pair[1] for pair in pairs),
        MATCHING: sum(matching) / len(matching),
    }


def main() -> None:
    """Print the table; see the top of the file."""
    options = arguments(__doc__.splitlines()[0])
    torch.manual_seed(1)
    samples = 65_536 if options.quick else 131_072
    audio = 0.3 * torch.randn(1, 1, samples) * torch.linspace(-1, 1, samples).square()
    rows = []
    with torch.no_grad():
        for name in NAMES:
            for causal in (False, True):
                peer = build_peer(name, causal=causal)
                silence_noise(peer)
                ours = build_ours(peer, name, causal=causal)
                label = f"{name}, causal" if causal else name
                rows += network_rows(label, peer, ours, audio, trials=1 if options.quick else 3)
                rows += loss_rows(label, name, peer, ours, audio)
    finish("vae_parity", rows, machine(["acids-rave", "cached-conv"]), options.json)


if __name__ == "__main__":
    sys.exit(main())
