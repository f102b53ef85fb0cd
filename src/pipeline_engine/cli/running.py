"""Running one command: every way it can end becomes an exit code and at most one line, never a traceback.

With `--json` an error is also one JSON document on standard output, `{"error": {"type", "message", "exit_code"}}`.
"""

import errno
import os
import re
import sys
import tempfile
import traceback
from contextlib import suppress

import typer

from pipeline_engine.cli.app import app
from pipeline_engine.cli.output import emit_json, error_line
from pipeline_engine.errors import PipelineError

# Typer carries its own copy of click; what a wrong call raises is what its public BadParameter is built on.
_WRONG_CALL: type[Exception] = typer.BadParameter.__mro__[2]
# What it raises where a group stands alone; its text would be the whole help in one line.
_NO_ARGUMENTS = "NoArgsIsHelpError"
INTERRUPTED = 130
_NO_COMMAND = re.compile(r"No such command '([\w-]+)'")
# What the system says where an answer cannot be written out.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def run(arguments: list[str]) -> int:
    """The exit code of one command line."""
    try:
        code = _run(store_first(arguments))
        # Here, where a reader that has gone or a full disk can still be met, and not while Python shuts down.
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has gone: nothing more to say, and nothing to flush at the end either.
        _write_no_more()
        return 0
    except OSError as error:
        _write_no_more()
        return _said("OSError", _of_system(error), 2, as_json=False)


def _write_no_more() -> None:
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_system(error: OSError) -> str:
    said = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {said}" if error.filename else f"the system said: {said}"


def store_first(arguments: list[str]) -> list[str]:
    """`--store URL` may stand anywhere on the line; the parser wants it in front."""
    moved, rest, pending = list[str](), list[str](), iter(arguments)
    for argument in pending:
        if argument == "--":
            rest += [argument, *pending]
        elif argument == "--store":
            moved += [argument, *([value] if (value := next(pending, None)) is not None else [])]
        elif argument.startswith("--store="):
            moved.append(argument)
        else:
            rest.append(argument)
    return moved + rest


def _run(arguments: list[str]) -> int:
    try:
        code = app(args=arguments, prog_name="pipeline-engine", standalone_mode=False)
        if code == INTERRUPTED:
            # Typer makes an exit code of Ctrl-C, and says nothing.
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line of defence: any end is one line
        kind, message, code = _ending(error)
        return _said(kind, message, code, as_json="--json" in arguments)


def _ending(error: BaseException) -> tuple[str, str, int]:
    """What an exception is called, what is said of it, and the exit code."""
    if isinstance(error, _WRONG_CALL):
        return "WrongUse", _wrong_call(error), 2
    match error:
        case PipelineError():
            return type(error).__name__, str(error), error.exit_code
        case KeyboardInterrupt() | typer.Abort():
            return "Interrupted", "stopped; what was acknowledged before is kept", INTERRUPTED
        case OSError():
            if error.filename is None and error.errno in _FULL:
                _write_no_more()
            return "OSError", _of_system(error), 2
        case MemoryError():
            return "MemoryError", "not enough memory for this; nothing acknowledged was lost", 2
        case RecursionError():
            return "RecursionError", "the input is nested too deeply; nothing was done", 2
    return "Fault", _reported(error), 2


def _wrong_call(error: BaseException) -> str:
    if type(error).__name__ == _NO_ARGUMENTS:
        return _which_command(error)
    told = _told(error)
    return f"{told}{' ' if told.endswith('?') else '; '}{_meant(error) or _help_of(error)}"


def _told(error: BaseException) -> str:
    said: str = error.format_message() if hasattr(error, "format_message") else str(error)
    return said.rstrip(".").replace("\n", " ")


def _which_command(error: BaseException) -> str:
    """The help of a group that was named without a command, as `--help` prints it; the line asks which one."""
    context = getattr(error, "ctx", None)
    sys.stdout.write(f"{context.get_help() if context is not None else error}\n\n")
    path = context.command_path if context is not None else "pipeline-engine"
    return f"a command is missing after `{path}`; expected one of those above"


def _help_of(error: BaseException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "pipeline-engine"
    return f"`{path} --help` shows how"


def _meant(error: BaseException) -> str:
    """Where the command is that was looked for at the top: `lint` is `process lint`; nothing where it is nowhere."""
    context = getattr(error, "ctx", None)
    found = _NO_COMMAND.search(_told(error))
    if context is None or found is None or context.parent is not None:
        return ""
    groups = context.command.commands.items()
    homes = [name for name, group in groups if found[1] in getattr(group, "commands", ())]
    meant = " or ".join(f"`{context.command_path} {home} {found[1]}`" for home in homes)
    return f"did you mean {meant}?" if meant else ""


def _reported(error: BaseException) -> str:
    """A fault is kept in a file for whoever mends it, and named in one line."""
    details = "".join(traceback.format_exception(error))
    try:
        # A fresh name that nobody can have put a link under, readable by its owner alone.
        handle, kept = tempfile.mkstemp(prefix="pipeline-engine-fault-", suffix=".txt", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(details)
        where = f"details are in {kept}"
    except OSError:
        where = "and its details could not be kept"
    return f"a fault of the engine itself ({type(error).__name__}); {where}; nothing acknowledged was lost"


def _said(kind: str, message: str, code: int, as_json: bool) -> int:
    error_line(message)
    if as_json:
        emit_json({"error": {"type": kind, "message": message, "exit_code": code}})
    return code
