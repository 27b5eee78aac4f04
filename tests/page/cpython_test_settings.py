"""Settings as their owner changes them: round trips, every refusal beside its field, the password, backups."""

import json

import pytest

from tests.page.conftest import Page, show


@pytest.fixture(scope="module")
def page(browser, reader):
    with Page(browser, reader.url) as page:
        yield page


@pytest.fixture(scope="module")
def looked(browser, desktop):
    with Page(browser, desktop.url) as page:
        yield page


def save(tab, field):
    """Press the button of the form that a field is in; its status line."""
    form = tab.locator("form", has=tab.locator(field))
    form.locator("button.main").click()
    return form.locator(".said")


def test_round_trip(page, reader):
    tab = show(page, "settings/meter")
    tab.fill("#f-m-f", "35")
    tab.select_option("#f-m-t", "kaifa")
    save(tab, "#f-m-f").get_by_text("Saved").wait_for()
    assert reader.get("/configuration")["m"]["f"] == 35 and reader.get("/configuration")["m"]["t"] == "kaifa"
    tab = show(page, "live")
    page.see("Main fuse 35 A")
    tab = show(page, "settings/meter")
    assert tab.input_value("#f-m-f") == "35" and tab.input_value("#f-m-t") == "kaifa"
    tab.select_option("#f-m-t", "auto")
    save(tab, "#f-m-f").get_by_text("Saved").wait_for()


def test_refusals_are_beside_their_fields_in_the_readers_words(page, reader):
    before = reader.get("/configuration")
    for view, field, value, words in (
        ("settings/meter", "#f-m-f", "500", "must be a whole number from 6 to 200"),
        ("settings/meter", "#f-m-f", "", "must be a whole number from 6 to 200"),
        ("settings/general", "#f-t", "Europe/Nowhere", "must be a time zone such as Europe/Helsinki"),
        ("settings/access", "#f-pw", "short", "must have 8 to 64 characters"),
        ("settings/access", "#f-hosts", "UPPER:80", "may be 8 names at most, in lower case, without port"),
    ):
        tab = show(page, view)
        tab.fill(field, value)
        status = save(tab, field)
        tab.locator(field + "[aria-invalid=true]").wait_for()
        assert tab.locator(field + "-error").inner_text() == words
        assert tab.locator(field).evaluate("field => field === document.activeElement")
        assert "Not saved" in status.inner_text()
    tab = show(page, "settings/network")
    tab.select_option("#f-e-n-m", "static")
    tab.fill("#f-e-n-i", "192.168.1.300")
    save(tab, "#f-e-n-i")
    tab.locator("#f-e-n-i[aria-invalid=true]").wait_for()
    assert tab.locator("#f-e-n-i-error").inner_text() == "must be an address such as 192.168.0.1"
    tab.fill("#f-e-n-i", "192.168.1.0")
    tab.fill("#f-e-n-s", "255.255.255.0")
    save(tab, "#f-e-n-i")
    page.until("document.querySelector('#f-e-n-i-error').innerText.startsWith('must not be the first')")
    assert reader.get("/configuration") == before


def test_every_field_that_can_be_wrong_says_so_beside_itself(looked, desktop):
    before = desktop.get("/configuration")
    for view, wrong in (
        ("settings/network", {"#f-ss": "x" * 33, "#f-sp": "short"}),
        ("settings/network", {"#f-w-n-i": "1.", "#f-w-n-s": "255.0.9.0", "#f-w-n-g": "300.1.1.1", "#f-w-n-d1": "x"}),
        ("settings/network", {"#f-e-n-i": "1.", "#f-e-n-s": "255.0.9.0", "#f-e-n-g": "300.1.1.1", "#f-e-n-d1": "x"}),
        ("settings/meter", {"#f-m-f": "5", "#f-m-k": "12", "#f-m-a": "zz" * 16}),
        ("settings/general", {"#f-p": "1e9", "#f-t": "Mars"}),
        ("settings/access", {"#f-pw": "short", "#f-hosts": "a b/c"}),
    ):
        good = {"-i": "192.168.7.2", "-s": "255.255.255.0", "-g": "192.168.7.1", "-d1": "192.168.7.1"}
        for field, value in wrong.items():
            tab = show(looked, view)
            if "-n-" in field:
                part = field[: field.rindex("-")]
                tab.select_option(part + "-m", "static")
                for end, text in good.items():
                    tab.fill(part + end, text)
            elif field == "#f-sp":
                tab.fill("#f-ss", "Home")
            elif field == "#f-p":
                tab.uncheck("#f-s")
            tab.fill(field, value)
            save(tab, field)
            tab.locator(field + "[aria-invalid=true]").wait_for()
            told = tab.locator(field + "-error").inner_text()
            assert told and not told.startswith(("m.", "w.", "e.")), (field, told)
            assert tab.locator("main [aria-invalid=true]").count() == 1, field
    assert desktop.get("/configuration") == before


def test_choices_are_those_of_the_reader(looked, desktop):
    definitions = desktop.get("/definitions")
    tab = show(looked, "settings/general")
    assert tab.locator("#f-pc option").all_inner_texts() == definitions["currencies"]
    assert tab.locator("#f-t-list option").count() == len(definitions["timezones"])
    tab = show(looked, "settings/meter")
    assert tab.locator("#f-m-o option").count() == len(definitions["lines"])


def test_fixed_price(looked, desktop):
    tab = show(looked, "settings/general")
    tab.uncheck("#f-s")
    tab.fill("#f-p", "12.345678")
    save(tab, "#f-p").get_by_text("Saved").wait_for()
    assert desktop.get("/prices")["price"] == 12.345678
    looked.open("prices")
    looked.see("12.35")
    tab = show(looked, "settings/general")
    tab.check("#f-s")
    save(tab, "#f-s").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["s"] is True


def test_password_backup_and_restore(page, reader, tmp_path):
    tab = show(page, "settings/access")
    tab.fill("#f-pw", "open sesame")
    save(tab, "#f-pw").get_by_text("Saved").wait_for()
    # Now it is asked for, once.
    tab.check("#secrets")
    tab.get_by_role("button", name="Save a backup").click()
    tab.fill("#password", "wrong one")
    tab.locator("dialog .main").click()
    tab.locator("dialog").wait_for(state="detached")
    tab.locator("#password").wait_for()
    tab.fill("#password", "open sesame")
    with tab.expect_download() as download:
        tab.locator("dialog .main").click()
    backup = tmp_path / "backup.json"
    download.value.save_as(backup)
    saved = json.loads(backup.read_text())
    assert saved["m"]["k"] == "" and "pw" not in saved and saved["type"] == "HAN_CONFIGURATION"
    saved["m"]["f"] = 63
    backup.write_text(json.dumps(saved))
    tab.set_input_files("#restore", backup)
    tab.get_by_role("button", name="Restore").click()
    page.see("The settings are restored")
    assert reader.get("/configuration")["m"]["f"] == 63
    saved["m"]["f"] = 1
    backup.write_text(json.dumps(saved))
    tab.set_input_files("#restore", backup)
    tab.get_by_role("button", name="Restore").click()
    page.see("must be an integer from 6 to 200")
    tab.check("#f-pw-remove")
    save(tab, "#f-pw").get_by_text("Saved").wait_for()
    assert not page.errors


def test_report_and_capture(looked, desktop):
    tab = show(looked, "settings/diagnosis")
    tab.get_by_role("button", name="Make a report").click()
    tab.locator("textarea").wait_for()
    report = json.loads(tab.input_value("textarea"))
    assert report["diagnostics"]["type"] == "HAN_DIAGNOSTICS_MESSAGE" and report["health"]["meter"]["decoded"] > 0
    assert desktop.get("/han")["mac"] not in tab.input_value("textarea")
    tab.get_by_role("button", name="Copy").click()
    looked.see("Copied")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download the last telegrams").click()
    assert download.value.suggested_filename == "capture.bin"
    assert b"1-0:1.7.0(" in open(download.value.path(), "rb").read()
