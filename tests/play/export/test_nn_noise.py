"""The numbers that an exported file draws: the laws they claim, whatever the blocks, and the same when scripted."""

import numpy as np
import pytest
import torch
from scipy import stats

from tritone.play.export.nn_noise import hashed_bits, hashed_normal, hashed_uniform, mixed


def mixer(number: int) -> int:
    """lowbias32 in plain Python integers, with its published constants."""
    number ^= number >> 16
    number = number * 0x7FEB352D % 2**32
    number ^= number >> 15
    number = number * 0x846CA68B % 2**32
    return number ^ number >> 16


def test_the_mixer_is_the_published_one():
    numbers = [0, 1, 2, 12345, 2**31, 2**32 - 1, *range(10**9, 10**9 + 50)]
    assert mixed(torch.tensor(numbers)).tolist() == [mixer(number) for number in numbers]


def test_bits_are_the_keyed_hash_of_their_place():
    seed, stream, item, row, time = 7, 3, 1, 2, 41
    key = mixer((seed + 0x9E3779B9) % 2**32)
    for part in (stream, item, row):
        key = mixer((key + part) % 2**32)
    assert hashed_bits(seed, stream, 2, 3, 40, 5)[item, row, 1].item() == mixer(mixer(time) ^ key)


@pytest.mark.parametrize("seed", [0, 1, -5, 2**40 + 3])
def test_uniform_numbers_are_uniform_and_white(seed):
    numbers = hashed_uniform(seed, 0, 1, 4, 0, 50_000)[0].numpy()
    assert numbers.min() >= -1 and numbers.max() < 1
    for row in numbers:
        assert stats.kstest(row, stats.uniform(-1, 2).cdf).pvalue > 1e-4
        spectrum = np.abs(np.fft.rfft(row)[1:]) ** 2 * 3 / len(row)
        assert stats.kstest(spectrum, stats.expon.cdf).pvalue > 1e-4  # white noise: exponential, mean 1
    correlation = np.corrcoef(numbers) - np.eye(4)
    assert np.abs(correlation).max() < 5 / np.sqrt(numbers.shape[1])


def test_normal_numbers_are_normal():
    numbers = hashed_normal(3, 5, 2, 3, 1000, 40_000).reshape(6, -1).numpy().astype(np.float64)
    for row in numbers:
        assert stats.kstest(row, stats.norm.cdf).pvalue > 1e-4
    assert np.abs(np.corrcoef(numbers) - np.eye(6)).max() < 5 / np.sqrt(numbers.shape[1])
    assert np.abs(numbers).max() > 4 and np.abs(stats.kurtosis(numbers.ravel())) < 0.05


@pytest.mark.parametrize("draw", [hashed_uniform, hashed_normal])
def test_blocks_and_batches_do_not_matter(draw):
    whole = draw(11, 2, 3, 4, 0, 1000)
    parts = torch.cat([draw(11, 2, 3, 4, start, min(137, 1000 - start)) for start in range(0, 1000, 137)], -1)
    assert torch.equal(whole, parts)
    assert torch.equal(whole[:1, :2], draw(11, 2, 1, 2, 0, 1000))
    far = 2**32 - 2  # time goes on over the edge of 32 bits
    assert torch.equal(draw(11, 2, 1, 1, far, 4)[..., 2:], whole[:1, :1, :2])


def test_seeds_streams_rows_and_items_differ():
    kinds = [hashed_bits(seed, stream, 2, 2, 0, 64).reshape(4, 64) for seed in (0, 1) for stream in (0, 1)]
    rows = {tuple(row) for row in torch.cat(kinds).tolist()}
    assert len(rows) == 16


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scripted_numbers_are_the_same():
    for draw in (hashed_uniform, hashed_normal):
        assert torch.equal(torch.jit.script(draw)(5, 1, 2, 3, 77, 100), draw(5, 1, 2, 3, 77, 100))
