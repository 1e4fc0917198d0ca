"""A planned test: whole, blind, of one loudness, balanced, and not longer than promised."""

import json
import wave
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from sounding import RATE, folder_of, folders

from tritone.errors import UserError
from tritone.judge.listen.files import audio_path, is_id, read_key, read_test
from tritone.judge.listen.plan import PlanOptions, plan_test
from tritone.judge.listen.source import find_source
from tritone.judge.listen.test import ANCHOR, MID_ANCHOR, REAL, REFERENCE, Exclusion
from tritone.signal.loudness import integrated_loudness, true_peak

SYSTEMS = ("sys1", "sys2", "sys3")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("sources")
    names, real = folders(root)
    return find_source(names, real, "generated", loops=False)


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    root = tmp_path_factory.mktemp("loops")
    names, real = folders(root, count=6, samples=RATE // 2)
    return find_source(names, real, "generated", loops=True)


def planned(source, folder, **options):
    return plan_test(source, PlanOptions(**options), folder, {"command": "test"})


@pytest.mark.parametrize("kind", ["rating", "preference", "mushra"])
def test_the_folder_holds_the_test_and_nothing_else(source, tmp_path, kind):
    plan = planned(source, tmp_path / "test", kind=kind, items=4, seed=1)
    test, key = read_test(tmp_path / "test"), read_key(tmp_path / "test")
    assert (test, key) == (plan.test, plan.key)
    assert sorted(path.name for path in (tmp_path / "test").iterdir()) == ["audio", "key.json", "test.json"]
    assert {path.stem for path in (tmp_path / "test" / "audio").iterdir()} == {sound.id for sound in test.stimuli}
    assert {heard.system for heard in key.stimuli.values()} == {
        *SYSTEMS, REAL, ANCHOR, *((MID_ANCHOR, REFERENCE) if kind == "mushra" else ())
    }  # fmt: skip
    used = {sound for trial in test.trials for sound in (*trial.stimuli, trial.reference) if sound}
    assert used == {sound.id for sound in test.stimuli}
    assert key.primary == "audio-quality" and key.made == {"command": "test"}


def test_each_trial_is_of_one_item_and_training_of_another(source, tmp_path):
    test, key = (lambda plan: (plan.test, plan.key))(
        planned(source, tmp_path / "t", kind="preference", items=5, seed=2)
    )
    training = set()
    for trial in test.trials:
        (item,) = {key.stimuli[sound].item for sound in trial.stimuli}
        (training if trial.training else set()).add(item)
    counted = {key.stimuli[sound].item for trial in test.trials if not trial.training for sound in trial.stimuli}
    assert len(training) == 1 and len(counted) == 5 and not training & counted
    pairs = Counter(
        frozenset(key.stimuli[sound].system for sound in trial.stimuli) for trial in test.trials if not trial.training
    )
    assert pairs.pop(frozenset({REAL, ANCHOR})) == 3
    assert len(pairs) == 6 and set(pairs.values()) == {5}
    assert all(
        [trial.training for trial in test.trials if trial.id == name] == [True]
        for name, _ in test.orders[0].screens[:3]
    )


def test_a_mushra_screen_holds_everything_beside_the_reference(source, tmp_path):
    plan = planned(source, tmp_path / "t", kind="mushra", items=3, seed=3)
    for trial in plan.test.trials:
        heard = [plan.key.stimuli[sound].system for sound in trial.stimuli]
        assert sorted(heard) == sorted((*SYSTEMS, REAL, ANCHOR, MID_ANCHOR))
        assert plan.key.stimuli[trial.reference].system == REFERENCE
        hidden = next(sound for sound in trial.stimuli if plan.key.stimuli[sound].system == REAL)
        one, two = (soundfile.read(audio_path(tmp_path / "t", name))[0] for name in (hidden, trial.reference))
        assert np.abs(one - two).max() <= 4 / 32768
        assert not np.array_equal(one, two)  # nobody can find it by comparing files


def test_files_tell_nothing_apart(source, tmp_path):
    plan = planned(source, tmp_path / "t", items=6, seed=4)
    files = [audio_path(tmp_path / "t", sound.id) for sound in plan.test.stimuli]
    stats = [path.stat() for path in files]
    assert len({stat.st_size for stat in stats}) == 1 and len({stat.st_mtime_ns for stat in stats}) == 1
    assert len({path.read_bytes()[:44] for path in files}) == 1
    assert all(path.read_bytes()[36:40] == b"data" for path in files)
    assert len({path.read_bytes() for path in files}) == len(files)
    assert len({(sound.seconds, sound.samples, sound.rate, sound.loop) for sound in plan.test.stimuli}) == 1
    with wave.open(str(files[0])) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, RATE, RATE)


@pytest.mark.parametrize("kind", ["rating", "preference", "mushra"])
def test_names_and_places_say_nothing_of_the_system(source, tmp_path, kind):
    """Over many tests, a system's mean rank in anything that can be seen differs from the others' by chance only."""
    ranks = {}
    tests = 8
    for seed in range(tests):
        plan = planned(source, tmp_path / f"{kind}{seed}", kind=kind, items=2, seconds=0.02, seed=seed)
        system = {name: heard.system for name, heard in plan.key.stimuli.items()}
        text = json.dumps([plan.test.title, [asked.text for asked in plan.test.questions]])
        assert not any(name in text for name in ("sys", "item", "real", "anchor"))
        counted = {trial.id for trial in plan.test.trials if not trial.training}
        shown = [sound for name, row in plan.test.orders[0].screens if name in counted for sound in row]
        listed = [sound for trial in plan.test.trials if trial.id in counted for sound in trial.stimuli]
        for what, line in (
            ("ids", sorted(sound for sound in set(listed))),
            ("stimuli", [sound.id for sound in plan.test.stimuli if sound.id in set(listed)]),
            ("trials", listed),
            ("first listener", shown),
        ):
            for place, sound in enumerate(line):
                ranks.setdefault((what, system[sound]), []).append((place + 0.5) / len(line) - 0.5)
    for (what, name), places in ranks.items():
        error = np.sqrt(1 / 12 / len(places))
        assert abs(np.mean(places)) < 4.5 * error, (what, name, np.mean(places), error)


def test_without_a_seed_nothing_repeats_and_with_one_everything_does(source, tmp_path):
    plans = [
        planned(source, tmp_path / name, items=2, seed=seed)
        for name, seed in (("a", 7), ("b", 7), ("c", None), ("d", None))
    ]
    assert plans[0].test == plans[1].test and plans[0].key.stimuli == plans[1].key.stimuli
    for sound in plans[0].test.stimuli:
        assert audio_path(tmp_path / "a", sound.id).read_bytes() == audio_path(tmp_path / "b", sound.id).read_bytes()
    ids = [
        {plan.test.id, *(sound.id for sound in plan.test.stimuli), *(trial.id for trial in plan.test.trials)}
        for plan in plans
    ]
    assert not ids[2] & ids[3] and not ids[0] & ids[2]
    assert all(map(is_id, ids[2]))


def test_all_are_equally_loud_and_none_clips(source, tmp_path):
    plan = planned(source, tmp_path / "t", items=4, seed=5)
    measured = []
    for sound in plan.test.stimuli:
        audio, rate = soundfile.read(audio_path(tmp_path / "t", sound.id), always_2d=True)
        measured.append(integrated_loudness(audio.T, rate))
        assert true_peak(audio.T) < -0.9
    assert np.ptp(measured) < 0.1 and measured[0] == pytest.approx(-23, abs=0.1)
    assert np.ptp([heard.gain for heard in plan.key.stimuli.values()]) > 6  # they were not


def test_one_sharp_peak_turns_all_down_but_not_without_end(source, tmp_path):
    root = tmp_path / "peaky"
    names, real = folders(root, systems=2, count=3)
    for item, height in (("item-00", 1.0), ("item-01", 1.0), ("item-02", 1.0)):
        audio, rate = soundfile.read(root / "s1" / f"{item}.wav")
        soundfile.write(root / "s1" / f"{item}.wav", 0.05 * audio + height * (np.arange(len(audio)) == 500), rate)
    plan = planned(find_source(names, real, "generated", loops=False), tmp_path / "t", seed=0)
    loud = {heard.system: [] for heard in plan.key.stimuli.values()}
    for name, heard in plan.key.stimuli.items():
        audio, rate = soundfile.read(audio_path(tmp_path / "t", name), always_2d=True)
        loud[heard.system].append(integrated_loudness(audio.T, rate))
        assert true_peak(audio.T) < -0.9
    assert np.mean(loud["sys2"]) == pytest.approx(-35, abs=0.2)
    assert max(loud["sys1"]) < -35.5
    assert any("quieter than the rest" in note and "sys1" in note for note in plan.notes)


def test_the_anchor_is_real_sound_without_its_top(source, tmp_path):
    plan = planned(source, tmp_path / "t", items=3, seed=6)
    for name, heard in plan.key.stimuli.items():
        audio, rate = soundfile.read(audio_path(tmp_path / "t", name))
        power = np.abs(np.fft.rfft(audio)) ** 2
        hertz = np.fft.rfftfreq(len(audio), 1 / rate)
        share = power[hertz > 4000].sum() / power.sum()
        assert share < 1e-4 if heard.system == ANCHOR else share > 0.3
        assert heard.source.endswith(f"{heard.item}.wav")
        assert ("real-sound" in heard.source) == (heard.system in (ANCHOR, REAL))


def test_listeners_get_parts_that_fit_their_time(source, tmp_path):
    plan = planned(source, tmp_path / "t", items=11, minutes=3, seed=8)
    assert plan.per_listener < plan.items and plan.items % plan.per_listener == 0
    assert plan.test.minutes <= 3
    item = {sound: heard.item for sound, heard in plan.key.stimuli.items()}
    training = {trial.id for trial in plan.test.trials if trial.training}
    heard = Counter()
    for order in plan.test.orders:
        assert [name in training for name, _ in order.screens[:4]] == [True, True, True, False]
        mine = Counter(item[row[0]] for name, row in order.screens if name not in training)
        assert len(mine) == plan.per_listener and set(mine.values()) == {5}
        heard.update(mine.keys())
    assert len(heard) == plan.items and len(set(heard.values())) == 1
    assert plan.test.minutes == pytest.approx(len(plan.test.orders[0].screens) * 6 / 60, abs=0.1)


def test_loops_are_whole_and_still_loop(loops, tmp_path):
    plan = planned(loops, tmp_path / "t", items=3, seed=9)
    assert [asked.id for asked in plan.test.questions] == ["audio-quality", "loopability"]
    for sound in plan.test.stimuli:
        assert sound.loop and (sound.samples, sound.rate) == (RATE // 2, RATE)
        heard = plan.key.stimuli[sound.id]
        audio, _ = soundfile.read(audio_path(tmp_path / "t", sound.id))
        before, _ = soundfile.read(heard.source)
        if heard.system != ANCHOR:
            assert np.abs(audio - before * 10 ** (heard.gain / 20)).max() < 1e-3


def test_loops_at_other_rates_and_widths_come_to_one(tmp_path):
    folder_of(tmp_path / "a", 1, count=3, samples=8000, rate=8000)
    folder_of(tmp_path / "b", 2, count=3, samples=16_000, rate=16_000)
    real = tmp_path / "real"
    real.mkdir()
    for item in range(3):
        soundfile.write(
            real / f"item-{item:02d}.wav", 0.1 * np.random.default_rng(item).standard_normal((96_000, 2)), 96_000
        )
    source = find_source([str(tmp_path / "a"), str(tmp_path / "b")], real, "generated", loops=True)
    plan = planned(source, tmp_path / "t", seed=0)
    assert {(sound.samples, sound.rate) for sound in plan.test.stimuli} == {(48_000, 48_000)}
    name = next(name for name, heard in plan.key.stimuli.items() if heard.system == "a")
    audio, _ = soundfile.read(audio_path(tmp_path / "t", name), always_2d=True)
    assert audio.shape == (48_000, 2)
    power = np.abs(np.fft.rfft(audio[:, 0])) ** 2
    assert power[4010:].sum() < 1e-5 * power.sum()  # exactly band-limited, also across the seam


def test_loops_of_different_length_are_noted(tmp_path):
    names, real = folders(tmp_path, systems=1, count=3)
    names.append(str(folder_of(tmp_path / "short", 5, count=3, samples=RATE - 800)))
    plan = planned(find_source(names, real, "generated", loops=True), tmp_path / "t", seed=0)
    assert any("not of one length" in note and "short" in note for note in plan.notes)


def test_sound_that_is_no_loop_is_cut_to_the_shortest_of_its_item(tmp_path):
    names, real = folders(tmp_path, systems=1, count=3)
    names.append(str(folder_of(tmp_path / "short", 5, count=3, samples=RATE - 800)))
    plan = planned(find_source(names, real, "generated", loops=False), tmp_path / "t", seconds=5, seed=0)
    assert {sound.samples for sound in plan.test.stimuli} == {RATE - 800}
    assert not any("length" in note for note in plan.notes)
    audio, _ = soundfile.read(audio_path(tmp_path / "t", plan.test.stimuli[0].id))
    assert abs(audio[-1]) < 1e-3


def test_names_in_common_are_the_items_and_without_them_the_order_is(tmp_path):
    names, real = folders(tmp_path, systems=2, count=4)
    (tmp_path / "s1" / "item-02.wav").unlink()
    source = find_source(names, real, "generated", loops=False)
    assert source.items == ("item-00", "item-01", "item-03") and source.notes == ()
    for path in sorted((tmp_path / "s1").iterdir()):
        path.rename(path.with_name(f"other-{path.name}"))
    source = find_source(names, real, "generated", loops=False)
    assert len(source.items) == 3 and "in the order of names" in source.notes[0]
    with pytest.raises(UserError, match="same name"):
        find_source(names, real, "reconstructed", loops=False)


def test_real_sound_of_other_names_stands_beside_in_its_order(tmp_path):
    names, real = folders(tmp_path, systems=2, count=4)
    for path in sorted(real.iterdir()):
        path.rename(path.with_name(f"held-out-{path.name}"))
    (real / "held-out-item-03.wav").unlink()
    source = find_source(names, real, "generated", loops=False)
    assert source.items == ("item-00", "item-01", "item-02", "item-03") and source.notes == ()
    assert [source.real[item].path.stem[-2:] for item in source.items] == ["00", "01", "02", "00"]
    with pytest.raises(UserError, match="each needs the sound that it was made of"):
        find_source(names, real, "reconstructed", loops=False)


def test_few_sounds_are_said_to_be_few(source, tmp_path):
    assert any("these sounds only; 8 is the least" in note for note in planned(source, tmp_path / "a", items=4).notes)
    assert planned(source, tmp_path / "b", items=8).notes == ()


def test_the_rule_of_exclusion_is_in_the_key(source, tmp_path):
    assert planned(source, tmp_path / "a", items=2).key.exclusion == Exclusion(3.0, 0.25, over_anchor=True)
    assert not planned(source, tmp_path / "b", items=2, questions=("loopability",)).key.exclusion.over_anchor
    rule = Exclusion(2.0, 0.5)
    assert planned(source, tmp_path / "c", items=2, exclusion=rule).key.exclusion == rule


def test_an_anchor_that_cannot_be_told_from_real_sound_excludes_nobody(tmp_path):
    names, real = folders(tmp_path, systems=1, count=3)
    for number, path in enumerate(sorted(real.iterdir())):
        soundfile.write(path, 0.3 * np.sin(np.arange(RATE) * (0.03 + 0.01 * number)), RATE)
    source = find_source(names, real, "generated", loops=False)
    plan = planned(source, tmp_path / "a")
    assert not plan.key.exclusion.over_anchor and any("little above 3.5 kHz" in note for note in plan.notes)
    assert planned(source, tmp_path / "b", kind="preference").key.exclusion.share == 1.0


def test_items_with_a_real_sound_of_their_own_come_first(source, tmp_path):
    one = source.real["item-00"]
    again = {item: one if item > "item-05" else take for item, take in source.real.items()}
    plan = planned(replace(source, real=again), tmp_path / "t", items=5, seed=3)
    hidden = [heard.source for heard in plan.key.stimuli.values() if heard.system == REAL]
    assert len(set(hidden)) == len(hidden) == 6


def test_what_cannot_be_planned(source, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(UserError, match="is there already"):
        planned(source, tmp_path / "taken")
    with pytest.raises(UserError, match="--minutes"):
        planned(source, tmp_path / "a", minutes=0.1)
    with pytest.raises(UserError, match="no question 'loopabilty'; did you mean loopability"):
        planned(source, tmp_path / "a", questions=("loopabilty",))
    with pytest.raises(UserError, match="one question at a time"):
        planned(source, tmp_path / "a", kind="preference", questions=("drumness", "rhythm"))
    with pytest.raises(UserError, match="fewer than two"):
        planned(replace(source, items=source.items[:1]), tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_what_is_no_source(tmp_path):
    names, real = folders(tmp_path, systems=1, count=2)
    for sources, real_folder, complaint in (
        (names, None, "name a folder of it with --real"),
        ([*names, "sys1=elsewhere"], real, "Two systems are called sys1"),
        (["real=elsewhere"], real, "cannot be called real"),
        ([str(tmp_path / "nowhere")], real, "no folder of sound"),
    ):
        with pytest.raises(UserError, match=complaint):
            find_source(sources, real_folder, "generated", loops=False)
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError, match="There is no sound in"):
        find_source([str(tmp_path / "none")], real, "generated", loops=False)
