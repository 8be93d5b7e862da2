"""Files that a user keeps: written beside their place and moved there, so that none is ever half.

Whatever happens meanwhile (a full disk, a kill, another writer of the same file), the old file or
the new one is there, whole.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from funnelsim.errors import FunnelSimError


def write_text(path: str | Path, text: str) -> Path:
    """Writes text as UTF-8, making the folder if it is missing; FunnelSimError if it cannot.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(Path(folder) / "new" / "plan.toml", "a = 1").read_text()
    'a = 1'
    """
    with beside(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
    return Path(path)


@contextlib.contextmanager
def beside(path: str | Path) -> Iterator[Path]:
    """A file beside `path` to write into; it takes its place once all is written, or is gone.

    An existing file keeps its permissions, and a link stays a link. What is no file (a pipe, a
    device) is written as it is. Raises FunnelSimError, naming the path, where that cannot be.
    """
    path, draft = Path(path), None
    try:
        if path.is_relative_to("/dev") or (path.exists() and not (path.is_file() or path.is_dir())):
            yield path
            return
        place = path.resolve()  # the file that a link leads to
        draft = _draft_of(place)
        yield draft
        _on_disk(draft)
        draft.replace(place)
    except OSError as error:
        why = error.strerror or str(error)
        way_out = "close it where it is open, or give another place"
        raise FunnelSimError(f"{path} cannot be written: {why}; {way_out}") from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def copy_whole(origin: Path, place: Path) -> None:
    """A copy of a file, whole or not there at all."""
    with beside(place) as draft:
        shutil.copyfile(origin, draft)


def _draft_of(place: Path) -> Path:
    """A new, empty file beside it, as readable to others as the file is or would be."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if place.exists() and not os.access(place, os.W_OK):  # to move another there would pass it by
        raise PermissionError(errno.EACCES, "it is protected against writing")
    draft = place.with_name(f".{place.stem[:40]}.{secrets.token_hex(4)}{place.suffix}")
    draft.touch(exist_ok=False)
    if place.exists():
        shutil.copymode(place, draft)
    return draft


def _on_disk(draft: Path) -> None:
    """Waits until the disk has it: a machine that loses power must not keep an empty new file."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
