"""A disk between SQLite and the real one: it writes down what is asked of it, and fails where it is told to.

It stands in the place of SQLite's own file system for as long as it is in use, for the files of one folder. The engine
does not know of it: connections are opened as always.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.faults import vfs


class Write(NamedTuple):
    """Bytes written to a file at an offset; on the disk for certain only after the file was synced."""

    file: int
    offset: int
    content: bytes


class Truncate(NamedTuple):
    """A file cut or stretched to a size."""

    file: int
    size: int


class Sync(NamedTuple):
    """All that was done to a file before is on the disk."""

    file: int


class Create(NamedTuple):
    """A name in the folder for a new file."""

    name: str
    file: int


class Delete(NamedTuple):
    """A name that is no more in the folder."""

    name: str


class SyncFolder(NamedTuple):
    """All names are on the disk as they are."""


class Mark(NamedTuple):
    """Somebody was told that the log is at a position."""

    position: int


Op = Write | Truncate | Sync | Create | Delete | SyncFolder | Mark


@dataclass
class Fault:
    """What the disk fails at: which operations, on which files, after how many that go well."""

    operations: tuple[str, ...]
    code: int
    after: int = 0
    ends: str = ""
    short: bool = False
    """Half of what is to be written is written."""
    silent: bool = False
    """Nothing is done, and it is said to have gone well."""
    met: int = 0
    """How often it failed by now."""
    now_and_then: Random | None = None
    """Where given, one operation in `one_in` fails, by chance."""
    one_in: int = 10

    def says(self, operation: str, name: str) -> int:
        """The error this operation comes to; 0 where it goes well."""
        if operation not in self.operations or not name.endswith(self.ends):
            return 0
        if self.after or (self.now_and_then and self.now_and_then.randrange(self.one_in)):
            self.after = max(self.after - 1, 0)
            return 0
        self.met += 1
        return self.code


@dataclass
class Opened:
    """An open file: its name in the folder, its number, and SQLite's own methods."""

    name: str
    file: int
    own: Any


@dataclass
class Disk:
    """The files of one folder, watched."""

    folder: Path
    trace: list[Op] | None = None
    """What was done, where it is to be written down."""
    fault: Fault | None = None
    _open: dict[int, Opened] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)
    _tables: dict[int, Any] = field(default_factory=dict)
    _files: int = 0
    _folder_synced: bool = False

    def _fails(self, operation: str, name: str) -> int:
        return self.fault.says(operation, name) if self.fault else 0

    def _note(self, op: Op) -> None:
        if self.trace is not None:
            self.trace.append(op)

    def _folder_note(self) -> None:
        if self._folder_synced:
            self._note(SyncFolder())
        self._folder_synced = False

    def mark(self, position: int) -> None:
        """Write down that somebody was told of a position."""
        self._note(Mark(position))

    def _opens(self, original: Any, system: Any, path: int | None, file: Any, flags: int, told: Any) -> int:
        name = self._name(ctypes.string_at(path)) if path else None
        if name is None:
            return int(original(system, path, file, flags, told))
        if code := self._fails("open", name):
            return code
        code = original(system, path, file, flags, told)
        if code == 0:
            self._watch(name, file)
        return int(code)

    def _name(self, path: bytes) -> str | None:
        found = Path(path.decode())
        return found.name if found.parent == self.folder else None

    def _watch(self, name: str, file: Any) -> None:
        if name not in self._names:
            self._files += 1
            self._names[name] = self._files
            self._note(Create(name, self._files))
        table = file.contents.methods
        own = vfs.Methods.from_address(table)
        self._open[ctypes.addressof(file.contents)] = Opened(name, self._names[name], own)
        if table not in self._tables:
            self._tables[table] = self._methods(own)
        file.contents.methods = ctypes.addressof(self._tables[table])

    def _deletes(self, original: Any, system: Any, path: bytes, sync: int) -> int:
        name = self._name(path)
        if name is None:
            return int(original(system, path, sync))
        if code := self._fails("delete", name):
            return code
        code = original(system, path, sync)
        if code == 0 and self._names.pop(name, None):
            self._note(Delete(name))
        self._folder_note()
        return int(code)

    def _methods(self, own: Any) -> Any:
        table = vfs.copied(own)
        table.close, table.truncate = vfs.CLOSE(self._closes), vfs.TRUNCATE(self._truncates)
        table.read, table.write = vfs.MOVED(self._reads), vfs.MOVED(self._writes)
        table.sync, table.shared = vfs.SYNC(self._syncs), vfs.SHARED(self._shares)
        return table

    def _of(self, file: Any) -> Opened:
        return self._open[ctypes.addressof(file.contents)]

    def _closes(self, file: Any) -> int:
        return int(self._open.pop(ctypes.addressof(file.contents)).own.close(file))

    def _reads(self, file: Any, buffer: int, amount: int, offset: int) -> int:
        opened = self._of(file)
        return self._fails("read", opened.name) or int(opened.own.read(file, buffer, amount, offset))

    def _writes(self, file: Any, buffer: int, amount: int, offset: int) -> int:
        opened = self._of(file)
        if code := self._fails("write", opened.name):
            if self.fault and self.fault.short:
                opened.own.write(file, buffer, amount // 2, offset)
            return 0 if self.fault and self.fault.silent else code
        code = opened.own.write(file, buffer, amount, offset)
        if code == 0 and self.trace is not None:
            self._note(Write(opened.file, offset, ctypes.string_at(buffer, amount)))
        return int(code)

    def _truncates(self, file: Any, size: int) -> int:
        opened = self._of(file)
        code = self._fails("truncate", opened.name) or opened.own.truncate(file, size)
        if code == 0:
            self._note(Truncate(opened.file, size))
        return int(code)

    def _syncs(self, file: Any, flags: int) -> int:
        opened = self._of(file)
        code = self._fails("sync", opened.name) or opened.own.sync(file, flags)
        if code == 0:
            self._note(Sync(opened.file))
        self._folder_note()
        return int(code)

    def _shares(self, file: Any, page: int, size: int, extend: int, place: int) -> int:
        opened = self._of(file)
        return self._fails("share", opened.name) or int(opened.own.shared(file, page, size, extend, place))

    def _opens_folder(self, original: Callable[..., int], path: bytes, handle: Any) -> int:
        self._folder_synced = self._folder_synced or Path(path.decode()).parent == self.folder
        return original(path, handle)


@contextmanager
def under(disk: Disk) -> Iterator[Disk]:
    """Put a disk under every connection that is opened meanwhile; all must be closed before the end."""
    sqlite = vfs.library()
    usual = sqlite.sqlite3_vfs_find(None)
    own = usual.contents
    watched = vfs.copied(own)
    opens, deletes = own.open, own.delete
    watched.name = b"watched"
    watched.open = vfs.OPEN(lambda *given: disk._opens(opens, *given))
    watched.delete = vfs.DELETE(lambda *given: disk._deletes(deletes, *given))
    call = own.get_call(usual, b"openDirectory")
    folders = vfs.FOLDER(lambda path, handle: disk._opens_folder(vfs.FOLDER(call), path, handle))
    own.set_call(usual, b"openDirectory", ctypes.cast(folders, ctypes.c_void_p))
    sqlite.sqlite3_vfs_register(watched, 1)
    try:
        yield disk
    finally:
        sqlite.sqlite3_vfs_unregister(watched)
        sqlite.sqlite3_vfs_register(usual, 1)
        own.set_call(usual, b"openDirectory", call)
        assert not disk._open, f"left open: {sorted(each.name for each in disk._open.values())}"
