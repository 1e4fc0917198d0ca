"""The manifest: written and read back, and nothing else is taken for one."""

import json
from dataclasses import replace

import pytest

from tritone.errors import UserError
from tritone.judge.compare.manifest import NAME, Manifest, Sound, read_manifest, write_manifest

REAL_SOUND = Sound(
    file="sounds/real/a.wav", system="real", kind="real", item="a", rate=8000, channels=1, samples=4000, loop=True,
    loudness=-20.0, gain=-3.0, real="sounds/real/a.wav",
)  # fmt: skip
NEW = Sound(
    file="sounds/gan/seed-3.wav", system="gan é", kind="generated", item="seed 3", rate=8000, channels=1, samples=8000,
    loop=True, loudness=None, gain=0.0, seed=3, label="techno", bpm=127.5, real="sounds/real/a.wav", source="run",
)  # fmt: skip
BACK = replace(NEW, file="sounds/gan/a.wav", kind="reconstructed", item="a", seed=None)


@pytest.fixture
def report(tmp_path):
    for sound in (REAL_SOUND, NEW, BACK):
        path = tmp_path / sound.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"RIFF")
    return tmp_path


def test_what_is_written_is_read(report):
    manifest = Manifest(-23.0, (REAL_SOUND, NEW, BACK), {"command": "tritone compare"})
    assert write_manifest(report, manifest) == report / NAME
    read = read_manifest(report)
    assert read == manifest
    assert read.systems() == ("gan é",) == read.systems("reconstructed")
    assert read.of("gan é") == (NEW,) and read.of("gan é", "reconstructed") == (BACK,)
    assert read.sound(NEW.real) == REAL_SOUND and NEW.seconds == 1.0
    with pytest.raises(KeyError):
        read.sound("sounds/real/b.wav")


def test_one_file_has_one_entry(report):
    with pytest.raises(ValueError, match="twice"):
        write_manifest(report, Manifest(-23.0, (NEW, NEW)))


def test_mistakes_are_said(report, tmp_path):
    with pytest.raises(UserError, match="holds no comparison"):
        read_manifest(tmp_path / "nothing")
    path = write_manifest(report, Manifest(-23.0, (NEW,)))
    whole = json.loads(path.read_text())
    for damaged in ("{", "[]", json.dumps({"sounds": []}), json.dumps({**whole, "sounds": [{"file": "x"}]})):
        path.write_text(damaged)
        with pytest.raises(UserError, match="not what `tritone compare` writes"):
            read_manifest(report)
    path.write_text(json.dumps({**whole, "schema": 99}))
    with pytest.raises(UserError, match="newer"):
        read_manifest(report)


@pytest.mark.parametrize("file", ["/etc/hosts", "../secret.wav", "sounds/../../x.wav", "sounds\\x.wav"])
def test_no_file_outside_is_named(report, file):
    write_manifest(report, Manifest(-23.0, (replace(NEW, file=file),)))
    with pytest.raises(UserError, match="not below"):
        read_manifest(report)


def test_a_missing_sound_is_said(report):
    write_manifest(report, Manifest(-23.0, (NEW,)))
    (report / NEW.file).unlink()
    with pytest.raises(UserError, match="missing"):
        read_manifest(report)
