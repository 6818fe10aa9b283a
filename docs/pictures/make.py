"""Makes the pictures of README and tutorial from the files of the demo and of the tutorial: `python docs/pictures/make.py`.

Needs LibreOffice (soffice) and poppler (pdftoppm). The demo makes the same day every time, so the pictures change
only when the product does.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.tutorial import ORDER, Reader  # noqa: E402 - the repository itself, found from here

AFTERNOON = datetime(2026, 3, 10, 20, 50, tzinfo=UTC)
"""ten to four in Chicago, on the day of the tutorial"""
LARGEST = 200_000
"""bytes of a picture; a README has to open quickly"""


@dataclass(frozen=True)
class Picture:
    """One picture: a piece of one page of a file; `dpi` dots per inch, `box` left, top, width, height in dots."""

    name: str
    file: str
    page: int
    dpi: int
    box: tuple[int, int, int, int]
    before: str = ""
    """taken before this page of the tutorial is followed, as the workbooks are on the tutorial's own afternoon"""


PICTURES = (
    Picture("today", "demo/workbooks/va-CHI.xlsx", 1, 105, (35, 40, 1085, 470)),
    Picture("recon", "demo/workbooks/dispatch-CHI.xlsx", 3, 150, (50, 60, 1500, 330)),
    Picture(
        "tutorial-today", "a-day-for-a-va.md/workbooks/va-CHI.xlsx", 1, 105, (35, 40, 1070, 375), "a-day-for-a-va.md"
    ),
    Picture("tutorial-client-sheet", "lakeside/sheets/clients/2026-03-10/ACME.pdf", 1, 90, (60, 40, 650, 436)),
    Picture(
        "tutorial-compare", "lakeside/compared/settlements-2026-03-09-2026-03-15.xlsx", 2, 150, (95, 100, 1450, 90)
    ),
    Picture("tutorial-statement", "lakeside/sheets/drivers/2026-03-15/D-001.pdf", 1, 90, (60, 40, 650, 510)),
    Picture("tutorial-invoice", "lakeside/invoices/ACME/INV-000872.pdf", 1, 90, (60, 40, 650, 440)),
)


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, timeout=600)  # noqa: S603


def main(names: list[str]) -> None:
    """Play the demo, follow the tutorial, print their files, cut the pictures out; all of them or those named."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        wanted = [picture for picture in PICTURES if not names or picture.name in names]
        if any(picture.file.startswith("demo/") for picture in wanted):
            _run(sys.executable, "-m", "stopbook", "demo", "--quick", "--no-serve", "--out", work / "demo")
        reader = Reader(work)
        for page in ORDER if any(not picture.file.startswith("demo/") for picture in wanted) else ():
            if any(picture.before == page for picture in wanted):
                shutil.copytree(work / "lakeside", work / page)
                with patch("stopbook.app.now", lambda: AFTERNOON):
                    Reader(work / page).run("stopbook run write-workbooks")
            reader.follow(page)
        for picture in wanted:
            book = work / picture.file
            office = f"-env:UserInstallation={(work / 'office').as_uri()}"
            printed = book if book.suffix == ".pdf" else work / f"{book.stem}.pdf"
            if printed != book:
                _run("soffice", "--headless", office, "--convert-to", "pdf", "--outdir", work, book)
            left, top, width, height = map(str, picture.box)
            _run("pdftoppm", "-png", "-singlefile", "-r", str(picture.dpi), "-f", str(picture.page), "-l",
                 str(picture.page), "-x", left, "-y", top, "-W", width, "-H", height,
                 printed, HERE / picture.name)  # fmt: skip
            size = (HERE / f"{picture.name}.png").stat().st_size
            if size > LARGEST:
                raise SystemExit(f"{picture.name}.png has {size:,} bytes, more than {LARGEST:,}: cut a smaller piece.")
            print(f"{HERE / picture.name}.png, {size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
