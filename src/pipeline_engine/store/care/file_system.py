"""Which kind of file system a file is on, as far as the system says; and which kinds share a file between machines."""

from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "ocfs2",
    "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs2", "davfs",
})  # fmt: skip
"""On these, a write-ahead log is not shared between machines, and locks may be granted twice."""


def kind_of(path: Path, mounts: Path | None = None) -> str | None:
    """The kind of file system of a path (`ext4`, `nfs4`); None where the system does not say."""
    try:
        lines = (mounts or MOUNTS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    try:
        place, found = path.absolute().resolve(), None
    except (OSError, RuntimeError):
        # A name that leads nowhere: whoever opens it says so.
        return None
    longest = -1
    for fields in map(str.split, lines):
        # The system writes a blank in a name as \040.
        point = Path(fields[1].replace("\\040", " "))
        if len(point.parts) >= longest and place.is_relative_to(point):
            longest, found = len(point.parts), fields[2]
    return found
