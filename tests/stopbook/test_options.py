"""What a person may say to a job besides day and market: read alike from command, hub and page."""

from datetime import date

import pytest

from stopbook import options
from stopbook.job import Params
from stopbook.jobs import job, jobs
from stopbook.options import Option
from tests.stopbook.test_cli import company, stopbook  # noqa: F401
from workbooks.problems import Refused
from workbooks.schema import Type
from workbooks.tables import TABLES

PAY = job("record-pay")


def test_values_are_read_by_their_type_and_several_by_their_commas():
    said = {"paid_on": "2026-03-20", "pay_ref": " 0077 ", "driver": "D-7, D-9,"}
    assert options.read(PAY.options, said, PAY.title) == {
        "paid_on": date(2026, 3, 20),
        "pay_ref": "0077",
        "driver": ("D-7", "D-9"),
    }


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"paid_on": "03/04/2026"}, "--paid-on: "),
        ({"colour": "red"}, "Record pay takes no option colour. It takes --paid-on, --pay-ref, --driver, --settlement."),
        ({"pay_ref": "x" * 401}, "--pay-ref is longer than 400 characters."),
        ({"pay_ref": 7}, "Record pay: --pay-ref is a text."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(said, sentence):
    with pytest.raises(Refused) as refused:
        options.read(PAY.options, said, PAY.title)
    assert str(refused.value).startswith(sentence)


def test_what_is_needed_is_asked_for():
    with pytest.raises(Refused, match=r"Try needs --weeks: how many weeks\."):
        options.read((Option("weeks", "How many weeks", Type.INT, required=True),), {}, "Try")


def test_what_was_said_is_part_of_what_a_run_is_for():
    read = options.read(PAY.options, {"paid_on": "2026-03-20", "driver": "D-7,D-9"}, PAY.title)
    scope = PAY.scope(Params(None, "ana", "test", None, date(2026, 3, 9), read))
    assert scope == {"date": "2026-03-09", "paid_on": "2026-03-20", "driver": "D-7,D-9"}
    assert options.read(PAY.options, {n: t for n, t in scope.items() if n != "date"}, "") == read


def test_every_option_is_declared_so_that_it_can_be_typed_and_looked_up():
    for each in jobs().values():
        names = [option.name for option in each.options]
        assert len(names) == len(set(names)), each.name
        for option in each.options:
            assert option.name.isidentifier()
            assert option.name not in ("date", "market", "preview")
            assert option.about
            assert not option.about.endswith("."), option
            assert option.ref == "" or len(TABLES[option.ref].key) == 1, (each.name, option.name)


def test_the_command_of_a_job_says_what_it_takes(stopbook):  # noqa: F811
    code, said, _ = stopbook("run", "--help")
    assert code == 0
    assert "record-pay" in said
    _, said, _ = stopbook("run", "record-pay", "--help")
    for part in ("--paid-on", "Day of the payment.", "--pay-ref", "--driver", "Several with a comma between", "--date"):
        assert part in said, part
    _, said, _ = stopbook("run", "activate-cards", "--help")
    assert "--date" not in said


MISNAMED = (
    (("run", "draft-invoices", "--date", "2026-03-10", "--account", "A9"), "There is no account A9."),
    (("run", "record-pay", "--date", "2026-03-10", "--paid-on", "20/3"), "--paid-on: “20/3” is not a date"),
    (("run", "post-settlements", "--date", "2026-03-10", "--settlement", "2026-W11-D-7-1"),
     "No settlement of 2026-03-10 is REVIEW among 2026-W11-D-7-1."),
    (("run", "post-invoices", "--invoice", "A1-2026-03-09"), "Invoice A1-2026-03-09 does not exist"),
)  # fmt: skip


def test_what_an_option_names_must_be_there(company):  # noqa: F811
    for arguments, sentence in MISNAMED:
        code, said, wrong = company(*arguments)
        assert sentence in wrong + said, (arguments, code, said, wrong)
