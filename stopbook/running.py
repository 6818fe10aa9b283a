"""The commands `stopbook run JOB`: one for each job, with the options its declaration names."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from stopbook.job import Job

OTHERWISE = {"import-file": "Files are taken in with: stopbook import FILE."}
"""jobs with a command of their own"""
_DAY = "Operating day, 2026-03-10."
_MARKET = "Market code; blank: all."
_PREVIEW = "Say what would happen; write nothing."


class Jobs(TyperGroup):
    """Commands made from the jobs, when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every job with a command here, in the order of the day."""
        from stopbook.jobs import jobs

        return [name for name in jobs() if name not in OTHERWISE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a job; Refused with the names there are."""
        from stopbook.jobs import job
        from workbooks.problems import Refused

        found = job(cmd_name)
        if found.name in OTHERWISE:
            raise Refused(OTHERWISE[found.name])
        return command(found)


app = typer.Typer(cls=Jobs, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def run() -> None:
    """Run a job, or preview it."""


def command(job: "Job") -> Any:
    """The command of one job."""
    made = typer.Typer(add_completion=False, rich_markup_mode=None)
    made.command(job.name, help=job.about, short_help=job.about)(_callback(job))
    return typer.main.get_command(made)


def _callback(job: "Job") -> Callable[..., None]:
    def do(**said: Any) -> None:
        from stopbook import cli, options

        market, day, preview = said.pop("market", None), said.pop("date", None), said.pop("preview")
        given = options.read(job.options, {name: text for name, text in said.items() if text is not None}, job.title)
        cli.do(job.name, cli.params(market, day, **given), preview)

    parameters = [_text("date", _DAY)] if job.by_day else []
    parameters += [_text("market", _MARKET)] if job.by_market else []
    for option in job.options:
        more = " Several with a comma between." if option.several else ""
        parameters.append(_text(option.name, f"{option.about}{' (needed)' if option.required else ''}.{more}"))
    parameters.append(Parameter("preview", Parameter.KEYWORD_ONLY, default=False,
                                annotation=Annotated[bool, typer.Option("--preview", help=_PREVIEW)]))  # fmt: skip
    do.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    do.__annotations__ = {each.name: each.annotation for each in parameters}
    return do


def _text(name: str, about: str) -> Parameter:
    flag = f"--{name.replace('_', '-')}"
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None,
                     annotation=Annotated[str | None, typer.Option(flag, help=about, metavar="TEXT")])  # fmt: skip
