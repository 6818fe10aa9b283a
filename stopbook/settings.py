"""Where Stopbook keeps its things and how it reaches its ledger: one folder, one small settings file.

The folder (“home”) holds stopbook.toml, the ledger, the workbooks and what was returned. It is chosen by --home, by
STOPBOOK_HOME, by a stopbook.toml in the current folder, else it is the user's data folder. Every setting can also
come from the environment (STOPBOOK_LEDGER_URL …); secrets belong there, never in the file.
"""

import difflib
import os
import tomllib
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from workbooks.problems import Refused

FILE = "stopbook.toml"


class Settings(BaseSettings):
    """The settings of one home. `ledger_url` blank: SQLite in the home. `person`: who changes are signed by.

    `spreadsheet_seconds`: between two looks at a Google spreadsheet while people work in it. `google_requests`: reads, and
    writes, that leave for Google in a minute, out of the 60 that it allows a user: people's own tools need some.
    """

    model_config = SettingsConfigDict(env_prefix="STOPBOOK_", extra="forbid")

    home: Path
    ledger_url: str = ""
    person: str = ""
    company: str = "Stopbook"
    spreadsheet_seconds: int = Field(default=10, ge=1, le=600)
    google_requests: int = Field(default=45, ge=6, le=10_000)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line first, then environment, then the file."""
        home = Path(init_settings()["home"])
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, home / FILE)

    @property
    def ledger(self) -> str:
        """URL of the ledger."""
        return self.ledger_url or f"sqlite:///{(self.home / 'ledger.sqlite').as_posix()}"

    @property
    def workbooks(self) -> Path:
        """Folder of the workbooks."""
        return self.home / "workbooks"

    @property
    def returned(self) -> Path:
        """Folder of rows that could not be taken in."""
        return self.home / "returned"

    @property
    def profiles(self) -> Path:
        """Folder of saved column profiles."""
        return self.home / "profiles"

    @property
    def signed(self) -> str:
        """Who changes are signed by."""
        return self.person or os.environ.get("USER") or os.environ.get("USERNAME") or "somebody"


def load(home: Path | None = None) -> Settings:
    """The settings of `home`, or of the home that applies here; Refused when the file is not right."""
    chosen = home or _home()
    try:
        return Settings(home=chosen.expanduser().absolute())
    except tomllib.TOMLDecodeError as error:
        raise Refused(
            f"{chosen / FILE} is not a valid settings file: {error}. Correct that line and try again."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        what = "is not a setting" if first["type"] == "extra_forbidden" else f"is not right ({first['msg']})"
        near = difflib.get_close_matches(name, _names(), n=1) if first["type"] == "extra_forbidden" else []
        hint = f"Did you mean {near[0]}?" if near else f"Settings are {', '.join(_names())}."
        raise Refused(f"{chosen / FILE}: {name} {what}. {hint}") from error


def _names() -> list[str]:
    return [name for name in Settings.model_fields if name != "home"]


def _home() -> Path:
    if named := os.environ.get("STOPBOOK_HOME"):
        return Path(named)
    if (Path.cwd() / FILE).exists():
        return Path.cwd()
    import platformdirs

    return Path(platformdirs.user_data_dir("stopbook", appauthor=False))
