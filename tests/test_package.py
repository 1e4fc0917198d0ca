"""The wheel, installed somewhere else, has everything that it needs."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


def run(*words, **options):
    ended = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", ROOT, "--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """A fresh environment with the wheel; what the wheel depends on comes from the environment of the tests."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder, python.with_name("tritone"), python


def tracked(folder):
    return {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src/tritone" / folder).rglob("*.*")}


def test_wheel_holds_presets_assets_and_templates(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("presets", "assets", "play", "families", "commands"):
        wanted = {name for name in tracked(folder) if "__pycache__" not in name and not name.endswith(".pyc")}
        assert wanted and wanted <= names, wanted - names
    assert "tritone/assets/LICENSES.md" in names and any(name.endswith("page.html.j2") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


def test_installed_elsewhere_it_works(elsewhere):
    folder, tritone, python = elsewhere
    home = run(python, "-c", "import tritone; print(tritone.__file__)", cwd=folder)
    assert str(folder / "env") in home
    listed = run(tritone, "presets", cwd=folder)
    assert {path.stem for path in (ROOT / "src/tritone/presets").glob("*.yaml")} == {
        line.split()[0] for line in listed.splitlines()
    }
    assert run(tritone, "--version", cwd=folder).strip()
    assert "loops in" in run(tritone, "loops", "render", "--out", "loops", "--count", 2, cwd=folder)
    assert "2 files" in run(tritone, "prepare", "loops", "--out", "data", cwd=folder)
    assert "step" in run(
        python, "-c", "import tritone; tritone.train('vae', 'data', 'run', 'vae-nano', steps=0); print('step 0')",
        cwd=folder,
    )  # fmt: skip
    assert "vae-nano" in run(tritone, "inspect", "run", cwd=folder)


def test_sdist_and_wheel_build_as_they_are_published(tmp_path):
    """`python -m build` makes the sdist, and from nothing but that the wheel."""
    if find_spec("build") is None:
        pytest.skip("the package build is not installed; `pip install build`")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, ROOT)
    (sdist,), (wheel,) = tmp_path.glob("*.tar.gz"), tmp_path.glob("*.whl")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "Makefile", "requirements.lock", "docs/start.md", "examples/tour.ipynb"} <= held
    assert {"docs/images/report.png", "tests/test_readme.py", "tools/api_page.py", "src/tritone/cli.py"} <= held
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("presets", "assets"):
        wanted = {name for name in tracked(folder) if "__pycache__" not in name and not name.endswith(".pyc")}
        assert wanted and wanted <= names, wanted - names


def test_what_the_installed_wheel_ships_can_be_read_there(elsewhere):
    """Presets, sound, networks and vocoders, through the package itself."""
    folder, _, python = elsewhere
    code = (
        "import soundfile; from tritone.assets import LOOPS; from tritone.config import load_preset, preset_names;"
        "assert all(load_preset(name)['about'] for name in preset_names());"
        "loops = sorted(LOOPS.glob('*.ogg')); assert loops and all(len(soundfile.read(path)[0]) for path in loops);"
        "print(len(loops), str(LOOPS))"
    )
    said = run(python, "-c", code, cwd=folder)
    assert str(folder / "env") in said
