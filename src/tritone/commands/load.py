"""`tritone load`: a model from somewhere else into a run folder."""

from collections.abc import Sequence
from pathlib import Path

from tritone.commands.parser import CommandParser

ABOUT = """Make a run folder of a model that lies elsewhere as config.yaml and model.safetensors: in a folder, on a
site, on the Hugging Face hub, or wherever fsspec reaches. No code of it is run and nothing is unpickled. The run plays,
streams and exports. Nothing but SOURCE is asked for over the network."""


def main(argv: Sequence[str]) -> int:
    """Parse, fetch, say where it is."""
    parser = CommandParser("load", ABOUT)
    parser.add_argument(
        "source", metavar="SOURCE",
        help="a folder, hf://OWNER/REPO[/FOLDER][@REVISION], https://SITE/FOLDER, or s3://… and the like; for a run "
        "its latest checkpoint, or the one whose folder is named",
    )  # fmt: skip
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="folder of the run, new or empty")
    args = parser.parse(argv)
    from tritone.play.fetch import fetch_model

    made = fetch_model(args.source, args.out)
    print(
        f"{made.run}: {made.config.family}, {made.weights_bytes / 1e6:.1f} MB; `tritone inspect {made.run}` says more"
    )
    return 0
