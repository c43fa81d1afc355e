"""`python -m civicline.demo.accounts`: gives everybody of the loaded pack a password, and a telephone."""

from __future__ import annotations

from civicline import settings as settings_module
from civicline.commands import django_setup
from civicline.database.urls import urls
from civicline.demo import sign_ins
from civicline.journal.connect import connect
from civicline.settings import Settings


def make(settings: Settings) -> None:
    from django.contrib.auth import authenticate

    from civicline.people.actions import set_password
    from civicline.people.models import Staff
    from civicline.phones import accounts

    staff = list(Staff.objects.filter(is_active=True).order_by("username"))
    made = sign_ins.ensure(settings, [each.username for each in staff])
    with connect(urls(settings).app, "demonstration") as conn:
        for user, password in made.sip.items():
            accounts.set_password(conn, user, password)
    for each in staff:
        if not each.has_usable_password() or authenticate(None, username=each.username, password=made.web) is None:
            set_password(each.username, made.web)


def main() -> None:
    django_setup.setup()
    make(settings_module.load())


if __name__ == "__main__":
    main()
