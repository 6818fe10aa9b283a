"""Other people's readers of add-ins, and XML as they see it: olevba (BSD), pyOpenVBA (MIT), olefile (BSD)."""

import io
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # olevba asks pyparsing by names that are on their way out
    import olefile
    import pyopenvba
    from oletools.olevba import VBA_Parser, decompress_stream

UI = "{http://schemas.microsoft.com/office/2009/07/customui}"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"


def parts(data: bytes) -> dict[str, bytes]:
    """Every part of the package by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(data: bytes, name: str, new: bytes | None) -> bytes:
    """The package with one part written over, added, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, content in {**parts(data), name: new}.items():
            if content is not None:
                archive.writestr(zipfile.ZipInfo(part, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def xml(data: bytes) -> Any:
    return ElementTree.fromstring(data)


def by_olevba(data: bytes) -> dict[str, str]:
    """Source of every module, as olevba reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = VBA_Parser("stopbook.xlam", data=data)
        found = {name.rpartition(".")[0]: text for _, _, name, text in reader.extract_macros()}
        reader.close()
    return found


def by_pyopenvba(data: bytes) -> tuple[dict[str, str], list[str], list[str]]:
    """Source of every module as pyOpenVBA reads it, the names of the references, and what it complains of."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stopbook.xlam"
        path.write_bytes(data)
        with pyopenvba.ExcelFile(path) as book:
            sources, names = dict(book.vba_modules()), [reference.name for reference in book.references()]
            complaints = [str(one) for one in book.vba_project().validate()]
        report = pyopenvba.check_file(path)
    return sources, names, complaints + ([] if report.ok and report.complete else [str(report)])


def container(data: bytes) -> olefile.OleFileIO:
    """The VBA project as a compound file."""
    return olefile.OleFileIO(io.BytesIO(parts(data)["xl/vbaProject.bin"]))


def decompressed(data: bytes) -> bytes:
    return bytes(decompress_stream(bytearray(data)))
