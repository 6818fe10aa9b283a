"""The first mileage that is there and usable counts; what is far from the plan is held until somebody accepts it.

The order of sources and the band are settings (band: 15 % around the planned miles, ends included). An odometer
that ends below its start has passed zero if its digits make that plausible, else it is not usable. Kilometres
become miles. Outside the band the mileage line alone is held (policy defaults; edge case 24). Of a route that two
drove nobody knows each one's share of the plan; more than the whole of it, and the band, is held all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from workbooks.money import half_up
from workbooks.schema import Row

MILES_PER_KM = Decimal("0.621371")
LONGEST_DAY = Decimal(1000)
"""miles nobody drives in a day: more means a typing error, not a rollover"""


@dataclass(frozen=True)
class Choice:
    """What counts: miles with one decimal (None: nothing usable), from where, and why not something else."""

    chosen: Decimal | None
    source: str | None
    rollover: bool
    band_flag: str
    remark: str

    @property
    def accepted(self) -> bool:
        """True when nobody has to look at it."""
        return self.band_flag in ("OK", "NO_PLAN") and self.chosen is not None


def odometer(
    start: Decimal | None, end: Decimal | None, digits: int | None, unit: str | None
) -> tuple[Decimal | None, bool, str]:
    """(miles, passed zero, why unusable) from two odometer readings."""
    if start is None or end is None:
        missing = "start" if start is None else "end"
        return None, False, f"odometer {missing} is missing" if (start, end) != (None, None) else ""
    if start < 0 or end < 0:
        return None, False, "odometer readings cannot be negative"
    rollover = False
    distance = end - start
    if distance < 0:
        if not digits:
            return None, False, f"odometer ends ({end}) below its start ({start})"
        distance += Decimal(10) ** digits
        rollover = True
    miles = half_up(distance * MILES_PER_KM, 1) if unit == "KM" else half_up(distance, 1)
    if miles > LONGEST_DAY:
        return None, False, f"odometer makes {miles} miles of one day; a digit may be wrong"
    return miles, rollover, ""


def choose(row: Row, vehicle: Row | None, order: Sequence[str], band: Decimal, whole: Decimal | None = None) -> Choice:
    """Miles of one mileage row. `order`: sources by trust; `band`: 0.15 means 15 % either way of the plan.

    `whole`: planned miles of the whole route, where the row is one of several drivers' and has no plan of its own.
    """
    vehicle = vehicle or {}
    miles, rollover, remark = odometer(
        row.get("odo_start"), row.get("odo_end"), vehicle.get("odo_digits"), vehicle.get("odo_unit")
    )
    reported = {
        "ODOMETER": miles,
        "GPS": row.get("gps_miles"),
        "PLATFORM": row.get("platform_miles"),
        "PLANNED": row.get("planned_miles"),
    }
    remarks = [remark] if remark else []
    usable: list[tuple[str, Decimal]] = []
    for source in order:
        value = reported[source]
        if value is None:
            continue
        if value < 0:
            remarks.append(f"{source} miles are negative")
            continue
        usable.append((source, half_up(value, 1)))
    if not usable:
        return Choice(None, None, False, "MISSING", "; ".join([*remarks, "no usable miles; enter the odometer"]))
    source, chosen = usable[0]
    passed_zero = rollover and source == "ODOMETER"
    planned = row.get("planned_miles")
    if not planned and whole and chosen > whole * (1 + band):
        remarks.append(f"{source.lower()} says {chosen}, the whole route's plan says {whole}")
        return Choice(chosen, source, passed_zero, "OUT_OF_BAND", "; ".join(remarks))
    if not planned:
        return Choice(chosen, source, passed_zero, "NO_PLAN", "; ".join(remarks))
    if abs(chosen - planned) <= band * planned:
        return Choice(chosen, source, passed_zero, "OK", "; ".join(remarks))
    percent = half_up((chosen - planned) / planned * 100, 0)
    remarks.append(f"{source.lower()} says {chosen}, plan says {planned} ({percent:+} %)")
    inside = next(
        (f"{other.lower()} says {value}" for other, value in usable[1:] if abs(value - planned) <= band * planned), ""
    )
    return Choice(chosen, source, passed_zero, "OUT_OF_BAND", "; ".join([*remarks, *([inside] if inside else [])]))
