"""How it is reached from a terminal: `pipeline-engine COMMAND …`."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code: 0 done, 1 refused or something found, 2 bad input, 3 no store."""
    from pipeline_engine.cli.running import run

    raise SystemExit(run(list(sys.argv[1:] if arguments is None else arguments)))
