"""Sign in, sign out, and who is asking."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from civicline.contacts import queries
from civicline.desk import actions as desk
from civicline.people import actions
from civicline.people.access import may, public, requires
from civicline.people.forms import SignInForm
from civicline.people.models import Staff
from civicline.web.address import client_address
from civicline.web.language import set_language


@public
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    error = ""
    if request.method == "POST":
        if form.is_valid():
            found = actions.sign_in(**form.cleaned_data, address=client_address(request))
            if found.staff is not None:
                return _entered(request, found.staff)
            error = _why_not(found)
        else:
            error = _("Write your staff name and your password.")
    page = {"form": form, "error": error, "next": _next(request)}
    return render(request, "people/sign_in.html", page, status=422 if error else 200)


def _why_not(found: actions.SignIn) -> str:
    if not found.wait_s:
        return _("The staff name or the password is not right.")
    return ngettext(
        "Too many attempts. Try again in %(n)d second.", "Too many attempts. Try again in %(n)d seconds.", found.wait_s
    ) % {"n": found.wait_s}


def _entered(request: HttpRequest, staff: Staff) -> HttpResponse:
    """`login` gives the session a new key, so a key known before the sign-in is worth nothing after it."""
    login(request, staff)
    return set_language(redirect(_next(request) or home_of(staff)), staff.language)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed else ""


def home_of(staff: Staff) -> str:
    return "/floor/" if may(staff, "floor.see") else "/desk/"


@requires("account.use")
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the work at the desk too: a phone must not ring for somebody who has left."""
    if isinstance(request.user, Staff):
        desk.sign_out(request.user.username)
        actions.signed_out(request.user)
    logout(request)
    return redirect("/sign-in")


@requires("live.follow")
@require_GET
def whoami(request: HttpRequest) -> HttpResponse:
    """For the push process, over the Unix socket only: whose session this cookie is."""
    staff = request.user
    if not isinstance(staff, Staff):
        return JsonResponse({}, status=401)
    row = queries.agent(staff.username)
    contacts = [row.contact] if row and row.contact else []
    return JsonResponse({"staff": staff.username, "all": may(staff, "floor.see"), "contacts": contacts})
