"""Runs every benchmark beside this file, one after the other; names on the command line pick some."""

import sys
from importlib import import_module
from pathlib import Path


def main(wanted: list[str]) -> None:
    """Print what each measures."""
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        if not wanted or file.stem in wanted:
            import_module(f"bench.{file.stem}").main()


main(sys.argv[1:])
