"""The sound and the networks that ship with the package: where they lie.

LICENSES.md beside this file says where they come from.
"""

from pathlib import Path

SOUND = Path(__file__).parent / "sound"
"""Folder of everything that ships."""
LOOPS = SOUND / "loops"
"""Recorded drum loops, named with their tempo: never trained on by the demo, so that they can be held out."""
KIT = SOUND / "kit"
"""Single drum hits in one folder a role."""
NETWORKS = Path(__file__).parent / "networks"
"""Weights of the feature networks that ship, as safetensors files; made by tools/convert_feature_networks.py."""
