"""`tritone presets`: what ships, and what other packages bring."""

import json
from collections.abc import Sequence

from tritone.commands.parser import CommandParser
from tritone.config import load_preset, make_config, preset_names, to_yaml
from tritone.families.outside import outside_presets


def main(argv: Sequence[str]) -> int:
    """List the presets, or print one with every setting in full."""
    parser = CommandParser("presets", "List the presets that ship, or print one in full.")
    parser.add_argument("name", nargs="?", metavar="NAME", help="print this preset with every setting")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    args = parser.parse(argv)
    if args.name:
        preset = load_preset(args.name)
        print(to_yaml(make_config(preset["family"], preset, name=args.name)), end="")
        return 0
    rows = {name: load_preset(name).get("about", "") for name in (*preset_names(), *outside_presets())}
    if args.json:
        print(json.dumps(rows, indent=1))
    else:
        width = max(map(len, rows))
        print("\n".join(f"{name:<{width}}  {about}" for name, about in rows.items()))
    return 0
