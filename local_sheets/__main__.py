"""``python -m local_sheets serve``."""

from local_sheets.cli import app

if __name__ == "__main__":
    app()
