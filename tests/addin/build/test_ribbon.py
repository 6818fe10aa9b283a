"""The tab: groups in the order of the day, keys that can all be reached, and buttons a person can understand."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin import buttons
from addin.build.icons import ICONS
from addin.build.ribbon import ACTIONS, GROUPS, Button, Kind, groups, ribbon
from stopbook import addin
from stopbook.hub.works import NOT_HERE, ROLES, posts
from stopbook.jobs import jobs
from tests.addin.build.readers import UI


def _tab(buttons: list[Button]) -> ElementTree.Element:
    tab = ElementTree.fromstring(ribbon(buttons)).find(f".//{UI}tab")
    assert tab is not None
    return tab


def test_the_groups_stand_in_the_order_of_the_day():
    assert [group.get("label") for group in _tab(list(addin.buttons()))] == [
        "Today",
        "Close",
        "Pay",
        "Bill",
        "Data",
        "Help",
    ]


def test_every_group_of_a_job_is_one_of_the_ribbon_and_has_its_roles():
    assert {job.group for job in jobs().values()} <= set(GROUPS)
    assert set(ROLES) == set(GROUPS) - {"Help"}


def test_every_job_of_the_hub_has_its_button_with_its_own_words():
    shown = {button.get("id"): button for button in _tab(list(addin.buttons())).iter(f"{UI}button")}
    for job in jobs().values():
        if job.name in NOT_HERE:
            assert f"job.{job.name}" not in shown
            continue
        button = shown[f"run.{job.name}" if posts(job) else f"job.{job.name}"]
        assert (button.get("label"), button.get("supertip")) == (job.title, job.about)


@pytest.mark.parametrize("name", [name for name, job in jobs().items() if posts(job)])
def test_what_posts_is_previewed_first_and_never_run_by_one_click(name):
    tab = _tab(list(addin.buttons()))
    [menu] = [menu for menu in tab.iter(f"{UI}menu") if menu.get("id") == f"menu.{name}"]
    assert [button.get("id") for button in menu] == [f"preview.{name}", f"run.{name}"]
    assert [button.get("keytip") for button in menu] == ["P", "R"]


def test_python_knows_what_every_button_is_for():
    assert {button.name for button in ACTIONS} == set(buttons._ACTIONS)
    assert all(buttons.is_job(name) for one in addin.buttons() if one.kind is not Kind.ACTION for name in one.ids)


def test_today_begins_with_how_things_stand():
    first = _tab(list(ACTIONS))[0]
    assert [label.get("id") for label in first[0]] == ["status.1", "status.2", "status.3"]
    assert {label.get("getLabel") for label in first[0]} == {"SB_Label"}


@pytest.mark.parametrize(
    "many, size, shown",
    [(1, "large", 1), (3, "large", 3), (4, "normal", 4), (6, "normal", 6), (7, "normal", 5), (20, "normal", 5)],
)
def test_a_group_takes_two_columns_at_most_and_the_rest_is_a_menu(many, size, shown):
    [group] = _tab([Button(f"b{n}", f"Pay {n}", "Pay", "Pays.") for n in range(many)])
    there = [element for element in group if element.get("id") != "status"]
    ids = [str(element.get("id")) for element in there]
    assert ids[:shown] == [f"job.b{n}" for n in range(shown)]
    assert {element.get("size") for element in there} == {size}
    if many == shown:
        assert len(ids) == shown
    else:
        assert ids[shown:] == ["more.pay"]
        assert [button.get("id") for button in there[-1]] == [f"job.b{n}" for n in range(shown, many)]
        assert all(button.get("description") and not button.get("size") for button in there[-1])


TITLES = st.lists(st.text("abcdefghij ", min_size=1, max_size=12).filter(str.strip), max_size=33)


@given(TITLES)
def test_the_keys_of_a_group_are_all_different_and_of_one_length(titles):
    made = groups([Button(f"b{n}", title, "Pay", "Pays.") for n, title in enumerate(titles)])
    keys = [key for group in made for _, key in group.buttons]
    assert len(set(keys)) == len(titles)
    assert all(len(key) == 2 and key[0] == "P" and key[1].isalnum() for key in keys)


def test_a_key_is_an_initial_where_it_is_free():
    made = groups(
        [Button(f"b{n}", title, "Bill", "Bills.") for n, title in enumerate(["Post invoices", "Pay", "Post", "Poise"])]
    )
    assert [key for _, key in made[0].buttons] == ["BP", "BA", "BO", "BI"]


def test_more_buttons_than_keys_is_said():
    with pytest.raises(ValueError, match="more buttons than there are keys"):
        groups([Button(f"b{n}", "Pay", "Pay", "Pays.") for n in range(36)])


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Post Invoices"},
        {"name": "x'); import os; ('"},
        {"name": ""},
        {"group": "Payroll"},
        {"icon": "HappyInvoice"},
    ],
)
def test_a_button_that_could_not_be_shown_or_told_to_python_is_not_made(said):
    with pytest.raises(ValueError):
        Button(**{"name": "x", "title": "X", "group": "Pay", "about": "Does x.", **said})


def test_words_with_signs_of_xml_stay_what_they_are():
    tab = _tab([Button("x", 'Drivers\' "pay" & <more>', "Pay", "Less < more & all.", kind=Kind.ACTION)])
    [button] = tab.iter(f"{UI}button")
    assert button.get("label") == 'Drivers\' "pay" & <more>'


def test_pictures_are_the_jobs_own_or_their_groups():
    assert set(GROUPS.values()) | {button.icon for button in ACTIONS} <= ICONS
    assert [Button("x", "X", "Pay", "x").picture, Button("x", "X", "Pay", "x", "Undo").picture] == [
        GROUPS["Pay"],
        "Undo",
    ]
