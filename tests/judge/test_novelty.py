"""Likeness against correlations of every turn written out."""

import numpy as np
import pytest
import torch

from tritone.judge.novelty import likeness


def loops(count, seed):
    return torch.randn(count, 5, 12, generator=torch.Generator().manual_seed(seed))


def test_it_is_the_greatest_correlation_over_turns_and_known_loops():
    known, samples = loops(7, 0), loops(4, 1)
    values, places = likeness(known, samples)
    for index, sample in enumerate(samples.numpy()):
        table = [
            [np.corrcoef(np.roll(sample, turn, -1).ravel(), other.ravel())[0, 1] for turn in range(12)]
            for other in known.numpy()
        ]
        assert values[index].item() == pytest.approx(np.max(table), abs=1e-6)
        assert places[index].item() == np.max(table, axis=1).argmax()


def test_a_copy_that_is_turned_and_louder_is_found_and_others_are_not():
    known = loops(20, 2)
    values, places = likeness(known, torch.cat([known[13:14].roll(5, -1) + 0.7, loops(3, 3)]))
    assert values[0].item() == pytest.approx(1, abs=1e-9) and places[0].item() == 13
    assert values[1:].max() < 0.8


def test_silence_is_like_nothing_and_other_grids_are_refused():
    assert likeness(loops(3, 4), torch.zeros(1, 5, 12))[0].item() == 0
    assert likeness(loops(3, 4), torch.zeros(0, 5, 12))[0].shape == (0,)
    with pytest.raises(ValueError, match="grids"):
        likeness(loops(3, 4), torch.zeros(1, 5, 13))
