import pytest

from tritone.errors import UserError
from tritone.nn.diffusion.config import (
    NetworkConfig,
    NoiseConfig,
    SamplingConfig,
    TransformerConfig,
    UNetConfig,
    check,
)


def test_usual_settings_have_no_problems():
    for config in (NetworkConfig(), NetworkConfig("transformer"), NoiseConfig(), SamplingConfig()):
        assert config.problems() == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (UNetConfig(items=(1, 2)), "unet.items needs 9 entries, one for each level, not 2"),
        (UNetConfig(cross_attentions=(1,)), "unet.cross_attentions needs 9 entries"),
        (UNetConfig(groups=0), "must be at least 1"),
        (UNetConfig(groups=5), "multiples of groups 5"),
        (UNetConfig(context_level=9), "unet.context_level must lie between -1 and 8, not 9"),
        (UNetConfig(head_features=7), "unet.head_features must be even, not 7"),
        (TransformerConfig(width=100), "transformer.width must be a multiple of twice heads, 16, not 100"),
        (TransformerConfig(depth=0), "transformer.depth must be at least 1, not 0"),
        (NoiseConfig(times_std=0), "noise.times_std must be a number above 0, not 0"),
        (NoiseConfig(min_snr=-1), "noise.min_snr must be at least 0, not -1"),
        (SamplingConfig(steps=0), "sampling.steps must be at least 1, not 0"),
        (SamplingConfig(sigma_min=90), "sampling.sigma_min and sigma_max must go from low to high above 0"),
        (SamplingConfig(guidance=-1), "sampling.guidance must be at least 0"),
        (SamplingConfig(rescale=2), "sampling.rescale is a share"),
        (SamplingConfig(guidance_interval=(2, 1)), "sampling.guidance_interval must go from low to high"),
    ],
)
def test_problems_name_the_setting(config, words):
    with pytest.raises(UserError, match=r"^model: ") as error:
        check(config.problems())
    assert words in str(error.value)
