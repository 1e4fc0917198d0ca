"""The latent under controls, against what the numbers must be."""

from dataclasses import replace

import numpy as np
import pytest

from tritone.nn.noise import sample_normal
from tritone.play.engine.controls import starting_controls
from tritone.play.engine.shape import Shaper

DIMS = 5
START = starting_controls(DIMS)


def latents(frames, seed=0):
    return np.random.default_rng(seed).standard_normal((DIMS, frames)).astype(np.float32)


def shaped(controls, latent, pieces=None, glide=4):
    """Through a shaper that had these controls from the start."""
    shaper = Shaper(controls, glide)
    return np.concatenate([shaper(piece, controls) for piece in np.split(latent, pieces or [], axis=1)], 1)


def test_controls_that_change_nothing_change_nothing():
    assert np.array_equal(shaped(START, latents(7)), latents(7))


def test_axes_scale_and_offset():
    controls = replace(START, dims=3, scale=0.5, scales=(2.0, 1.0, -1.0, 9.0, 9.0), offsets=(0.0, 1.0, 0.0, 0.0, 4.0))
    z = latents(6)
    expected = np.stack([z[0], 0.5 * z[1] + 1, -0.5 * z[2], 0 * z[3], 0 * z[4] + 4])
    assert np.allclose(shaped(controls, z), expected, atol=1e-6)


@pytest.mark.parametrize(("noise", "fill"), [(0.7, 0.0), (0.0, 0.3), (0.7, 0.3)])
def test_noise_along_kept_axes_and_on_the_others_follows_from_seed_and_frame(noise, fill):
    controls, z = replace(START, dims=2, noise=noise, fill=fill, seed=3), latents(6)
    drawn = np.stack([sample_normal([(3 << 32) + frame], (DIMS,))[0].numpy() for frame in range(6)], 1)
    expected = np.concatenate((z[:2] + noise * drawn[:2], fill * drawn[2:]))
    assert np.allclose(shaped(controls, z), expected, atol=1e-6)
    assert np.array_equal(shaped(controls, z), shaped(controls, z, [1, 3, 4]))
    assert not np.allclose(shaped(controls, z), shaped(replace(controls, seed=4), z))


def test_noise_is_normal():
    told = shaped(replace(START, dims=1, noise=2.0, fill=1.0), np.zeros((DIMS, 4000), np.float32))
    assert np.allclose(told.std(1), [2, 1, 1, 1, 1], rtol=0.05) and np.allclose(told.mean(1), 0, atol=0.1)


@pytest.mark.parametrize("change", [{"dims": 2}, {"scale": 3.0}, {"offsets": (2.0,) * DIMS}, {"freeze": True}])
@pytest.mark.parametrize("frames", [1, 2, 8])
def test_a_change_glides_in_a_straight_line(change, frames):
    shaper, z, new = Shaper(START, 4), np.ones((DIMS, 8), np.float32), replace(START, **change)
    shaper(z[:, :frames], START)
    told = np.concatenate([shaper(block, new) for block in np.split(z, 8 // frames, axis=1)], 1)
    goal = shaped(new, z) if "freeze" not in change else z
    part = np.minimum(np.arange(1, 9) / 4, 1)
    assert np.allclose(told, z + (goal - z) * part, atol=1e-6)


def test_freeze_holds_a_frame_and_lets_go_again():
    shaper, z, frozen = Shaper(START, 2), latents(12), replace(START, freeze=True)
    shaper(z[:, :3], START)
    held = shaper(z[:, 3:8], frozen)
    assert np.allclose(held[:, 1:], z[:, 3:4]) and np.allclose(held[:, 0], z[:, 3])
    turned = shaper(z[:, 8:9], replace(frozen, offsets=(1.0,) * DIMS))
    assert np.allclose(turned[:, 0], z[:, 3] + 0.5)
    shaper(z[:, 9:11], START)
    assert np.array_equal(shaper(z[:, 11:], START), z[:, 11:])


def test_freezing_again_before_it_let_go_does_not_jump():
    shaper, frozen = Shaper(START, 10), replace(START, freeze=True)
    ones = np.ones((DIMS, 10), np.float32)
    shaper(ones, frozen)
    back = shaper(5 * ones[:, :4], START)
    again = shaper(5 * ones, frozen)
    heard = np.concatenate((back, again), 1)[0]
    assert np.abs(np.diff(heard)).max() <= 0.4 + 1e-5 and np.isclose(heard[-1], 1.0)
