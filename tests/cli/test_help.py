"""What somebody meets who does not know the commands yet."""

from importlib.metadata import version

import pytest

from tests.cli.conftest import Type


@pytest.mark.parametrize("group", ["", "deal", "deal correct", "deal bulk", "process", "audit", "view", "keys"])
def test_a_group_without_a_command_prints_its_help(line: Type, group: str) -> None:
    """Line by line, as `--help` does, and one line that says what is missing; exit code 2."""
    alone = line(group)
    assert alone.code == 2
    assert alone.out.rstrip() == line(f"{group} --help").out.rstrip()
    assert len(alone.out.splitlines()) > 5
    named = f"pipeline-engine {group}".rstrip()
    assert alone.said_in_one_line() == f"error: a command is missing after `{named}`; expected one of those above"


def test_the_version_is_told(line: Type) -> None:
    """The one that is installed."""
    told = line("--version")
    assert (told.code, told.out) == (0, f"pipeline-engine {version('pipeline-engine')}\n")
    assert "--version" in line("--help").out
