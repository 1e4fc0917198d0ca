"""Held-out sound: deterministic, never akin to training sound, never empty where that can be."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import RATE, folder, noise, write

from tritone.data.prepare import prepare
from tritone.data.split import held_out
from tritone.data.store import Dataset


def splits(path: Path) -> dict[str, str]:
    return {item.name: item.split for item in Dataset.open(path).items}


@given(
    st.lists(st.floats(0.1, 100), min_size=2, max_size=60), st.integers(0, 5), st.floats(0.01, 0.5), st.integers(1, 20)
)
def test_both_sides_are_there_and_groups_stay_together(seconds, seed, share, kinds):
    groups = [min(j for j in range(len(seconds)) if j % kinds == i % kinds) for i in range(len(seconds))]
    contents = [f"{index * 7919 % 1009:04d}" for index in range(len(seconds))]
    chosen = held_out(contents, groups, seconds, share, seed)
    if len(set(groups)) == 1:
        assert chosen == set()
        return
    assert 0 < len(chosen) < len(seconds)
    assert {groups[i] for i in chosen}.isdisjoint(groups[i] for i in range(len(seconds)) if i not in chosen)
    order = list(range(len(seconds)))[::-1]
    position = {old: new for new, old in enumerate(order)}
    mirrored = held_out(
        [contents[i] for i in order], [position[groups[i]] for i in order], [seconds[i] for i in order], share, seed
    )
    assert {contents[order[i]] for i in mirrored} == {contents[i] for i in chosen}


def test_the_share_is_kept_and_the_seed_decides():
    contents, seconds = [f"{i:x}" for i in range(400)], [1.0] * 400
    groups = list(range(400))
    picks = [held_out(contents, groups, seconds, 0.1, seed) for seed in range(3)]
    assert all(len(pick) == 40 for pick in picks)
    assert picks[0] == held_out(contents, groups, seconds, 0.1, 0) and picks[0] != picks[1]
    assert held_out(contents, groups, seconds, 0.0, 0) == set()


def test_names_do_not_decide(tmp_path):
    for index in range(8):
        write(tmp_path / "a" / f"{index}.wav", noise(1, index))
        write(tmp_path / "b" / f"{9 - index}.wav", noise(1, index))
    for name in "ab":
        prepare([tmp_path / name], tmp_path / f"data {name}", sample_rate=RATE, validation=0.25)
    one, two = splits(tmp_path / "data a"), splits(tmp_path / "data b")
    assert [one[f"{index}.wav"] for index in range(8)] == [two[f"{9 - index}.wav"] for index in range(8)]


@pytest.mark.parametrize("seed", range(6))
def test_near_duplicates_share_a_side(tmp_path, seed):
    for index in range(4):
        for copy, gain in enumerate((1.0, 0.5, 0.2)):
            write(tmp_path / "s" / f"{index}-{copy}.wav", noise(1.5, index) * gain)
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, seed=seed)
    found = splits(tmp_path / "d")
    assert set(found.values()) == {"train", "validation"}
    for index in range(4):
        assert len({found[f"{index}-{copy}.wav"] for copy in range(3)}) == 1


def test_a_single_file_is_divided_in_time(tmp_path):
    sound = folder(tmp_path / "s", files=1, seconds=10)
    report = prepare([sound], tmp_path / "d", sample_rate=RATE)
    data = Dataset.open(tmp_path / "d")
    first, last = data.items
    assert (first.name, first.split, first.frames) == ("00.wav", "train", 9 * RATE)
    assert (last.name, last.split, last.frames) == ("00.wav#end", "validation", RATE)
    joined = np.concatenate([data.read(item, 0, item.frames) for item in data.items], axis=1)
    expected = np.round(noise(10, 0) * 32767) / 32768
    np.testing.assert_allclose(joined, expected, atol=1.01 / 32768)
    assert any("only one file" in warning for warning in report.warnings)


def test_the_loops_of_a_single_file_are_divided(tmp_path):
    write(tmp_path / "s" / "a_120bpm.wav", noise(20, 0))
    prepare([tmp_path / "s"], tmp_path / "d", sample_rate=RATE, bars=1, validation=0.2)
    data = Dataset.open(tmp_path / "d")
    assert [item.split for item in data.items] == ["train"] * 8 + ["validation"] * 2
    write(tmp_path / "t" / "a_120bpm.wav", noise(2, 0))
    report = prepare([tmp_path / "t"], tmp_path / "e", sample_rate=RATE, bars=1)
    assert [item.split for item in Dataset.open(tmp_path / "e").items] == ["train", "validation"]
    assert any("flatter" in warning for warning in report.warnings)
