"""Import a file: orders, reports, plan changes, or rows of any tab; good rows go in, bad ones come back marked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stopbook.job import Job, Params
from stopbook.places import place
from stopbook.planning import puts_of
from stopbook.settings import Settings
from workbooks.books import Books
from workbooks.cells import Reading
from workbooks.intake import kinds, profiles, reader
from workbooks.intake.grid import Grid, letter
from workbooks.intake.match import suits, suits_alone
from workbooks.intake.parse import NOTHING_SAID, Parsed, parse
from workbooks.intake.profiles import GENERIC, Profile
from workbooks.intake.returned import returned_workbook
from workbooks.ledger import Ledger
from workbooks.localtime import zone
from workbooks.pipeline.arrivals import changes, completions, drivers, manifest, table
from workbooks.pipeline.arrivals.common import Arrival, Line, Sender
from workbooks.plan import Effect, Keep, Plan, Put, combine
from workbooks.problems import Problem, Refused, Severity, Where
from workbooks.schema import Kind, Table
from workbooks.tables import TABLES


@dataclass(frozen=True)
class Request:
    """What a person said about the file. `table` and `profile` blank: found by the headers. `sets`: our column -> value."""

    path: Path
    table: str = ""
    profile: str = ""
    how: Reading = NOTHING_SAID
    maps: tuple[str, ...] = ()
    sets: Mapping[str, str] | None = None
    save_as: str = ""


def asked(path: Path, said: Mapping[str, Any]) -> Request:
    """A request from texts as they are typed; Refused in one sentence where one of them means nothing.

    said: table, profile, timezone, dates, epoch, save_as; map and set as lists of “this=that”.
    """
    known = {"table", "profile", "timezone", "dates", "epoch", "save_as", "map", "set"}
    text = {name: str(said.get(name) or "") for name in known - {"map", "set"}}
    if unknown := sorted(said.keys() - known):
        raise Refused(f"There is nothing called {str(unknown[0])[:40]} to say about a file.")
    if text["dates"].upper() not in ("", "MDY", "DMY", "YMD"):
        raise Refused(f"--dates {text['dates']} is not an order of dates. Write MDY or DMY.")
    if text["epoch"].lower() not in ("", "s", "ms"):
        raise Refused(f"--epoch {text['epoch']} is not a unit. Write s or ms.")
    try:
        zone_ = zone(text["timezone"]) if text["timezone"] else None
    except ValueError as error:
        raise Refused(f"--timezone: {error}.") from None
    how = Reading(zone_, text["dates"].upper() or None, text["epoch"].lower() or None)
    sets = dict(str(pair).partition("=")[::2] for pair in said.get("set") or [])
    maps = tuple(str(pair) for pair in said.get("map") or ())
    return Request(path, text["table"], text["profile"], how, maps, sets, text["save_as"])


@dataclass(frozen=True)
class Read:
    """The file as it was read: its bytes, its tabs, and how each tab is to be understood."""

    name: str
    content: bytes
    grids: list[Grid]
    profiles: Mapping[str, Profile]


def gather(settings: Settings, ledger: Ledger, params: Params) -> Mapping[str, Any]:
    """Reads the file and the profiles."""
    request: Request = params.extra["request"]
    grids = reader.read_file(request.path)
    content = request.path.read_bytes()
    return {"file": Read(request.path.name, content, grids, known_profiles(settings))}


def known_profiles(settings: Settings) -> dict[str, Profile]:
    """Every profile by name: the shipped ones and a person's own, which win."""
    known = dict(profiles.shipped())
    if settings.profiles.is_dir():
        own = sorted(settings.profiles.glob("*.toml"))
        known |= {path.stem: profiles.load(path.stem, settings.profiles) for path in own}
    return known


def remember(request: Request, settings: Settings) -> str:
    """Save what the person answered as a profile of its own; returns a sentence."""
    known = known_profiles(settings)
    profile = known.get(request.profile or GENERIC, known[GENERIC])
    target = _named(request.table) if request.table else kinds.target_table(profile.target)
    if target is None:
        raise Refused("Say with --table what the file holds, so that the answers can be remembered.")
    answered = replace(_asked(profile, request, target), name=request.save_as, target=target.name)
    path = profiles.save(answered.with_answers(request.how, request.sets), settings.profiles)
    return f"The answers are remembered in {path}; use them with --profile {request.save_as}."


def plan(books: Books, params: Params) -> Plan:
    """Rows of whatever the file holds; the original is kept, rows that stay out come back as a workbook."""
    request: Request = params.extra["request"]
    file: Read = params.extra["file"]
    keep = Keep("imported", file.name, file.content)
    tabs = [_understood(grid, request, file.profiles) for grid in file.grids if not _is_empty(grid)]
    if not tabs:
        raise Refused(f"{file.name} holds no rows. Check that the first tab has a header row with rows below it.")
    tabs.sort(key=lambda tab: list(TABLES).index(tab[2].name) if tab[2].name in TABLES else -1)
    puts: list[Put] = []
    problems: list[Problem] = []
    notes: list[str] = []
    effects: list[Effect] = []
    unchanged = 0
    for grid, profile, target in tabs:
        parsed = parse(grid, _asked(profile, request, target), target, request.how)
        sender = Sender(
            file.name, params.now, params.market, params.day, str(profile.constants.get("platform") or "") or None
        )
        arrival = _arrive(books.with_puts(puts), target, parsed, sender)
        parsed = _with_problems(parsed, arrival.problems)
        made, _, same = puts_of(books.with_puts(puts), arrival.wanted, f"import of {file.name}")
        puts += made
        unchanged += same
        problems += [question_problem(question) for question in parsed.questions] + parsed.problems
        notes += parsed.notes + arrival.wanted.notes + _remarks(parsed.warnings)
        if arrival.no_outcome:
            notes.append(f"{arrival.no_outcome:,} lines report no outcome yet and were left out.")
        if parsed.bad_rows:
            target_name = f"returned/{Path(file.name).stem}-{grid.tab or target.name}-{keep.sha256[:8]}.xlsx"
            says = f"{len(parsed.bad_rows):,} rows came back, the faulty cells red, in"
            effects.append(
                Effect("write_file", target_name, {"content": returned_workbook(grid, parsed), "says": says})
            )
    scope = {"file": file.name, "sha256": keep.sha256[:16]}
    return Plan(
        JOB.name,
        scope,
        tuple(combine(puts)),
        (),
        unchanged,
        tuple(problems),
        tuple(notes),
        keeps=(keep,),
        effects=tuple(effects),
    )


def question_problem(question: Any) -> Problem:
    """A question about a column, as a problem that says how to answer."""
    remedy = f"Import again with {question.option}" if question.option.startswith("--") else question.option
    return Problem(question.what, remedy, question.where, column=question.column)


def _is_empty(grid: Grid) -> bool:
    return not any(any(cell not in (None, "") for cell in row) for row in grid.rows)


def _understood(grid: Grid, request: Request, known: Mapping[str, Profile]) -> tuple[Grid, Profile, Table]:
    """Which profile and target fit this tab: as asked, else by the tab's title, else by its headers."""
    asked = known.get(request.profile)
    if request.profile and asked is None:
        raise Refused(f"There is no profile {request.profile}. Profiles: {', '.join(sorted(known))}.")
    target = _named(request.table) if request.table else None
    if asked is not None:
        own = kinds.target_table(asked.target) if asked.target else target or _by_headers(grid, {GENERIC: asked})[1]
        if own is None:
            raise Refused(f"Profile {asked.name} fits every tab; say which with --table.")
        return grid, asked, own
    if target is not None:
        return grid, known[GENERIC], target
    for declared in TABLES.values():
        if grid.tab.casefold() in (declared.title.casefold(), declared.name) and declared.kind is Kind.INPUT:
            return grid, known[GENERIC], declared
    profile, found = _by_headers(grid, known)
    if found is None:
        raise Refused(
            f"{Where(grid.file, grid.tab)}: the headers fit nothing Stopbook knows. Say what it is with --table (or --profile)."
        )
    return grid, profile, found


def _named(name: str) -> Table:
    wanted = name.strip().lower().replace(" ", "_").replace("-", "_")
    wanted = {"orders": "order_file", "manifest": "order_file", "reports": "report_file", "completions": "report_file",
              "attempts": "report_file", "plan_changes": "change_file", "manifest_events": "change_file"}.get(wanted, wanted)  # fmt: skip
    found = kinds.target_table(wanted)
    if found is None or found.kind in (Kind.LOG, Kind.DERIVED, Kind.DOCUMENT):
        choices = ["orders", "completions", "plan-changes", *(t.name for t in TABLES.values() if t.kind is Kind.INPUT)]
        what = "is computed by Stopbook and cannot be imported" if found is not None else "is not known"
        raise Refused(f"--table {name} {what}. Choose one of {', '.join(choices)}.")
    return found


def _by_headers(grid: Grid, known: Mapping[str, Profile]) -> tuple[Profile, Table | None]:
    """The profile and target whose headers fit best; a platform's own profile wins a tie where a header is its alone."""
    targets = [*kinds.KINDS.values(), *(t for t in TABLES.values() if t.kind is Kind.INPUT)]
    best: tuple[int, int, Profile, Table | None] = (0, 0, known[GENERIC], None)
    for profile in known.values():
        fitting = [kinds.target_table(profile.target)] if profile.target else targets
        for rank, target in enumerate(t for t in fitting if t is not None):
            count = suits(grid, profile, target)
            required = sum(column.required for column in target.columns)
            its_own = profile.target and suits_alone(grid, profile, target, known[GENERIC])
            score = (count, 1 if its_own else -rank)
            if count >= max(2, required) and score > best[:2]:
                best = (*score, profile, target)
    return best[2], best[3]


def _asked(profile: Profile, request: Request, target: Table) -> Profile:
    """The profile with what the person said on top: headers mapped, columns set."""
    if request.maps:
        profile = profile.with_map(profiles.maps(list(request.maps), target), target)
    for name in request.sets or {}:
        if name not in target.by_name:
            raise Refused(f"--set {name}=…: {target.title} has no column {name}. Columns: {', '.join(target.by_name)}.")
    return profile.with_answers(request.how, request.sets) if request.sets else profile


def _arrive(books: Books, target: Table, parsed: Parsed, sender: Sender) -> Arrival:
    lines = [Line(row.values, parsed.grid.where(row.number)) for row in parsed.rows]
    match target.name:
        case "order_file":
            return manifest.arrive(books, lines, sender, place)
        case "report_file":
            return completions.arrive(books, lines, sender)
        case "change_file":
            return changes.arrive(books, lines, sender)
        case "driver_file":
            return drivers.arrive(books, lines, sender)
        case _:
            return table.arrive(books, target, lines, sender)


def _with_problems(parsed: Parsed, found: list[Problem]) -> Parsed:
    """The pipeline's problems beside those of reading, each at the cell it is about."""
    placed = [_placed(parsed, problem) for problem in found]
    errors = [problem for problem in placed if problem.severity is Severity.ERROR]
    warnings = [problem for problem in placed if problem.severity is Severity.WARNING]
    return replace(parsed, problems=parsed.problems + errors, warnings=parsed.warnings + warnings)


def _placed(parsed: Parsed, problem: Problem) -> Problem:
    positions = parsed.positions.get(problem.column, ())
    title = parsed.table.by_name[problem.column].title if problem.column in parsed.table.by_name else ""
    if not positions:
        return problem.at(replace(problem.where, header=title))
    header = str(parsed.grid.headers[positions[0]])
    return problem.at(replace(problem.where, column=letter(positions[0]), header=header))


def _remarks(warnings: list[Problem]) -> list[str]:
    """Warnings as sentences; the same remark on many rows is said once with its count."""
    groups: dict[str, list[Problem]] = {}
    for warning in warnings:
        groups.setdefault(warning.text, []).append(warning)
    return [
        str(found[0]) if len(found) == 1 else f"{found[0]} The same on {len(found) - 1:,} more rows."
        for found in groups.values()
    ]


JOB = Job(
    name="import-file",
    title="Import file",
    group="Data",
    icon="ImportTextFile",
    about="Takes in orders, completions, plan changes or master data from a file; bad rows come back as a workbook.",
    plan=plan,
    gather=gather,
    order=10,
)
