"""A day of the demo as files people would really send: a master workbook, two manifests, scans, changes, odometers.

They carry the faults real files carry: lost zeros, a formula in a name, `#REF!`, windows that end before they
start, an account nobody knows, a title above the header, times without a zone.
"""

import csv
import io
from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from stopbook.demo.company import CITIES, Rows, account
from stopbook.demo.truth import Route, Scan, Stop, Truth
from workbooks.cells import to_cell
from workbooks.schema import Type
from workbooks.tables import TABLES

MADE = datetime(2026, 3, 8)  # noqa: DTZ001 - a workbook's properties know no zone
"""when the files say they were made; they are the same every time"""


def write_master(path: Path, tabs: dict[str, Rows]) -> Path:
    """Write rows of tabs as one workbook, as somebody would keep them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": MADE})
        bold, date_format, time_format = (
            book.add_format(f) for f in ({"bold": True}, {"num_format": "yyyy-mm-dd"}, {"num_format": "hh:mm"})
        )
        for name, rows in tabs.items():
            table = TABLES[name]
            sheet = book.add_worksheet(table.title)
            columns = [c for c in table.columns if any(row.get(c.name) is not None for row in rows)]
            for x, column in enumerate(columns):
                sheet.write_string(0, x, column.title, bold)
                sheet.set_column(x, x, column.width + 4)
                for y, row in enumerate(rows, start=1):
                    value = to_cell(row.get(column.name))
                    style = {Type.DATE: date_format, Type.TIME: time_format}.get(column.type)
                    sheet.write(y, x, value, style)
    return path


def write_day(folder: Path, day: Truth, seed: int) -> dict[str, Path]:
    """Write the files of one day into `folder`; returns them by what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed + 2)  # noqa: S311
    files = {
        "manifest_chi": folder / f"CHI manifest {day.on}.csv",
        "manifest_phx": folder / f"PHX orders {day.on}.xlsx",
        "changes": folder / f"plan changes {day.on}.csv",
        "scans_chi": folder / f"CHI scans {day.on}.csv",
        "scans_phx": folder / f"PHX scans {day.on}.tsv",
        "odometers": folder / f"odometers {day.on}.csv",
    }
    _manifest_csv(files["manifest_chi"], [r for r in day.routes if r.market == "CHI"], random)
    _orders_xlsx(files["manifest_phx"], [r for r in day.routes if r.market == "PHX"], random, day.on)
    _changes(files["changes"], day)
    write_scans(files["scans_chi"], day.scans["CHI"])
    _scans_tsv(files["scans_phx"], day)
    _odometers(files["odometers"], day)
    return files


def write_corrected(folder: Path, day: Truth, missing: Set[str]) -> dict[str, Path]:
    """The rows of the day's manifests that came back, corrected, as files of their own. `missing`: their orders."""
    files = {
        "manifest_chi": folder / f"CHI manifest {day.on} corrected.csv",
        "manifest_phx": folder / f"PHX orders {day.on} corrected.xlsx",
    }
    routes = [replace(r, stops=kept) for r in day.routes if (kept := [s for s in r.stops if s.order in missing])]
    _manifest_csv(files["manifest_chi"], [r for r in routes if r.market == "CHI"], None)
    _orders_xlsx(files["manifest_phx"], [r for r in routes if r.market == "PHX"], None, day.on)
    return {name: path for name, path in files.items() if any(r.market == name[-3:].upper() for r in routes)}


def _text(path: Path, rows: list[list[Any]], delimiter: str = ",", bom: bool = False) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + out.getvalue().encode())


def _manifest_csv(path: Path, routes: list[Route], random: Random | None) -> None:
    head = ["Account", "Order No", "Route", "Stop Sequence", "Driver", "Vehicle", "Customer", "Phone", "Address", "Address 2", "City", "State",
            "Zip Code", "Deliver from", "Deliver until", "Packages", "Weight (lb)", "Signature required", "Dispatched", "Planned end", "Planned miles"]  # fmt: skip
    rows: list[list[Any]] = [head]
    faults = _faults(random, [s for r in routes for s in r.stops]) if random else {}
    zone = ZoneInfo(CITIES["CHI"][2])
    for route in routes:
        for stop in route.stops:
            row = [stop.account, stop.order, route.code, stop.seq, route.driver, route.vehicle, stop.recipient, stop.phone, stop.address, stop.unit,
                   "Chicago", "IL", stop.zip5, f"{stop.start:%H:%M}", f"{stop.end:%H:%M}", stop.pkgs, stop.weight, "yes" if stop.signature else "no",
                   _local(route.dispatched, zone), _local(route.ends, zone), route.miles]  # fmt: skip
            fault = faults.get(stop.order)
            if fault == "formula":
                row[6] = '=HYPERLINK("http://evil.example","click")'
            elif fault == "reference":
                row[2] = "#REF!"
            elif fault == "window":
                row[13], row[14] = "12:00", "10:00"
            elif fault == "account":
                row[0] = "ACME?"
            elif fault == "address":
                row[8] = ""
            elif fault == "phone":
                row[7] = "call the shop"
            elif fault == "name":
                row[6] = "  Zoë  \u00a0 عمر 🏠 "
            rows.append(row)
    _text(path, rows, bom=True)


def _faults(random: Random, stops: list[Stop]) -> dict[str, str]:
    kinds = ("formula", "reference", "window", "window", "account", "address", "phone", "name")
    return {
        stop.order: kind for stop, kind in zip(random.sample(stops, min(len(stops), len(kinds))), kinds, strict=False)
    }


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _orders_xlsx(path: Path, routes: list[Route], random: Random | None, on: date) -> None:
    head = ("Client account", "Order ID", "Route", "Seq", "Driver", "Vehicle", "Recipient", "Mobile", "Street", "Unit", "City", "State", "ZIP",
            "Earliest", "Latest", "Boxes", "Weight", "Signature", "Dispatched at", "Back at", "Miles planned")  # fmt: skip
    zone = ZoneInfo(CITIES["PHX"][2])
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": MADE})
        sheet = book.add_worksheet("Orders")
        stamp = book.add_format({"num_format": "m/d/yyyy h:mm"})
        sheet.write_string(
            0, 0, f"Phoenix orders for {on:%A, %B %d %Y}", book.add_format({"bold": True, "font_size": 14})
        )
        sheet.write_row(2, 0, head, book.add_format({"bold": True, "bottom": 1}))
        sheet.set_column(0, len(head), 14)
        y = 3
        for route in routes:
            for stop in route.stops:
                start, end = (datetime.combine(on, clock) for clock in (stop.start, stop.end))
                row = [stop.account, int(stop.order), route.code, stop.seq, account(route.driver), route.vehicle, stop.recipient, stop.phone,
                       stop.address, stop.unit, "Phoenix", "AZ", int(stop.zip5), start, end, stop.pkgs, stop.weight, "Y" if stop.signature else "N",
                       route.dispatched.astimezone(zone).replace(tzinfo=None), route.ends.astimezone(zone).replace(tzinfo=None), route.miles]  # fmt: skip
                for x, value in enumerate(row):
                    if isinstance(value, datetime):
                        sheet.write_datetime(y, x, value, stamp)
                    else:
                        sheet.write(y, x, value)
                y += 1
        if random and y > 8:
            lines = random.sample(range(3, y), 3)
            sheet.write_string(lines[0], 12, "unknown")
            sheet.write_formula(lines[1], 15, "=1/0", None, "#DIV/0!")
            sheet.write_string(lines[2], 15, "two")


def _changes(path: Path, day: Truth) -> None:
    rows: list[list[Any]] = [
        ["Market", "At", "Change", "Route", "Account", "Order", "To route", "To driver", "Seq", "Asked by", "Notes"]
    ]
    rows += [
        [
            c.market,
            c.at.isoformat(),
            c.kind,
            c.route,
            c.account,
            c.order,
            c.to_route,
            c.to_driver,
            c.seq or "",
            c.asked_by,
            c.note,
        ]
        for c in sorted(day.changes, key=lambda c: c.at)
    ]
    _text(path, rows)


def _paper(scan: Scan) -> str:
    return f"https://pod.example/{scan.order}-signature.png" if scan.signature else ""


def write_scans(path: Path, scans: Sequence[Scan]) -> Path:
    """Write scans as Chicago's platform exports them."""
    head = [
        "Account",
        "Order No",
        "Route",
        "Driver",
        "Status",
        "Failure reason",
        "Arrived",
        "Completed",
        "Packages delivered",
        "Photo",
        "Signed by",
        "Signature URL",
    ]
    zone = ZoneInfo(CITIES["CHI"][2])
    rows: list[list[Any]] = [head]
    for scan in sorted(scans, key=lambda s: s.completed):
        rows.append([scan.account, scan.order, scan.route, scan.driver, scan.status.title(), scan.reason, _local(scan.arrived, zone),
                     _local(scan.completed, zone), "" if scan.pkgs is None else scan.pkgs, scan.photo, scan.signature, _paper(scan)])  # fmt: skip
    _text(path, rows)
    return path


def _scans_tsv(path: Path, day: Truth) -> None:
    head = [
        "platform",
        "order_ref",
        "account_id",
        "route",
        "driver",
        "status",
        "reason",
        "arrived at",
        "completed at",
        "pkgs delivered",
        "pod photo",
        "signed by",
        "signature url",
    ]
    rows: list[list[Any]] = [head]
    for scan in sorted(day.scans["PHX"], key=lambda s: s.completed):
        rows.append(["CIRCUIT", scan.order, scan.account, scan.route, account(scan.driver), scan.status, scan.reason, int(scan.arrived.timestamp()),
                     int(scan.completed.timestamp()), "" if scan.pkgs is None else scan.pkgs, scan.photo, scan.signature, _paper(scan)])  # fmt: skip
    _text(path, rows, delimiter="\t")


def _odometers(path: Path, day: Truth) -> None:
    rows: list[list[Any]] = [["Route", "Driver", "Odo start", "Odo end"]]
    rows += [
        [f"{market}-{day.on}-{code}", driver, f"{start:.1f}", f"{end:.1f}"]
        for (market, code), (driver, start, end) in day.miles.items()
    ]
    _text(path, rows)
