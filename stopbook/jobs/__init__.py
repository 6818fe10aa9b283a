"""Jobs: one file each, with one declaration. Commands, buttons, the schedule and the handbook read it."""

from importlib import import_module
from pkgutil import iter_modules

from stopbook.job import Job
from workbooks.problems import Refused


def _declared() -> dict[str, Job]:
    found = {}
    for module in sorted(info.name for info in iter_modules(__path__)):
        job: Job = import_module(f"{__name__}.{module}").JOB
        if job.name.replace("-", "_") != module:
            raise ValueError(f"stopbook/jobs/{module}.py declares a job named {job.name}")
        found[job.name] = job
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def jobs() -> dict[str, Job]:
    """Every job by name, in the order of the day."""
    return _declared()


def job(name: str) -> Job:
    """The job of that name; Refused with the names there are."""
    known = jobs()
    wanted = name.lower().replace("_", "-").replace(" ", "-")
    if wanted not in known:
        raise Refused(f"There is no job {name}. Jobs: {', '.join(known)}.")
    return known[wanted]
