"""Files on a disk that people have open, save in between, copy, and that a dying process must leave whole."""

import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from sheets_sync import files, parts
from sheets_sync.files import Open, Seen, Stale, copies, load, write
from sheets_sync.workbook import read
from tests.sheets_sync.programs import BOOKS, VA_BOOK, book, exceptions, put, saved
from workbooks.problems import Refused

ROWS = {"exceptions": exceptions(3)}
OLD, NEW = book(ROWS, 7), book(ROWS, 8)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def seen(content: bytes) -> Seen:
    return Seen.of(read(content, VA_BOOK))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "folder" / VA_BOOK.file
    assert write(target, OLD, None).kept is None
    return target


def test_writing_the_next_generation(path: Path) -> None:
    assert write(path, NEW, seen(OLD), ours=digest(OLD)).kept is None
    assert path.read_bytes() == NEW
    assert write(path, NEW, seen(OLD)).digest == digest(NEW)  # again, after a crash: nothing to do
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_what_people_changed_is_kept(path: Path) -> None:
    for generation in range(8, 21):
        worked = saved(path.read_bytes(), lambda s: put(s, "Exceptions", "0001", "Internal note", "x"))
        path.write_bytes(worked)
        kept = write(path, book(ROWS, generation), seen(worked), ours=digest(OLD)).kept
        assert kept and kept.read_bytes() == worked
    names = sorted(found.name for found in (path.parent / "kept").iterdir())
    assert names == [f"va-CHI-g{n:04}.xlsx" for n in range(10, 20)]


def test_somebody_saved_in_between(path: Path) -> None:
    before = seen(OLD)
    worked = saved(OLD)
    path.write_bytes(worked)
    with pytest.raises(Stale, match="was saved after it was read"):
        write(path, NEW, before)
    with pytest.raises(Stale):
        write(path, NEW, None)
    assert path.read_bytes() == worked
    path.unlink()
    with pytest.raises(Stale, match="is gone"):
        write(path, NEW, before)


def test_somebody_saves_while_the_new_file_is_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worked = saved(OLD)
    beside = files._beside

    def slowly(target: Path, content: bytes) -> Path:
        made = beside(target, content)
        target.write_bytes(worked)
        return made

    monkeypatch.setattr(files, "_beside", slowly)
    with pytest.raises(Stale, match="was saved after it was read"):
        write(path, NEW, seen(OLD), ours=digest(OLD))
    assert path.read_bytes() == worked and list(path.parent.iterdir()) == [path]


def test_excel_has_it_open(path: Path) -> None:
    name = b"Maria Lopez"
    owner = path.with_name(f"~${path.name}")
    owner.write_bytes(bytes([len(name)]) + name.ljust(54) + b"\0" * 110)
    with pytest.raises(
        Open,
        match=r"va-CHI.xlsx is open at Maria Lopez: close it and run again. If nobody has it open, delete the file ~\$va-CHI.xlsx",
    ):
        write(path, NEW, seen(OLD))
    assert path.read_bytes() == OLD and sorted(path.parent.iterdir()) == [path, owner]


def test_libreoffice_has_it_open(path: Path) -> None:
    path.with_name(f".~lock.{path.name}#").write_text(",ben,front-desk,10.03.2026 09:00,file:///home/ben/.config;")
    with pytest.raises(Open, match="is open at ben"):
        write(path, NEW, seen(OLD))
    assert path.read_bytes() == OLD


def test_windows_refuses_an_open_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(Open, match="is open in another program"):
        write(path, NEW, seen(OLD), ours=digest(OLD))
    assert path.read_bytes() == OLD and list(path.parent.iterdir()) == [path]


def test_the_place_of_another_workbook(path: Path) -> None:
    other = book({}, 3, BOOKS["dispatch-CHI"])
    with pytest.raises(Refused, match="is another workbook"):
        write(path, other, seen(OLD))
    with pytest.raises(Refused, match="is another workbook"):
        write(path, book(ROWS, 9, ledger="L2"), seen(OLD))


def test_conflicted_copies_are_found_by_their_stamp(path: Path) -> None:
    folder = path.parent
    names = [
        "va-CHI-PC7.xlsx",
        "va-CHI (1).xlsx",
        "va-CHI - Copy.xlsx",
        "va-CHI (conflicted copy 2026-03-10).xlsx",
        "mine.xlsx",
    ]
    for number, name in enumerate(names):
        (folder / name).write_bytes(saved(OLD, stopbook_generation=str(3 + number)))
    (folder / "dispatch-CHI.xlsx").write_bytes(book({}, 3, BOOKS["dispatch-CHI"]))
    (folder / "holiday.xlsx").write_bytes(b"no workbook")
    (folder / "~$va-CHI (1).xlsx").write_bytes(b"\x00")
    assert [(found.name, stamp.generation) for found, stamp in copies(folder, VA_BOOK)] == [
        (n, 3 + i) for i, n in enumerate(names)
    ]


def test_loading(path: Path) -> None:
    assert load(path) == OLD and load(path.with_name("none.xlsx")) is None
    with pytest.raises(Refused, match="cannot be read"):
        load(path.parent)


CHILD = """
import sys
from hashlib import sha256
from pathlib import Path
from sheets_sync.files import Seen, write
path, pages = Path(sys.argv[1]), [Path(name).read_bytes() for name in sys.argv[2:]]
print("ready", flush=True)
turn = 0
while True:
    now = path.read_bytes()
    generation = 7 if now == pages[0] else 8
    write(path, pages[generation == 7], Seen(generation, sha256(now).hexdigest()))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes in another way")
def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    path, pages = tmp_path / "w" / VA_BOOK.file, [tmp_path / "7", tmp_path / "8"]
    big = {"exceptions": exceptions(400)}
    for page, generation in zip(pages, (7, 8), strict=True):
        page.write_bytes(book(big, generation))
    whole = {page.read_bytes() for page in pages}
    write(path, pages[0].read_bytes(), None)
    met = set()
    for turn in range(15):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(path), *map(str, pages)], stdout=subprocess.PIPE)
        assert child.stdout and child.stdout.readline() == b"ready\n"
        time.sleep(0.003 + turn * 0.0071)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        content = path.read_bytes()
        assert content in whole
        met.add(parts.stamp_of(content, path.name)[0].generation)
        assert all(
            found.name == path.name or found.name == "kept" or found.suffix == ".part"
            for found in path.parent.iterdir()
        )
        for kept in (path.parent / "kept").glob("*.xlsx"):
            assert kept.read_bytes() in whole
    assert met <= {7, 8}
    for stray in path.parent.rglob(".*.part"):
        os.utime(stray, (0, 0))
    content = path.read_bytes()
    now = 7 if content == pages[0].read_bytes() else 8
    write(path, pages[now == 7].read_bytes(), Seen(now, digest(content)))
    assert not list(path.parent.glob(".*.part"))
