"""What Excel on Windows attaches to, where it may start no program itself: a Python that waits for it from sign-in on.

After `stopbook addin install --no-agent` nobody runs this; Excel then starts such a Python when it first needs one.
"""

from addin.handshake import AGENT_CLSID


def main() -> None:
    """Serve until the session ends."""
    from xlwings.com_server import serve

    serve(AGENT_CLSID)  # type: ignore[no-untyped-call]  # it is xlwings' own


if __name__ == "__main__":
    main()
