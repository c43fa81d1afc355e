"""Fixtures that the tests of pages share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from civicline.web import assets
from web.stand import PASSWORD, Stand, stand

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--in-process-gpu"]
WAIT_MS = 60_000
EVERY_LOOK = [(language, width) for language in ("en", "es") for width in (1280, 390)]
LOOKS = EVERY_LOOK if "CIVICLINE_CHAOS_LOOKS" in os.environ else [("en", 1280), ("es", 390)]
"""Language and width in pixels at which a page is looked at: each once, or all of them in `make chaos`."""
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def site(database, django_db_blocker) -> Iterator[Stand]:
    with stand(database, django_db_blocker.unblock) as made:
        yield made


@pytest.fixture(scope="module")
def chromium(site: Stand) -> Iterator[Browser]:
    """After `site`, since Django refuses its database to a thread in which Playwright's loop runs."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    assets.build()
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(site: Stand, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of its own: nothing is shared with another test's."""
    made = chromium.new_context(base_url=site.url, locale="en-US")
    made.set_default_timeout(WAIT_MS)
    yield made
    made.close()


def signed_in(context: BrowserContext, who: str) -> Page:
    """A page on which `who` has signed in. Every message of the browser's console that tells of a fault fails."""
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Staff name").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def cell(page: Page, row: str, column: str) -> Locator:
    """By the row's id and the column's head."""
    table = page.locator(f"table:has([id='{row}'])")
    heads = [text.strip() for text in table.locator("thead th").all_inner_texts()]
    return page.locator(f"[id='{row}'] > *").nth(heads.index(column))


def violations(page: Page) -> list[str]:
    """What axe-core finds by the rules of WCAG 2.2 AA; the policy forbids scripts in the page, so it is put aside."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setBypassCSP", {"enabled": True})
    page.reload()
    page.add_script_tag(path=str(AXE))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    session.send("Page.setBypassCSP", {"enabled": False})
    return [f"{each['id']}: {node['html'][:120]}" for each in found["violations"] for node in each["nodes"]]
