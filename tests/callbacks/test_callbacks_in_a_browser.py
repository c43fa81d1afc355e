"""The public page in a real browser: two languages, by keyboard, without JavaScript, and by the rules of access."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from callbacks.offered import START, load
from web.fixtures import LOOKS, WAIT_MS, violations
from web.stand import Stand

SHOTS = os.environ.get("CIVICLINE_CHAOS_SHOTS", "")
"""A folder for pictures of the pages, to look at."""
WORDS = {
    "en": {
        "topic": "Help with your income tax return", "go_on": "Go on to the times", "number": "Your telephone number",
        "call": "Call me at this time", "done": "We will call you", "wrong": "Write all its digits",
        "change": "Choose another time", "changed": "Change my callback", "cancel": "Cancel my callback",
        "cancelled": "Your callback is cancelled", "used": "This link was used", "problem": "There is a problem",
    },
    "es": {
        "topic": "Ayuda con su declaración de impuestos", "go_on": "Continuar a las horas",
        "number": "Su número de teléfono", "call": "Llámenme a esta hora", "done": "Le llamaremos",
        "wrong": "Escriba todas sus cifras", "change": "Elegir otra hora", "changed": "Cambiar mi llamada",
        "cancel": "Cancelar mi llamada", "cancelled": "Su llamada está cancelada", "used": "Este enlace ya se usó",
        "problem": "Hay un problema",
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _offered(site: Stand) -> None:
    load(site, limit_a_day=9)


@pytest.fixture
def plain(site: Stand, chromium: Browser) -> Iterator[BrowserContext]:
    """Without JavaScript."""
    made = chromium.new_context(base_url=site.url, locale="en-US", java_script_enabled=False)
    made.set_default_timeout(WAIT_MS)
    yield made
    made.close()


def picture(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def to_the_times(page: Page, words: dict[str, str], language: str) -> None:
    page.goto(f"/language/{language}?next={START}")
    page.locator("label", has_text=words["topic"]).click()
    page.get_by_role("button", name=words["go_on"]).click()
    expect(page.get_by_label(words["number"])).to_be_visible()


def to_a_whole_day(page: Page) -> None:
    """Of the first day few times may be left."""
    shown = page.locator("#day option").nth(2).inner_text()
    page.locator("#day").select_option(index=2)
    page.locator("form:has(#day) button").click()
    expect(page.get_by_role("heading", level=2, name=shown)).to_be_visible()


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_the_topic_to_the_cancelled_callback_without_javascript(plain: BrowserContext, language: str) -> None:
    words, page = WORDS[language], plain.new_page()
    to_the_times(page, words, language)
    to_a_whole_day(page)
    page.locator("#slot label").nth(3).click()
    page.get_by_label(words["number"]).fill("12")
    page.get_by_role("button", name=words["call"]).click()
    expect(page.get_by_role("alert")).to_contain_text(words["problem"])
    expect(page.locator("#number-error")).to_contain_text(words["wrong"])
    expect(page.get_by_label(words["number"])).to_have_value("12")
    expect(page.locator("input[name=slot]").nth(3)).to_be_checked()
    page.get_by_label(words["number"]).fill("303 555 0142" if language == "en" else "303 555 0143")
    page.get_by_role("button", name=words["call"]).click()
    heading(page, words["done"])
    first = page.url
    page.get_by_role("link", name=words["change"]).click()
    heading(page, words["change"])
    to_a_whole_day(page)
    page.locator("#slot label").nth(5).click()
    page.get_by_role("button", name=words["changed"]).click()
    heading(page, words["done"])
    assert page.url != first
    page.get_by_role("button", name=words["cancel"]).click()
    heading(page, words["cancelled"])
    page.goto(first)
    heading(page, words["used"])


def test_by_keyboard_alone(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(START)
    page.get_by_label("Help with your income tax return").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Go on to the times")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("input[name=slot]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your telephone number")).to_be_focused()
    page.keyboard.type("303 555 0144")
    page.keyboard.press("Enter")
    heading(page, "We will call you")


def test_the_summary_leads_to_the_field(context: BrowserContext) -> None:
    page = context.new_page()
    to_the_times(page, WORDS["en"], "en")
    page.get_by_role("button", name="Call me at this time").click()
    page.get_by_role("alert").get_by_role("link", name="Write the number").click()
    expect(page.get_by_label("Your telephone number")).to_be_focused()


def test_the_language_is_switched_without_losing_the_way(context: BrowserContext) -> None:
    page = context.new_page()
    to_the_times(page, WORDS["en"], "en")
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_label("Su número de teléfono")).to_be_visible()


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_the_pages_break_no_rule_of_access(context: BrowserContext, language: str, width: int) -> None:
    words, page = WORDS[language], context.new_page()
    page.set_viewport_size({"width": width, "height": 800})

    def looked_at(name: str) -> None:
        picture(page, f"{name}-{language}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is scrolled sideways"
        assert violations(page) == []

    page.goto(f"/language/{language}?next={START}")
    looked_at("start")
    page.goto(f"{START}?asked=1")
    looked_at("start-wrong")
    to_the_times(page, words, language)
    looked_at("time")
    page.goto("/callback/XXXX-XXXX/nothing")
    looked_at("unknown")
    to_the_times(page, words, language)
    to_a_whole_day(page)
    page.get_by_role("button", name=words["call"]).click()
    expect(page.get_by_role("alert")).to_be_visible()
    picture(page, f"time-wrong-{language}-{width}")
    page.locator("#slot label").nth(8).click()
    page.get_by_label(words["number"]).fill(f"30355502{width % 90 + 10}")
    page.get_by_role("button", name=words["call"]).click()
    heading(page, words["done"])
    looked_at("booked")
    page.get_by_role("link", name=words["change"]).click()
    heading(page, words["change"])
    looked_at("change")
    page.go_back()
    page.get_by_role("button", name=words["cancel"]).click()
    heading(page, words["cancelled"])
    looked_at("cancelled")
