"""How the page looks and reads, in every view: themes, widths, languages, keyboard. The same on both interpreters."""

import json

import pytest

from tests.page.conftest import COLOURS, VIEWS, Page, show, violations

LANGUAGES = ("en", "Settings"), ("fi", "Asetukset"), ("sv", "Inställningar"), ("nb", "Innstillinger")


@pytest.fixture(scope="module")
def page(browser, desktop):
    with Page(browser, desktop) as page:
        yield page


def test_four_languages(page):
    tab = show(page, "live")
    for index, (code, word) in enumerate(LANGUAGES):
        tab.select_option("#language", str(index))
        assert tab.locator("html").get_attribute("lang") == code
        assert word in tab.locator(".nav").inner_text()
    tab.reload()
    tab.locator(".nav a").first.wait_for()
    assert tab.locator("html").get_attribute("lang") == "nb", "the choice is kept"
    tab.select_option("#language", "0")


def test_nothing_is_wider_than_a_small_phone(browser, desktop):
    with Page(browser, desktop, locale="fi-FI", viewport={"width": 320, "height": 640}) as page:
        for view in VIEWS:
            tab = show(page, view)
            for language in range(4):
                tab.select_option("#language", str(language))
                assert tab.evaluate("document.documentElement.scrollWidth") <= 320, (LANGUAGES[language], view)


def test_accessible_in_both_themes_and_on_a_phone(browser, desktop):
    found = []
    with Page(browser, desktop, bypass_csp=True) as page:
        for view in VIEWS:
            tab = show(page, view)
            found += violations(tab)
            tab.set_viewport_size({"width": 390, "height": 780})
            found += violations(tab)
            tab.emulate_media(color_scheme="dark")
            found += violations(tab, COLOURS)
            tab.set_viewport_size({"width": 1200, "height": 900})
            found += violations(tab, COLOURS)
            tab.emulate_media(color_scheme="light")
    assert not found, json.dumps(found, indent=1)


def test_by_keyboard_alone(page):
    tab = show(page, "live")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to content"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.locator(".nav a", has_text="Prices").focus()
    tab.keyboard.press("Enter")
    tab.locator("h1", has_text="Prices").wait_for()
    assert tab.evaluate("document.activeElement.tagName") == "H1", "the new view is told to a screen reader"
