"""Settings: every policy that is a number or a choice, dated, with who confirmed it."""

from workbooks.policy import POLICIES
from workbooks.schema import STAFF, Book, Column, Kind, M, S, Table, Type

TABLE = Table(
    name="settings",
    title="Settings",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("key", "eff_from"),
    about="One row per setting and first day it applies. The latest row that has begun decides.",
    order=123,
    readers=STAFF,
    new_rows=(M,),
    columns=(
        Column("key", "Setting", Type.ENUM, (M,), "Which policy", enum=tuple(POLICIES), required=True, width=28),
        Column("eff_from", "From", Type.DATE, (M,), "First day; blank: always", width=11),
        Column("value", "Value", Type.TEXT, (M,), "What applies", required=True, width=24),
        Column("about", "What it decides", Type.TEXT, (S,), "In plain words", width=60),
        Column("source", "Source", Type.TEXT, (M,), "Contract, law or decision it comes from", width=28),
        Column("confirmed_by", "Confirmed by", Type.TEXT, (M,), "Who says so", width=18),
        Column("confirmed_on", "Confirmed on", Type.DATE, (M,), "When", width=12),
    ),
    defaults=tuple(
        {"key": name, "value": policy.default, "about": policy.about}
        for name, policy in POLICIES.items()
        if policy.default
    ),
)
