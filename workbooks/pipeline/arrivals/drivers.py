"""A platform's list of drivers: which of its accounts is which of our drivers, found by number, phone or name."""

from workbooks.books import Books
from workbooks.pipeline.arrivals.common import Arrival, Desk, Line, Sender
from workbooks.schema import Row


def arrive(books: Books, lines: list[Line], sender: Sender) -> Arrival:
    """Rows for driver_identity (and phones where we have none) from the lines of a driver file."""
    desk, arrival = Desk(books, sender), Arrival()
    for line in lines:
        values, platform = line.values, desk.platform(line)
        matches = _matches(list(desk.context.drivers.values()), values)
        if len(matches) != 1:
            found = (
                "no driver of ours"
                if not matches
                else f"{len(matches)} drivers of ours ({', '.join(str(d['driver_id']) for d in matches)})"
            )
            arrival.reject(line, "name", f"{values.get('name')} is {found} by number, phone or name",
                           "Add the account on tab Driver identities")  # fmt: skip
            continue
        driver = matches[0]
        reference = values.get("driver_ref") or values["name"]
        arrival.wanted.add("driver_identity", {
            "platform": platform, "platform_driver_ref": reference, "valid_from": None, "driver_id": driver["driver_id"],
        })  # fmt: skip
        if values.get("phone") and not driver.get("phone"):
            arrival.wanted.add("drivers", {"driver_id": driver["driver_id"], "phone": values["phone"]})
        arrival.lines_in += 1
    return arrival


def _matches(drivers: list[Row], values: Row) -> list[Row]:
    """Drivers of that number, else of that phone, else of that name."""
    name = str(values.get("name") or "").casefold().strip()
    for same in (
        lambda d: values.get("driver_ref") is not None and d["driver_id"] == values["driver_ref"],
        lambda d: values.get("phone") is not None and d.get("phone") == values["phone"],
        lambda d: name in (str(d.get("display") or "").casefold(), str(d.get("legal_name") or "").casefold()),
    ):
        found = [driver for driver in drivers if same(driver)]
        if found:
            return found
    return []
