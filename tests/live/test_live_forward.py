"""What the one origin does between the browser and the web process, with both as they run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import httpx
import pytest

from civicline.live.forward import end_to_end, request_headers
from civicline.web import assets
from peers.ports import eventually
from web.stand import PASSWORD, REPRESENTATIVE, Stand


@pytest.fixture
def client(site: Stand) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=20) as made:
        yield made


def test_hop_by_hop_fields_stay_behind() -> None:
    sent = [(b"Connection", b"keep-alive, X-Odd"), (b"X-Odd", b"1"), (b"TE", b"trailers"), (b"Accept", b"*/*")]
    assert end_to_end(sent) == [(b"accept", b"*/*")]


def test_who_asks_is_said_by_us_and_not_by_the_browser() -> None:
    scope = {
        "headers": [(b"host", b"desk.example"), (b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")],
        "client": ("192.0.2.1", 5000),
        "scheme": "http",
    }
    assert request_headers(scope) == [
        (b"host", b"desk.example"),
        (b"x-forwarded-for", b"192.0.2.1"),
        (b"x-forwarded-proto", b"http"),
        (b"x-forwarded-host", b"desk.example"),
    ]


def test_a_page_comes_through_with_one_date_and_no_server(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert len(answer.headers.get_list("date")) == 1
    assert "server" not in answer.headers


def test_a_path_comes_through_as_it_was_written(client: httpx.Client) -> None:
    answer = client.get("/desk/?a=%2F%20b&c=%C3%A9")
    assert answer.headers["location"] == "/sign-in?next=%2Fdesk%2F%3Fa%3D%252F%2520b%26c%3D%25C3%25A9"


def test_a_form_comes_through(client: httpx.Client) -> None:
    assert signed_in(client).get("/desk/").status_code == 200


def signed_in(client: httpx.Client, who: str = REPRESENTATIVE) -> httpx.Client:
    page = client.get("/sign-in").text
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"csrfmiddlewaretoken": token, "username": who, "password": PASSWORD}
    answer = client.post("/sign-in", data=form, headers={"Origin": str(client.base_url).rstrip("/")})
    assert answer.status_code == 302, answer.text
    return client


def test_what_the_web_process_tells_the_push_process_is_not_for_browsers(client: httpx.Client) -> None:
    assert client.get("/live/whoami").status_code == 404


def test_static_files_are_kept_for_a_year_under_their_version(client: httpx.Client) -> None:
    answer = client.get(f"/static/{assets.version()}/civicline/push.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert client.get("/static/000000000000/civicline/push.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["../settings.py", "..%2fsettings.py", "%2e%2e/settings.py", "civicline", "no.css"])
def test_static_files_end_at_their_folder(client: httpx.Client, path: str) -> None:
    assert client.get(f"/static/{assets.version()}/{path}").status_code == 404


def test_a_large_page_is_packed(client: httpx.Client) -> None:
    assets.build()
    path = f"/static/{assets.version()}/vendor/uswds/css/uswds.min.css"
    packed = client.get(path)
    assert packed.headers["content-encoding"] == "gzip"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) * 4 < len(plain.content)


def test_a_killed_web_process_gives_pages_or_says_so_but_never_breaks_off(site: Stand, client: httpx.Client) -> None:
    site.stop("web", signal.SIGKILL)
    site.start("web")
    seen = {client.get("/healthz").status_code}
    eventually(lambda: seen.add(client.get("/healthz").status_code) or 200 in seen, what="the pages")
    assert seen <= {200, 503}


def test_while_the_web_process_is_away_a_page_says_so(site: Stand, client: httpx.Client) -> None:
    site.stop("web", signal.SIGKILL)
    try:
        answer = client.get("/")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert "Un momento" in answer.text
        assert client.get(f"/static/{assets.version()}/civicline/push.js").status_code == 200
    finally:
        site.start("web")
    eventually(site.answers, what="the pages")


def test_a_short_absence_is_waited_out(site: Stand, client: httpx.Client) -> None:
    """The socket is moved aside, as while a restart is under way, and moved back when the page was asked for."""
    from civicline.settings import load
    from civicline.web.process import socket_path

    path = socket_path(load(site.environ))
    aside = path.with_suffix(".aside")
    path.rename(aside)
    timer = threading.Timer(0.5, aside.rename, [path])
    timer.start()
    try:
        fresh = [httpx.get(site.url + "/healthz", timeout=20).status_code for _ in range(3)]
    finally:
        timer.join()
    assert fresh == [200, 200, 200]


def test_a_killed_web_process_leaves_nobody_behind(site: Stand) -> None:
    from pathlib import Path

    process = site.processes["web"]
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    site.stop("web", signal.SIGKILL)
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), what="the end of its workers")
    site.start("web")
    eventually(site.answers, what="the pages")
