"""One file per tab. A module here declares exactly one `TABLE`; adding the file adds the tab everywhere."""

from importlib import import_module
from pkgutil import iter_modules

from workbooks.schema import Table


def _declared() -> dict[str, Table]:
    found = {}
    for module in sorted(info.name for info in iter_modules(__path__)):
        table: Table = import_module(f"{__name__}.{module}").TABLE
        if table.name != module:
            raise ValueError(f"workbooks/tables/{module}.py declares a table named {table.name}")
        found[table.name] = table
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


TABLES: dict[str, Table] = _declared()
"""every table by name, in the order of its tab"""
