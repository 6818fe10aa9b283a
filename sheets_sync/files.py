"""The file of a workbook on a disk or a share: reading its bytes, and replacing it without ever leaving half of it.

A write makes a whole new file beside the old one and puts it in its place in one step, so whoever dies in between
leaves the old file or the new one. It refuses while somebody has the workbook open, and when the file is not the
one that was read. The caller keeps the base of the new generation before it writes; which base counts is read from
the stamp in the file, so repeating a write after a crash is safe.
"""

import contextlib
import os
import re
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sheets_sync import parts
from sheets_sync.workbook import Copy
from workbooks.problems import Refused
from workbooks.shelf import Stamp, Workbook

KEPT = "kept"
MOST_KEPT = 10
_STRAY_AFTER = 3600
"""seconds after which an unfinished file beside a workbook cannot belong to a write that still runs"""
_KEPT_NAME = re.compile(r"-g(\d+)(?:-(\d+))?\.xlsx$")


class Stale(Refused):
    """The file is no longer the one that was read: read it again and take it in first."""


class Open(Refused):
    """Somebody has the file open; nothing was written."""


@dataclass(frozen=True)
class Seen:
    """The file as it was read: its generation and the sha256 of its bytes."""

    generation: int
    digest: str

    @classmethod
    def of(cls, copy: Copy) -> "Seen":
        """What `write` has to find in place of `copy`."""
        return cls(copy.stamp.generation, copy.digest)


@dataclass(frozen=True)
class Written:
    """A write that is done and was read back: digest of the file, and where the former file was kept, if it was."""

    digest: str
    kept: Path | None = None


def load(path: Path) -> bytes | None:
    """The bytes of the workbook at `path`, whole, or None when there is no such file.

    Raises `Open` when another program keeps the file to itself, `Stale` while it is being saved.
    """
    for _ in range(3):
        try:
            before = path.stat()
            content = path.read_bytes()
            after = path.stat()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise Open(_open(path)) from error
        except OSError as error:
            raise Refused(
                f"{path} cannot be read ({error.strerror or error}). Check the folder or the network and run again."
            ) from error
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(content) == after.st_size:
            return content
        time.sleep(0.05)
    raise Stale(f"{path.name} is being saved just now. Run again in a moment.")


def holder(path: Path) -> str | None:
    """Who has the file open, as far as its neighbours tell: a name, "" when it is not known who, None when nobody.

    Excel leaves `~$name.xlsx` beside an open workbook, LibreOffice `.~lock.name.xlsx#`. On Windows an open file
    cannot be opened for writing either.
    """
    owner, lock = path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")
    if owner.exists():
        with contextlib.suppress(OSError):
            content = owner.read_bytes()
            return content[1 : 1 + content[0]].decode("cp1252", "replace").strip() if content else ""
        return ""
    if lock.exists():
        with contextlib.suppress(OSError):
            fields = lock.read_text("utf-8", "replace").split(",")
            return next((part.strip() for part in fields[:3] if part.strip()), "")
        return ""
    try:
        with path.open("r+b"):
            return None
    except FileNotFoundError:
        return None
    except PermissionError:
        return ""


def _open(path: Path, who: str = "") -> str:
    left = [name for name in (f"~${path.name}", f".~lock.{path.name}#") if path.with_name(name).exists()]
    hint = f" If nobody has it open, delete the file {left[0]} that was left beside it." if left else ""
    return f"{path.name} is open {f'at {who}' if who else 'in another program'}: close it and run again.{hint}"


def write(path: Path, content: bytes, seen: Seen | None, *, ours: str = "") -> Written:
    """Put `content`, a workbook with a stamp, in the place of the file that was `seen` (None: there was none).

    `ours` is the digest of the last file written here. Where the file that goes is another, people have worked in it,
    and it is kept as kept/name-gNNNN.xlsx, the last ten of them. Writing what is there already does nothing.

    Raises `Open` while somebody has the file open, `Stale` when it is not the one that was seen, `Refused` when it
    is another workbook's or the folder does not take it. Then the file is as it was.
    """
    stamp, _ = parts.stamp_of(content, path.name)
    digest = sha256(content).hexdigest()
    now = load(path)
    if now is not None and sha256(now).hexdigest() == digest:
        return Written(digest)
    _check(path, now, seen, stamp)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        fresh = _beside(path, content)
    except OSError as error:
        raise Refused(
            f"{path.parent} does not take the file ({error.strerror or error}). Check room and rights there and run again."
        ) from error
    try:
        kept = _keep(path, now, seen) if now is not None and seen and seen.digest != ours else None
        _check(path, load(path), seen, stamp)  # building and keeping took a while, and people do not wait
        fresh.replace(path)
    except PermissionError as error:
        raise Open(_open(path, holder(path) or "")) from error
    except OSError as error:
        raise Refused(
            f"{path} could not be replaced ({error.strerror or error}). It is as it was; check the folder and run again."
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(path.parent)
    back = load(path)
    if back is None or sha256(back).hexdigest() != digest:
        raise Stale(
            f"{path.name} reads differently from what was just written, so somebody saved it in the same moment. It will be taken in first; run again."
        )
    return Written(digest, kept)


def expect(content: bytes, seen: Seen | None, path: Path) -> None:
    """Raises `Stale` when these bytes are not the file that was seen."""
    if seen is None or sha256(content).hexdigest() != seen.digest:
        raise Stale(
            f"{path.name} was saved after it was read. Nothing was written; run again, and it is taken in first."
        )


def _check(path: Path, now: bytes | None, seen: Seen | None, stamp: Stamp) -> None:
    if (who := holder(path)) is not None:
        raise Open(_open(path, who))
    if now is None:
        if seen is not None:
            raise Stale(f"{path.name} is gone from {path.parent}. It may be about to be saved; run again in a moment.")
        return
    found, _ = parts.stamp_of(now, path.name)
    if (found.ledger_id, found.workbook) != (stamp.ledger_id, stamp.workbook):
        raise Refused(
            f"{path.name} is another workbook (“{found.workbook}” of ledger {found.ledger_id}) and was not replaced. Move it away and run again."
        )
    expect(now, seen, path)
    assert seen is not None
    if found.generation != seen.generation:  # pragma: no cover - the same bytes carry the same stamp
        raise Stale(f"{path.name} was written anew since it was read. Run again.")


def _beside(path: Path, content: bytes) -> Path:
    """A whole new file with `content` in the folder of `path`, on the disk for good."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # a temporary file is for its owner alone, a shared workbook is not
        with contextlib.suppress(OSError):
            Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o664)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _sweep(path: Path) -> None:
    """Remove what writes that died left beside `path`."""
    for stray in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - stray.stat().st_mtime > _STRAY_AFTER:
                stray.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a replacement last through a power cut, where the system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _keep(path: Path, former: bytes, seen: Seen) -> Path:
    folder = path.parent / KEPT
    folder.mkdir(exist_ok=True)
    number = 1
    while True:
        name = f"{path.stem}-g{seen.generation:04d}" + (f"-{number}" if number > 1 else "") + ".xlsx"
        target = folder / name
        if not target.exists():
            _sweep(target)
            _beside(target, former).replace(target)
            break
        if target.read_bytes() == former:  # the same write once more, after a crash
            break
        number += 1
    mine = [found for found in folder.glob(f"{path.stem}-g*.xlsx") if _kept_number(found, path.stem)]
    for old in sorted(mine, key=lambda found: _kept_number(found, path.stem) or (0, 0))[:-MOST_KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()
    return target


def _kept_number(path: Path, stem: str) -> tuple[int, int] | None:
    match = _KEPT_NAME.fullmatch(path.name[len(stem) :])
    return (int(match[1]), int(match[2] or 1)) if match else None


def copies(folder: Path, workbook: Workbook) -> tuple[tuple[Path, Stamp], ...]:
    """Other files in `folder` that are this workbook by their stamp, oldest generation first, with their stamps.

    Such as “dispatch-CHI-PC7.xlsx”, “dispatch-CHI (1).xlsx”, “dispatch-CHI - Copy.xlsx” and “… (conflicted copy
    2026-03-10).xlsx”: people may have worked in each, so each is merged against the base of its own generation.
    """
    found = []
    for path in folder.glob("*.xlsx"):
        if path.name == workbook.file or path.name.startswith(("~$", ".")):
            continue
        try:
            content = load(path)
            stamp = parts.stamp_of(content, path.name)[0] if content else None
        except Refused:
            continue  # not ours, or being saved: then it is found the next time
        if stamp and stamp.workbook == workbook.name:
            found.append((path, stamp))
    return tuple(sorted(found, key=lambda item: (item[1].generation, item[0].name)))
