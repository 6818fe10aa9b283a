"""Makes the pictures of the README from the demo's own workbooks: `python docs/pictures/make.py`.

Needs LibreOffice (soffice) and poppler (pdftoppm). The demo makes the same day every time, so the pictures change
only when the product does.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
LARGEST = 200_000
"""bytes of a picture; a README has to open quickly"""


@dataclass(frozen=True)
class Picture:
    """One picture: a piece of one page of a workbook; `dpi` dots per inch, `box` left, top, width, height in dots."""

    name: str
    workbook: str
    page: int
    dpi: int
    box: tuple[int, int, int, int]


PICTURES = (
    Picture("today", "va-CHI", 1, 105, (35, 40, 1085, 470)),
    Picture("recon", "dispatch-CHI", 3, 150, (50, 60, 1500, 330)),
)


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, timeout=600)  # noqa: S603


def main() -> None:
    """Play the demo, print its workbooks, cut the pictures out."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        _run(sys.executable, "-m", "stopbook", "demo", "--out", work / "demo")
        for picture in PICTURES:
            book = work / "demo" / "workbooks" / f"{picture.workbook}.xlsx"
            office = f"-env:UserInstallation={(work / 'office').as_uri()}"
            _run("soffice", "--headless", office, "--convert-to", "pdf", "--outdir", work, book)
            left, top, width, height = map(str, picture.box)
            _run("pdftoppm", "-png", "-singlefile", "-r", str(picture.dpi), "-f", str(picture.page), "-l",
                 str(picture.page), "-x", left, "-y", top, "-W", width, "-H", height,
                 work / f"{picture.workbook}.pdf", HERE / picture.name)  # fmt: skip
            size = (HERE / f"{picture.name}.png").stat().st_size
            if size > LARGEST:
                raise SystemExit(f"{picture.name}.png has {size:,} bytes, more than {LARGEST:,}: cut a smaller piece.")
            print(f"{HERE / picture.name}.png, {size:,} bytes")


if __name__ == "__main__":
    main()
