"""Functions about stops: who and where, on time or not, how long is left."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from addin.answers import reason
from addin.functions.given import Block, Given
from addin.registry import function
from workbooks.pipeline.arrivals.manifest import normalised
from workbooks.policy import POLICIES
from workbooks.rules.exceptions.clock import due as due_by
from workbooks.rules.mileage.straight import metres
from workbooks.rules.sla.on_time import Promise, judge
from workbooks.schema import Type

CONTACT_MINUTES = int(POLICIES["contact_clock_minutes"].default)


@function(
    "SB_PHONE", "text such as +13125550123", ("stops.phone", "addresses.contact_phone"),
    '=SB_PHONE(tblStops[Phone])',
    phone="Number as somebody wrote it",
)  # fmt: skip
def phone(phone: Any) -> Any:
    """A phone number as it is dialled from anywhere, with + and the code of the country (US where none is written)."""
    given = Given(phone=phone)
    return given.each(lambda number: number, given.column("phone", Type.PHONE, "main", strict=True))


@function(
    "SB_ADDRESS", "text in capitals", ("addresses.norm",),
    '=SB_ADDRESS(tblAddresses[Address as given], tblAddresses[City], tblAddresses[ZIP])',
    street="Street line as the client wrote it", city="City", zip="ZIP code",
)  # fmt: skip
def address(street: Any, city: Any = None, zip: Any = None) -> Any:
    """An address for comparison: capitals, no punctuation, the usual abbreviations."""
    given = Given(street=street, city=city, zip=zip)
    columns = given.column("street", Type.TEXT, "main"), given.column("city", Type.TEXT, "optional")
    return given.each(normalised, *columns, given.column("zip", Type.ZIP, "optional"))


@function(
    "SB_DISTANCE", "whole metres", ("attempts.gps_dist_m",),
    '=SB_DISTANCE(41.8781, -87.6298, 41.8902, -87.6245)',
    lat="Latitude of one point, in degrees", lon="Longitude of it", other_lat="Latitude of the other", other_lon="Longitude of it",
)  # fmt: skip
def distance(lat: Any, lon: Any, other_lat: Any, other_lon: Any) -> Any:
    """Metres between two points as the crow flies, such as a scan and its address."""
    given = Given(lat=lat, lon=lon, other_lat=other_lat, other_lon=other_lon)
    why = "{number} degrees are no place on earth; latitude comes before longitude."
    degrees = {"lat": 90, "lon": 180, "other_lat": 90, "other_lon": 180}
    return given.each(metres, *(given.within(name, most, why) for name, most in degrees.items()))


@lru_cache
def _promise(early: int | None, late: int | None) -> Promise:
    return Promise(early_grace_min=early or 0, late_grace_min=late or 0)


@function(
    "SB_ONTIME", "ON_TIME, EARLY, LATE or NO_WINDOW", ("recon.on_time",),
    '=SB_ONTIME(A2:A500, B2:B500, C2:C500, "America/Chicago", 30, 15)',
    done="When it was delivered", opens="Window start; blank: none", closes="Window end; blank: none",
    zone="Time zone of these times, such as America/Chicago", early="Minutes of grace before the window; blank: 0",
    late="Minutes of grace after it; blank: 0",
)  # fmt: skip
def on_time(done: Any, opens: Any, closes: Any, zone: Any, early: Any = None, late: Any = None) -> Any:
    """Whether a delivery was on time: inside its window widened by the grace, ends included, whatever clocks change."""
    given = Given(done=done, opens=opens, closes=closes, zone=zone, early=early, late=late)
    zones = given.zones("zone")
    moments = given.moments("done", zones, "main")
    windows = given.moments("opens", zones, "optional"), given.moments("closes", zones, "optional")
    graces = given.whole("early", "optional"), given.whole("late", "optional")
    return given.each(judge, *windows, moments, list(map(_promise, *graces)))


@function(
    "SB_TIMELEFT", "whole minutes; below zero once it is over", ("exceptions.due_2h",),
    '=SB_TIMELEFT(tblExceptions[Contact due], NOW(), "America/Chicago", 0)',
    since="When the attempt failed", moment="The moment that is asked about, such as NOW()",
    zone="Time zone of these times, such as America/Chicago",
    minutes="Minutes that are allowed; blank: 120, 0: since is itself the moment due",
    paused="Minutes that the clock stood still; blank: 0", quiet_from="Quiet hours begin; blank: the clock runs all night",
    quiet_until="Quiet hours end",
)  # fmt: skip
def time_left(
    since: Any, moment: Any, zone: Any, minutes: Any = None, paused: Any = None, quiet_from: Any = None, quiet_until: Any = None
) -> Any:  # fmt: skip
    """Minutes left until the recipient must have been contacted, counted in real time."""
    given = Given(since=since, moment=moment, zone=zone, minutes=minutes, paused=paused, quiet_from=quiet_from, quiet_until=quiet_until)  # fmt: skip
    zones = given.zones("zone")
    columns: list[Any] = [
        given.moments("since", zones, "main"), given.moments("moment", zones), zones, given.whole("minutes", "optional"),
        given.whole("paused", "optional"), given.clocks("quiet_from"), given.clocks("quiet_until"),
    ]  # fmt: skip

    def left(
        start: datetime, now: datetime, tz: Any, allowed: int | None, stood: int | None, begins: Any, ends: Any
    ) -> int:
        quiet = (begins, ends) if begins is not None and ends is not None else None
        due = due_by(start, CONTACT_MINUTES if allowed is None else allowed, stood or 0, quiet, tz)
        return int((due - now).total_seconds() // 60)

    return given.each(left, *columns)


@function(
    "SB_WHY", "text; blank where there is an answer", (),
    '=SB_WHY(D2:D500)',
    answers="Cells with answers of SB functions",
)  # fmt: skip
def why(answers: Any) -> Any:
    """Why a function could not answer, and what to do about it."""
    block = Block.of(answers)
    reasons = [reason(answer) for answer in block.cells]
    if block.alone:
        return reasons[0]
    return [reasons[start : start + block.width] for start in range(0, len(reasons), block.width)]
