"""Seeded faults in the server: each swaps the code of one function for a slightly wrong one.

The wrong code is compiled from the module's own source with one piece of text replaced, and put into the live function,
so that everybody who imported it sees it. A fault whose text is no longer in the source fails loudly.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType


@dataclass(frozen=True)
class Mutant:
    """``old`` becomes ``new`` inside ``where`` (``module:qualified name``); ``near`` is where a test should notice."""

    name: str
    where: str
    old: str
    new: str
    near: str


def _rule(name: str) -> Mutant:
    return Mutant(
        f"{name} is not parsed",
        "values:typed",
        "if rule.pattern.fullmatch(text):",
        f"if rule.name != {name!r} and rule.pattern.fullmatch(text):",
        "test_values.py",
    )


MUTANTS = (
    Mutant("no rollback", "workspace:Workspace.editing", "Context(old.fork(),", "Context(old,", "test_batch.py"),
    Mutant("RAW parsed as USER_ENTERED", "values:put", 'if option == "RAW" or (', "if (", "test_values.py"),
    Mutant("USER_ENTERED stored as RAW", "values:put", "parsed = typed(value)", "parsed = Parsed(value)", "test_values.py"),
    *map(_rule, ("boolean", "percent", "apostrophe", "grouped", "currency", "iso date", "us date and time", "time")),
    Mutant("ambiguous text not counted", "ranges_io:_write_row", "if ambiguous:", "if False:", "test_values.py"),
    Mutant("metadata does not move", "model:Sheet._moved", "self._index.pop(axis, None)", "None", "test_metadata.py"),
    Mutant("metadata outlives its row", "shift:delete", "drop_line_metadata(book, sheet, axis, gone)", "len(gone)", "test_metadata.py"),
    Mutant("metadata outlives its tab", "batch.tabs:delete_sheet", "m.sheet_id == gone", "m.sheet_id == -1", "test_metadata.py"),
    Mutant("sort carries metadata", "batch.moves:sort_box", "if context.env.switches.metadata_follows_sort", "if True", "test_metadata.py"),
    Mutant("taken metadata id accepted", "batch.names:create_developer_metadata", 'duplicate_metadata_id == "reject"', 'duplicate_metadata_id == "x"', "test_metadata.py"),
    Mutant("filter writes one range only", "methods:values_batch_update_by_data_filter", "call.strict_filters):", "call.strict_filters)[:1]:", "test_metadata.py"),
    Mutant("answer of a filter write shows only what was written", "ranges_io:write", "box if single else wanted", "box", "test_metadata.py"),
    Mutant("INSERT_ROWS ignored", "ranges_io:append", 'insert == "INSERT_ROWS"', 'insert == "NEVER"', "test_values.py"),
    Mutant("append takes the first table", "ranges_io:table_at", "            last = (row, column)", "            last = last or (row, column)", "test_values.py"),
    Mutant("append does not grow the grid", "ranges_io:append", 'sheet.resize("ROWS", at + height)', "None", "test_values.py"),
    Mutant("grid limits missing", "resolve:inside", "raise off_grid(sheet, area)", "pass", "test_values.py"),
    Mutant("writes leave their range", "ranges_io:write", "if width > wanted.width:", "if False:", "test_values.py"),
    Mutant("null clears", "ranges_io:_write_row", "if value is None:\n            continue", 'if value is None:\n            value = ""', "test_values.py"),
    Mutant("empty cells at the end kept", "ranges_io:value_range", "while used and _blank(cells[used - 1]):", "while False:", "test_values.py"),
    Mutant("formula mode shows results", "values:rendered", 'if option == "FORMULA" and', "if False and", "test_values.py"),
    Mutant("formatted values unformatted", "values:rendered", "return formats.show(value, cell.format)", "return str(value)", "test_values.py"),
    Mutant("clear takes notes along", "ranges_io:clear", "replace(cell, value=None, formula=None, runs=())", "Cell()", "test_values.py"),
    Mutant("50,000 characters not checked", "values:check_text", "len(value) > MAX_TEXT", "False", "test_values.py"),
    Mutant("two tabs of one name", "batch.tabs:check_title", "if other is not None and other is not but:", "if False:", "test_batch.py"),
    Mutant("ten million cells not checked", "model:Book.check_limits", "if self.count_cells() > MAX_CELLS:", "if False:", "test_grid.py"),
    Mutant("merge keeps covered cells", "batch.moves:_keep_first", "sheet.edit(box, change)", "None", "test_grid.py"),
    Mutant("blanks sorted first", "batch.moves:sort_box", "order = filled + blank", "order = blank + filled", "test_grid.py"),
    Mutant("sort leaves formulas unmoved", "batch.moves:_reorder", "if cell.formula is None else", "if True else", "test_grid.py"),
    Mutant("copies share their tab's document", "batch.tabs:copy_of", "copy.deepcopy(source.doc)", "source.doc", "test_grid.py"),
    Mutant("cut leaves its source", "batch.moves:cut_paste", "source_sheet.put_run(row, source.c0, [EMPTY] * source.width)", "None", "test_grid.py"),
    Mutant("copy of values copies formulas", "batch.moves:pasted", 'if how == "PASTE_VALUES":', 'if how == "NEVER":', "test_grid.py"),
    Mutant("named ranges do not move", "shift:_named", 'named["range"] = new', "pass", "test_grid.py"),
    Mutant("protections do not move", "shift:_ranges", "entry[name] = new", "pass", "test_grid.py"),
    Mutant("formulas do not follow", "shift:_follow", "_formulas(book, sheet, change)", "None", "test_grid.py"),
    Mutant("insert at a range's start grows it", "shift:Insert.span", "start < self.at", "start <= self.at", "test_grid.py"),
    Mutant("delete shrinks nothing", "shift:Delete._point", "return self.start if at <= self.end else", "return at if at <= self.end else", "test_grid.py"),
    Mutant("protection not enforced", "protect:guard", "raise protected_cell()", "return", "test_protection.py"),
    Mutant("editors of a protection refused", "protect:may_edit", 'or actor.email in editors.get("users", [])', "", "test_protection.py"),
    Mutant("warning refuses", "protect:may_edit", 'bool(entry.get("warningOnly"))', "False", "test_protection.py"),
    Mutant("unprotected parts forgotten", "protect:covers", "return not any(", "return True or any(", "test_protection.py"),
    Mutant("readers may write", "workspace:Workspace.book", 'if role is None or (write and ROLES.index(role) < ROLES.index("writer")):', "if role is None:", "test_protection.py"),
    Mutant("private files open to all", "workspace:Workspace.book", "if role is None or", 'if role is None and not (role := "owner") or', "test_protection.py"),
    Mutant("old tokens accepted", "auth:Accounts.caller", 'or found["expires"] < self._env.clock.now().timestamp()', "", "test_clients.py"),
    Mutant("signatures not checked", "auth:Accounts.grant", "key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())", "None", "test_clients.py"),
    Mutant("scopes not checked", "auth:Caller.need", "if not (self.scopes & scopes)", "if False", "test_clients.py"),
    Mutant("unknown fields ignored", "schema:parse", "if lenient:", "if True:", "test_wire.py"),
    Mutant("response ranges ignored", "methods:_updated", "found if areas else None", "None", "test_batch.py"),
    Mutant("update masks ignored", "masks:merge", "if inner and (nested", "if False and (nested", "test_batch.py"),
    Mutant("colours not rounded", "styles:channel", "eighths / 255", "value", "test_batch.py"),
    Mutant("files keep their time", "workspace:Workspace.touched", '"modifiedTime": self.env.clock.stamp()', '"modifiedTime": file["modifiedTime"]', "test_drive.py"),
    Mutant("files keep their version", "workspace:Workspace.touched", 'file["version"] + 1', 'file["version"]', "test_drive.py"),
    Mutant("removed files missing from changes", "workspace:Workspace.delete_file", '{"removed": True}', '{"removed": False}', "test_drive.py"),
    Mutant("quota never refills", "quota:Quota.spend", "self._used.clear()", "None", "test_faults.py"),
    Mutant("drop after apply does not apply", "faults:Faults.around", 'if kind in ("drop_after", "hang_after"):\n            handle(request)', 'if kind in ("drop_after", "hang_after"):\n            None', "test_faults.py"),
    Mutant("503 before applies", "faults:Faults.around", 'if kind == "unavailable_after":', 'if kind.startswith("unavailable"):', "test_faults.py"),
    Mutant("late requests never land", "faults:Faults.release", "response = handle(waiting.request)", 'response = Response(200)', "test_faults.py"),
    Mutant("people's acts lost with a failed batch", "methods:batch_update", "others.redo()", "None", "test_dispatcher.py"),
    Mutant("dispatchers are never refused", "dispatcher:_commit", "person.book_id, person.email", 'person.book_id, workspace.files[person.book_id]["permissions"][0]["emailAddress"]', "test_dispatcher.py"),
    Mutant("order of rows not stored", "store:Store._save_sheet", "if sheet.reordered:", "if sheet.reordered and not sheet.dirty:", "test_store.py"),
    Mutant("emptied rows stay on disk", "store:Store._save_sheet", "drop.append((*key, rid))", "None", "test_store.py"),
    Mutant("metadata not stored", "store:Store.save_book", "for metadata_id in book.touched_meta:", "for metadata_id in ():", "test_store.py"),
)  # fmt: skip


def _find(code: CodeType, qualname: str) -> CodeType | None:
    if code.co_qualname == qualname:
        return code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found = _find(constant, qualname)
            if found is not None:
                return found
    return None


def _function(module: ModuleType, qualname: str) -> FunctionType:
    found = module
    for part in qualname.split("."):
        found = getattr(found, part)
    found = inspect.unwrap(found)  # type: ignore[arg-type]
    assert isinstance(found, FunctionType)
    return found


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The fault is in the server inside this block."""
    name, qualname = mutant.where.split(":")
    module = importlib.import_module(f"local_sheets.{name}")
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    function = _function(module, qualname)
    body = inspect.getsource(function)
    assert mutant.old in body, f"{mutant.name}: {mutant.old!r} is not in {mutant.where}"
    wrong = source.replace(body, body.replace(mutant.old, mutant.new))
    code = _find(compile(wrong, module.__file__, "exec", dont_inherit=True), qualname)
    assert code is not None
    right = function.__code__
    assert code.co_freevars == right.co_freevars
    function.__code__ = code
    _forget(module)
    try:
        yield
    finally:
        function.__code__ = right
        _forget(module)


def _forget(module: ModuleType) -> None:
    """Cached results of the other code."""
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
