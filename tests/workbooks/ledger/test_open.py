import os
import subprocess
import sys

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests.benches.postgres import PASSWORD
from tests.workbooks.ledger.support import AT, apply, parcel
from workbooks.ledger import Ledger
from workbooks.ledger.tables import METADATA, VERSION, VERSION_TABLE, identity
from workbooks.problems import Refused


def test_a_ledger_keeps_its_identity(url):
    with Ledger.open(url, AT) as ledger:
        first = ledger.ledger_id
        with ledger._read() as conn:
            assert conn.execute(identity.select()).all() == [(first, AT)]
    with Ledger.open(url) as ledger:
        assert ledger.ledger_id == first


def test_migrations_give_the_declared_tables(ledger):
    with ledger._read() as conn:
        context = MigrationContext.configure(conn, opts={"version_table": VERSION_TABLE})
        assert context.get_current_revision() == VERSION
        assert compare_metadata(context, METADATA) == []


def test_opening_an_up_to_date_ledger_does_not_import_alembic(tmp_path):
    path = tmp_path / "ledger.db"
    Ledger.open(str(path)).close()
    program = "import sys; from workbooks.ledger import Ledger; Ledger.open(sys.argv[1]).close(); print('alembic' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_sqlite_is_as_safe_as_it_can_be(tmp_path):
    with Ledger.open(str(tmp_path / "ledger.db")) as ledger, ledger._write() as conn:
        settings = [
            conn.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
        assert settings == ["wal", 2, 1]


def test_a_ledger_in_memory_works_for_one_thread():
    with Ledger.open("sqlite://") as ledger:
        apply(ledger, parcel("A"))
        assert len(ledger.load("parcels", {})) == 1


def test_a_newer_ledger_is_refused(url):
    with Ledger.open(url) as ledger, ledger._write() as conn:
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(Refused, match=r"newer version of this program \(schema 9999, this one knows 0001\)"):
        Ledger.open(url)


def test_a_database_with_other_tables_is_refused_and_left_alone(url):
    with Ledger.open(url) as ledger, ledger._write() as conn:
        METADATA.drop_all(conn)
        conn.execute(text(f"DROP TABLE {VERSION_TABLE}"))
        conn.execute(text("CREATE TABLE recipes (name TEXT)"))
    with pytest.raises(Refused, match="is not a ledger: it holds other tables"):
        Ledger.open(url)


@pytest.mark.parametrize("content", [b"id;name\n1;Ana\n" * 500, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_file_that_is_no_ledger_is_refused(tmp_path, content):
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(Refused, match=r"ledger\.db is damaged or is not a ledger"):
        Ledger.open(str(path))
    assert path.read_bytes() == content


def test_damage_inside_is_said_when_it_is_met(tmp_path):
    path = tmp_path / "ledger.db"
    with Ledger.open(str(path)) as ledger:
        apply(ledger, *(parcel(f"P{number}", note="x" * 200) for number in range(300)))
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = os.urandom(len(content) - 4096 * 3)
    path.write_bytes(content)
    with (
        pytest.raises(Refused, match="is damaged or is not a ledger; restore it from a backup"),
        Ledger.open(str(path)) as ledger,
    ):
        ledger.load("parcels", {})


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(Refused, match=r"The folder .*nowhere does not exist"):
        Ledger.open(str(tmp_path / "nowhere" / "ledger.db"))


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(Refused, match="cannot be opened; check the path"):
        Ledger.open(str(tmp_path))


def test_a_read_only_ledger_is_refused_when_writing(tmp_path):
    path = tmp_path / "ledger.db"
    Ledger.open(str(path)).close()
    url = f"sqlite:///file:{path.as_posix()}?mode=ro&uri=true"
    with Ledger.open(url) as ledger, pytest.raises(Refused, match="is read-only; allow writing"):
        apply(ledger, parcel("A"))


def test_a_full_disk_leaves_everything_as_before(tmp_path):
    with Ledger.open(str(tmp_path / "ledger.db")) as ledger:
        apply(ledger, parcel("A", note="first"))
        with ledger._read() as conn:
            pages = conn.execute(text("PRAGMA page_count")).scalar()
            conn.execute(text(f"PRAGMA max_page_count = {pages + 10}"))
        big = [parcel("A", 1, note="second"), *(parcel(f"P{number}", note="x" * 500) for number in range(500))]
        with pytest.raises(Refused, match=r"The disk of the ledger .* is full, so nothing was changed"):
            apply(ledger, *big)
        assert [record.values["note"] for record in ledger.load("parcels", {})] == ["first"]
        assert len(ledger.load("runs", {})) == 1
        with ledger._read() as conn:
            conn.execute(text("PRAGMA max_page_count = 1000000"))
        assert not apply(ledger, *big).replayed
        assert len(ledger.load("parcels", {})) == 501


def test_a_ledger_that_stays_busy_is_refused(url, monkeypatch):
    monkeypatch.setattr("workbooks.ledger.database.WAIT", 0.1)
    with Ledger.open(url) as ledger, Ledger.open(url) as other, other._write():
        with pytest.raises(Refused, match="Another program has been writing"):
            apply(ledger, parcel("A"))
        assert ledger.load("parcels", {}) == []  # readers do not wait


def test_a_lost_connection_is_said_and_made_anew(cluster):
    def end_all_others(url):
        with psycopg.connect(url, autocommit=True) as connection:
            others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(f"SELECT pg_terminate_backend(pid) FROM ({others}) AS others")

    url = cluster.fresh()
    with Ledger.open(url) as ledger:
        with pytest.raises(Refused, match=r"The connection to .* was lost; run again"), ledger._write() as conn:
            end_all_others(url)
            conn.execute(text("SELECT 1"))
        apply(ledger, parcel("A"))
        end_all_others(url)
        assert len(ledger.load("parcels", {})) == 1


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_unreachable_server_is_said_without_the_password(scheme):
    with pytest.raises(Refused, match=r"database books on 127\.0\.0\.1 cannot be reached \(no answer\)") as refused:
        Ledger.open(f"{scheme}://ana:{PASSWORD}@127.0.0.1:1/books")
    assert PASSWORD not in str(refused.value)


def test_a_missing_database_is_said_in_the_servers_words(cluster):
    with pytest.raises(Refused, match='database "nowhere" does not exist') as refused:
        Ledger.open(cluster.url("nowhere"))
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:quay@lantern@127.0.0.1:1/books",
        "postgresql://ana:quay@lantern/7@127.0.0.1:1/books",
        "postgresql://127.0.0.1:1/books?user=ana&password=lantern",
        "postgresql://ana:lantern@127.0.0.1:port/books",
        "mysql://ana:lantern@127.0.0.1/books",
        "://lantern",
    ],
)
def test_no_message_shows_a_part_of_the_password(address):
    with pytest.raises(Refused) as refused:
        Ledger.open(address)
    assert "lantern" not in str(refused.value)
    assert "quay" not in str(refused.value)


def test_without_the_driver_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Refused, match=r"pip install 'stopbook\[postgres\]'"):
        Ledger.open("postgresql://ana@127.0.0.1/books")


def test_an_account_without_rights_is_refused(cluster):
    url = cluster.fresh()
    with Ledger.open(url) as ledger, ledger._write() as conn:
        schema = conn.execute(text("SELECT current_schema()")).scalar()
        conn.execute(text("CREATE ROLE guest LOGIN"))
        conn.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO guest"))
        conn.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guest"))
    guest = url.replace(f"stopbook:{PASSWORD}", "guest")
    with Ledger.open(guest) as ledger, pytest.raises(Refused, match="may not do this; let its owner grant"):
        apply(ledger, parcel("A"))
