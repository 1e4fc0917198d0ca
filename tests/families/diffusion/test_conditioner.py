"""What training leaves unsaid."""

from dataclasses import replace

import pytest
import torch
from small_sound import WAVE

from tritone.data.batch import plain_batch
from tritone.families.diffusion.conditioner import KINDS, WAVES, Conditioner, left_out

CONFIG = replace(WAVE, labels=("low", "high", "odd"), by_tempo=True, by_seconds=True, dropout=0.1, dropout_each=0.2)
COUNT = 20_000


def test_each_is_left_out_by_itself_and_all_together():
    """All with 0.1; else each with 0.2, of its own: the chance of all is 0.1 + 0.9 * 0.2^4."""
    chosen = left_out(torch.arange(COUNT), CONFIG, "cpu")
    assert chosen.shape == (COUNT, len(KINDS)) and chosen.dtype == torch.bool
    for share in chosen.float().mean(0).tolist():
        assert share == pytest.approx(1 - 0.9 * 0.8, abs=0.015)
    assert float(chosen.all(1).float().mean()) == pytest.approx(0.1 + 0.9 * 0.2**4, abs=0.01)
    assert float((~chosen).all(1).float().mean()) == pytest.approx(0.9 * 0.8**4, abs=0.015)
    some = chosen[~chosen.all(1)].float()
    assert float(torch.corrcoef(some.T).fill_diagonal_(0).abs().max()) < 0.03
    assert torch.equal(left_out(torch.tensor([7, 3]), CONFIG, "cpu"), chosen[[7, 3]])


def test_without_any_everything_is_told():
    assert not left_out(torch.arange(100), replace(CONFIG, dropout=0.0, dropout_each=0.0), "cpu").any()
    assert left_out(torch.arange(100), replace(CONFIG, dropout=1.0), "cpu").all()


@pytest.mark.parametrize("missing", KINDS[:3])
def test_what_is_left_out_is_what_an_unknown_sound_is_told(missing):
    """A column each: three labels after "unknown", then sines, cosines and whether it is told."""
    wave = 2 * WAVES + 1
    where = {"label": slice(0, 4), "tempo": slice(4, 4 + wave), "seconds": slice(4 + wave, 4 + 3 * wave)}
    plain = plain_batch(torch.zeros(1, 1, 64), torch.tensor([1]))
    known = replace(
        plain,
        labels=torch.tensor([2]),
        tempos=torch.tensor([120.0]),
        starts=torch.tensor([0.5]),
        totals=torch.tensor([2.0]),
    )
    conditioner, none = Conditioner(CONFIG), torch.zeros(1, len(KINDS), dtype=torch.bool)
    one = none.clone()
    one[:, KINDS.index(missing)] = True
    told, lacking, unknown = (
        conditioner.told(batch, dropped).vector for batch, dropped in ((known, none), (known, one), (plain, none))
    )
    for kind, columns in where.items():
        expected = unknown if kind == missing else told
        assert torch.equal(lacking[:, columns], expected[:, columns]), kind
        assert not torch.equal(told[:, columns], unknown[:, columns]), kind
    assert torch.equal(conditioner.told(known, torch.tensor([True])).vector, unknown)
