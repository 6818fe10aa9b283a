"""The log: what happened inside, for whoever has to repair it. People get a sentence and a number instead."""

import logging
import os
from pathlib import Path
from secrets import token_hex

import structlog


def fault(error: BaseException, home: Path | None) -> tuple[str, Path]:
    """Write an unexpected error with its traceback to the log; returns its number and the file."""
    number = f"F-{token_hex(4)}"
    path = _file(home)
    handler = logging.FileHandler(path, encoding="utf-8")
    logger = logging.Logger("stopbook")
    logger.addHandler(handler)
    # a plain traceback: one that shows variables would write tokens and addresses into the log
    shown = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.wrap_logger(
        logger,
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), shown],
    ).error("fault", number=number, exc_info=(type(error), error, error.__traceback__))
    handler.close()
    return number, path


def _file(home: Path | None) -> Path:
    """The log of the home, or of the user's folder when the home cannot be written."""
    import platformdirs

    for folder in (home / "logs" if home else None, Path(platformdirs.user_log_dir("stopbook", appauthor=False))):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder / "stopbook.log"
        except OSError:
            continue
    return Path("stopbook.log")
