"""The sound that ships with the package: where it lies. LICENSES.md beside this file says where it comes from."""

from pathlib import Path

SOUND = Path(__file__).parent / "sound"
"""Folder of everything that ships."""
LOOPS = SOUND / "loops"
"""Recorded drum loops, named with their tempo: never trained on by the demo, so that they can be held out."""
KIT = SOUND / "kit"
"""Single drum hits in one folder a role."""
