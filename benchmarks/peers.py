"""Other libraries on the same local server, at the same work: what each needs of calls and bytes.

They are no dependencies of the product: whichever is not installed is printed as such. Install them elsewhere, such as
`uv pip install --target /tmp/peers gspread-dataframe gspread-pandas pygsheets ezsheets`, and run with PYTHONPATH=/tmp/peers.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import gspread

from local_sheets.client import SCOPES, credentials, mount
from local_sheets.client import Loopback as Adapter
from local_sheets.client import client as gspread_client
from local_sheets.service import Service
from workbooks.intake.grid import letter

warnings.simplefilter("ignore")


@dataclass(frozen=True)
class Cell:
    """A cell to write: tab, row from 1, column from 0."""

    tab: str
    row: int
    column: int
    text: str

    @property
    def a1(self) -> str:
        return f"{letter(self.column)}{self.row}"


@dataclass
class Count:
    """What came to the server."""

    calls: int = 0
    up: int = 0
    down: int = 0
    seconds: float = 0.0


@contextmanager
def counting(service: Service) -> Iterator[Count]:
    """Counts every request but those for a token, as the server sees them."""
    count, real, began = Count(), service.exchange, time.perf_counter()

    def counted(request: Any) -> Any:
        outcome = real(request)
        if not request.path.endswith("/token"):
            count.calls += 1
            count.up += len(request.body or b"")
            count.down += len(outcome.response.body) if outcome.response else 0
        return outcome

    service.exchange = counted  # type: ignore[method-assign]
    try:
        yield count
    finally:
        count.seconds = time.perf_counter() - began
        service.exchange = real  # type: ignore[method-assign]


@dataclass(frozen=True)
class World:
    """The server, the robot's account and the spreadsheet."""

    address: str
    info: dict[str, Any]
    book: str

    def gspread(self) -> gspread.Spreadsheet:
        return gspread_client(self.info, Adapter(self.address)).open_by_key(self.book)

    @contextmanager
    def httplib2(self) -> Iterator[Any]:
        """Credentials for libraries on googleapiclient, whose requests go to the local server."""
        import httplib2

        real, base = httplib2.Http.request, urlsplit(self.address)

        def request(http: Any, uri: str, *args: Any, **kwargs: Any) -> Any:
            parts = urlsplit(uri)
            return real(http, urlunsplit((base.scheme, base.netloc, parts.path, parts.query, "")), *args, **kwargs)

        httplib2.Http.request = request
        try:
            yield credentials(self.info, SCOPES)
        finally:
            httplib2.Http.request = real


Push = Callable[[World, Sequence[Cell]], None]
Read = Callable[[World, Sequence[str]], Any]


def _tabs(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(cell.tab, []).append(cell)
    return found


def dataframe_push(world: World, cells: Sequence[Cell]) -> None:
    """gspread-dataframe writes whole frames."""
    lib = import_module("gspread_dataframe")
    book = world.gspread()
    for tab, mine in _tabs(cells).items():
        sheet = book.worksheet(tab)
        frame = lib.get_as_dataframe(sheet, dtype=str)
        for cell in mine:
            frame.iat[cell.row - 2, cell.column] = cell.text
        lib.set_with_dataframe(sheet, frame)


def dataframe_read(world: World, tabs: Sequence[str]) -> Any:
    lib, book = import_module("gspread_dataframe"), world.gspread()
    return [lib.get_as_dataframe(book.worksheet(tab)) for tab in tabs]


def _spread(world: World) -> Any:
    lib = import_module("gspread_pandas")
    import requests
    from google.auth.transport.requests import AuthorizedSession, Request

    plain = requests.Session()
    plain.mount("https://", Adapter(world.address))
    plain.mount("http://", Adapter(world.address))
    creds = credentials(world.info, SCOPES)
    session = AuthorizedSession(creds, auth_request=Request(plain))  # type: ignore[no-untyped-call]
    mount(session, Adapter(world.address))
    ask = lib.Client._drive_request

    def asking(client: Any, *args: Any, **kwargs: Any) -> Any:
        # the local server has no folders, and the library asks for the topmost one before anything else
        return {"name": "My Drive", "id": "root"} if kwargs.get("file_id") == "root" else ask(client, *args, **kwargs)

    lib.Client._drive_request = asking
    try:
        return lib.Spread(world.book, client=lib.Client(session=session, creds=creds))
    finally:
        lib.Client._drive_request = ask


def pandas_push(world: World, cells: Sequence[Cell]) -> None:
    """gspread-pandas writes whole frames."""
    spread = _spread(world)
    for tab, mine in _tabs(cells).items():
        frame = spread.sheet_to_df(sheet=tab, index=0)
        for cell in mine:
            frame.iat[cell.row - 2, cell.column] = cell.text
        spread.df_to_sheet(frame, index=False, sheet=tab)


def pandas_read(world: World, tabs: Sequence[str]) -> Any:
    spread = _spread(world)
    return [spread.sheet_to_df(sheet=tab, index=0) for tab in tabs]


def pygsheets_push(world: World, cells: Sequence[Cell]) -> None:
    """pygsheets writes many ranges of one tab in one call."""
    lib = import_module("pygsheets")
    with world.httplib2() as creds:
        book = lib.authorize(custom_credentials=creds).open_by_key(world.book)
        for tab, mine in _tabs(cells).items():
            sheet = book.worksheet_by_title(tab)
            sheet.update_values_batch([cell.a1 for cell in mine], [[[cell.text]] for cell in mine])


def pygsheets_read(world: World, tabs: Sequence[str]) -> Any:
    lib = import_module("pygsheets")
    with world.httplib2() as creds:
        book = lib.authorize(custom_credentials=creds).open_by_key(world.book)
        return [book.worksheet_by_title(tab).get_all_values() for tab in tabs]


@contextmanager
def _ez(world: World) -> Iterator[Any]:
    lib = import_module("ezsheets")
    from googleapiclient.discovery import build

    with world.httplib2() as creds:
        lib.SHEETS_SERVICE = build("sheets", "v4", credentials=creds)
        lib.DRIVE_SERVICE = build("drive", "v3", credentials=creds)
        lib.IS_INITIALIZED = True
        yield lib.Spreadsheet(world.book)


def ez_push(world: World, cells: Sequence[Cell]) -> None:
    """EZSheets writes cell by cell."""
    with _ez(world) as book:
        for cell in cells:
            book[cell.tab][cell.a1] = cell.text


def ez_read(world: World, tabs: Sequence[str]) -> Any:
    with _ez(world) as book:
        return [book[tab].getRows() for tab in tabs]


PEERS: dict[str, tuple[str, Push, Read]] = {
    "gspread-dataframe": ("gspread_dataframe", dataframe_push, dataframe_read),
    "gspread-pandas": ("gspread_pandas", pandas_push, pandas_read),
    "pygsheets": ("pygsheets", pygsheets_push, pygsheets_read),
    "EZSheets": ("ezsheets", ez_push, ez_read),
}


def measured(service: Service, world: World, what: str, given: Sequence[Any]) -> dict[str, Count | str]:
    """Each peer's counts for `push` (cells) or `read` (titles of tabs), or a word why there are none."""
    found: dict[str, Count | str] = {}
    for name, (module, push, read) in PEERS.items():
        try:
            import_module(module)
        except ImportError:
            found[name] = "not installed"
            continue
        try:
            with counting(service) as count:
                (push if what == "push" else read)(world, given)
            found[name] = count
        except Exception as error:
            print(f"{name}: {error!r}"[:300], file=sys.stderr)
            found[name] = f"failed ({type(error).__name__})"
    return found
