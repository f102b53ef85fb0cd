"""The C face of SQLite's virtual file system, as far as these tests stand between SQLite and the disk.

The library is the one that Python's own sqlite3 module uses: its symbols are found through that module, whether it is
linked to a shared library or has SQLite built in.
"""

import _sqlite3
import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any

FULL, CANTOPEN = 13, 14
IOERR_READ, IOERR_WRITE, IOERR_FSYNC = 266, 778, 1034
VERSION = 3


class File(Structure):
    """`sqlite3_file`: what is behind the methods is SQLite's own."""

    _fields_ = [("methods", c_void_p)]


CLOSE = CFUNCTYPE(c_int, POINTER(File))
MOVED = CFUNCTYPE(c_int, POINTER(File), c_void_p, c_int, c_int64)
"""Read or write: a buffer, how many bytes, where."""
TRUNCATE = CFUNCTYPE(c_int, POINTER(File), c_int64)
SYNC = CFUNCTYPE(c_int, POINTER(File), c_int)
SHARED = CFUNCTYPE(c_int, POINTER(File), c_int, c_int, c_int, c_void_p)


class Methods(Structure):
    """`sqlite3_io_methods`, up to version 3."""

    _fields_ = [
        ("version", c_int),
        ("close", CLOSE), ("read", MOVED), ("write", MOVED), ("truncate", TRUNCATE), ("sync", SYNC),
        ("size", c_void_p), ("lock", c_void_p), ("unlock", c_void_p), ("reserved", c_void_p), ("control", c_void_p),
        ("sector", c_void_p), ("device", c_void_p),
        ("shared", SHARED), ("shared_lock", c_void_p), ("barrier", c_void_p), ("unshared", c_void_p),
        ("fetch", c_void_p), ("unfetch", c_void_p),
    ]  # fmt: skip


# The path stays a pointer: SQLite keeps it, and reads beyond its end.
OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(File), c_int, c_void_p)
DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
FOLDER = CFUNCTYPE(c_int, c_char_p, c_void_p)
"""The system call that opens a folder, which SQLite does only to sync it."""


class Vfs(Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = [
        ("version", c_int), ("file_size", c_int), ("longest", c_int), ("next", c_void_p), ("name", c_char_p),
        ("app", c_void_p), ("open", OPEN), ("delete", DELETE), ("access", c_void_p), ("full_path", c_void_p),
        ("dl_open", c_void_p), ("dl_error", c_void_p), ("dl_sym", c_void_p), ("dl_close", c_void_p),
        ("randomness", c_void_p), ("sleep", c_void_p), ("time", c_void_p), ("last_error", c_void_p),
        ("time64", c_void_p),
        ("set_call", CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)),
        ("get_call", CFUNCTYPE(c_void_p, c_void_p, c_char_p)), ("next_call", c_void_p),
    ]  # fmt: skip


def library() -> Any:
    """The SQLite that Python uses; raises AttributeError or OSError where its symbols cannot be had."""
    for place in (_sqlite3.__file__ if hasattr(_sqlite3, "__file__") else None, None):
        found = ctypes.CDLL(place)
        if hasattr(found, "sqlite3_vfs_register"):
            found.sqlite3_vfs_find.restype = POINTER(Vfs)
            found.sqlite3_vfs_find.argtypes = [c_char_p]
            found.sqlite3_vfs_register.argtypes = [POINTER(Vfs), c_int]
            found.sqlite3_vfs_unregister.argtypes = [POINTER(Vfs)]
            return found
    raise AttributeError("this Python keeps the symbols of its SQLite to itself")


def missing() -> str:
    """Why these tests cannot stand between this SQLite and the disk; nothing where they can."""
    try:
        system = library().sqlite3_vfs_find(None).contents
    except (AttributeError, OSError) as error:
        return f"this Python's SQLite cannot be reached: {error}"
    watched = system.version >= VERSION and system.get_call(ctypes.byref(system), b"openDirectory")
    return "" if watched else f"SQLite's `{system.name.decode()}` does not tell when it syncs a folder"


def copied(original: Structure) -> Any:
    """A copy of a structure, to be changed."""
    copy = type(original)()
    ctypes.memmove(ctypes.byref(copy), ctypes.byref(original), ctypes.sizeof(original))
    return copy
