"""The public pages in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from web.fixtures import LOOKS, violations
from web.stand import Stand


@pytest.mark.parametrize(("language", "width"), LOOKS)
@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere"])
def test_public_pages_break_no_rule_of_access(context: BrowserContext, path: str, width: int, language: str) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/language/{language}?next={path}")
    assert page.locator("html").get_attribute("lang") == language
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_pages_ask_no_other_host_and_break_no_policy(site: Stand, context: BrowserContext, path: str) -> None:
    asked: list[str] = []
    faults: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(path, wait_until="networkidle")
    assert asked and all(url.startswith(site.url + "/") for url in asked)
    assert faults == []


def test_the_home_page_says_who_and_how(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sagebrush Department of Revenue")
    expect(page.get_by_role("link", name="100")).to_have_attribute("href", "tel:100")
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Departamento de Ingresos de Sagebrush")


def test_the_menu_opens_on_a_narrow_page(context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/")
    link = page.get_by_role("link", name="Staff sign-in")
    expect(link).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(link).to_be_visible()


def test_the_first_key_leads_past_the_menu(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_ready_when_everything_runs(site: Stand, context: BrowserContext) -> None:
    answer = context.request.get("/readyz")
    assert (answer.status, answer.json()) == (200, {"ready": True, "problems": []})
