"""From numbers to networks: generator, mapping network and discriminator of a configuration."""

from torch import nn

from tritone.families.gan.config import Config
from tritone.families.gan.features import FrozenFeatures
from tritone.families.gan.generator_image import ImageGenerator
from tritone.families.gan.generator_loop import LoopGenerator
from tritone.families.gan.mapping import Mapping
from tritone.families.gan.projected import ProjectedDiscriminator
from tritone.families.gan.residual import ResidualDiscriminator


def build_generator(config: Config) -> ImageGenerator | LoopGenerator:
    """The generator of `config` with fresh weights; both kinds take styles and noise and give spectrograms."""
    generator = config.generator
    if generator.kind == "image":
        return ImageGenerator(
            generator.channels, config.channels, generator.w, start=generator.start, rows=generator.rows
        )
    return LoopGenerator(generator.channels, config.channels, config.mel.mels, generator.w, start=generator.start)


def build_mapping(config: Config, condition_dims: int) -> Mapping:
    """The mapping network of `config` with fresh weights, for conditions of `condition_dims` columns."""
    generator = config.generator
    return Mapping(generator.z, generator.w, generator.mapping_layers, condition_dims, rate=generator.mapping_rate)


def build_discriminator(config: Config, condition_dims: int) -> tuple[FrozenFeatures, nn.Module]:
    """The frozen networks (none for stylegan2) and the discriminator of `config`, for conditions of so many columns.

    Networks are told the frame rate that the grid has at the middle tempo: a faster loop sounds as if slowed to that.
    """
    discriminator, tempo = config.discriminator, config.tempos[1] if config.tempos else 120.0
    projected = discriminator.kind == "projected"
    features = FrozenFeatures.named(
        discriminator.networks if projected else (),
        mel=config.mel,
        rate=config.sample_rate,
        frame_rate=config.frames * tempo / 60 / config.beats,
        channels=config.channels,
    )
    if projected:
        return features, ProjectedDiscriminator(
            widths=features.widths, mixed=discriminator.mixed, width=discriminator.width, condition=condition_dims
        )
    return features, ResidualDiscriminator(
        channels=config.channels,
        mels=config.mel.mels,
        frames=config.frames,
        width=discriminator.width,
        most=discriminator.most,
        condition=condition_dims,
    )
