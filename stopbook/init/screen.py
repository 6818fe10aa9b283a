"""The interview on a terminal, and the last screen of an installation: what there is, and what to do next."""

import sys
from collections.abc import Callable

from stopbook.console import out, program, shown
from stopbook.init.examples import ABOUT
from stopbook.init.forms import FOLDER
from stopbook.init.lay_out import Laid


def prompt(question: str, default: str = "", right: Callable[[str], str] | None = None) -> str:
    """Asks until the answer can stand. Ends of input and Ctrl-C end the interview; nothing is written then."""
    while True:
        proposal = f" [dim]({default})[/]" if default else ""
        out.print(f"{question}{proposal}: ", end="")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        answer = line.strip() or default
        wrong = right(answer) if right else ""
        if not wrong:
            return answer
        out.print(f"  {wrong}", markup=False)


def show(laid: Laid) -> None:
    """The last screen."""
    home, start = shown(laid.home), program(laid.home)
    verb = "is set up" if laid.fresh else "is set up already; nothing was changed"
    out.print(f"\n[bold]{laid.company} {verb}[/] in {home}")
    for title, names in (("Markets", laid.markets), ("Accounts", laid.accounts), ("People", laid.people)):
        out.print(f"  {title:<10}{', '.join(names)}", markup=False)
    out.print(f"\n[bold]Workbooks[/] in {home}/workbooks, one per role")
    for file, title in laid.workbooks:
        out.print(f"  {file:<20} {title}", markup=False)
    out.print(f"\n[bold]Forms to fill in[/] in {home}/{FOLDER}, each tab with an example")
    for name, about in ABOUT.items():
        out.print(f"  {name + '.xlsx':<20} {about}", markup=False)
    out.print("\n[bold]Next[/]")
    steps = (
        (f"{start} import {home}/{FOLDER}/manager.xlsx", "once your drivers and vehicles are in it"),
        (f"{start} import {home}/{FOLDER}/payroll.xlsx", "pay plans; then billing.xlsx with your rate cards"),
        (f"{start} import orders.csv --table orders", "the orders of a day, as your platform exports them"),
        (f"{start} run write-workbooks", "writes the workbooks anew, and takes in what people changed in them"),
    )  # fmt: skip
    for command, why in steps:
        out.print(f"  [green]{command}[/]\n      [dim]{why}[/]")
    out.print("\nThe whole way, step by step: docs/tutorial/your-first-day.md")
