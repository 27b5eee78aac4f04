"""Settings as their owner changes them: round trips, every refusal beside its field, the password, backups."""

import json
import urllib.request

import pytest

from tests.page.conftest import PATIENCE, Page, show


@pytest.fixture(scope="module")
def page(browser, reader):
    with Page(browser, reader) as page:
        yield page


@pytest.fixture(scope="module")
def looked(browser, desktop):
    with Page(browser, desktop) as page:
        yield page


def put(reader, value):
    body = json.dumps(value).encode()
    change = urllib.request.Request(reader.url + "/configuration", body, method="PUT")
    urllib.request.urlopen(change, timeout=PATIENCE).close()


def save(tab, field):
    """Press the button of the form that a field is in; its status line."""
    form = tab.locator("form", has=tab.locator(field))
    form.locator("button.main").click()
    return form.locator(".said")


def stored(tab, field):
    """Whether the page says that a secret is stored, and offers to delete it."""
    says = tab.get_attribute(field, "placeholder") == "stored, not shown"
    assert tab.locator(field + "-remove").is_visible() == says
    return says


def test_secrets_are_said_to_be_stored_where_they_are(looked, desktop):
    tab = show(looked, "settings/meter")
    assert not stored(tab, "#f-m-k") and not stored(tab, "#f-m-a")
    tab.fill("#f-m-k", "00" * 16)
    save(tab, "#f-m-k").get_by_text("Saved").wait_for()
    assert stored(tab, "#f-m-k") and not stored(tab, "#f-m-a")
    tab = show(looked, "settings/meter")
    assert stored(tab, "#f-m-k") and not stored(tab, "#f-m-a")
    tab.check("#f-m-k-remove")
    save(tab, "#f-m-k").get_by_text("Saved").wait_for()
    assert not stored(tab, "#f-m-k") and desktop.get("/configuration")["m"]["ks"] is False


def test_what_few_need_is_folded_away(looked, desktop):
    tab = show(looked, "settings/meter")
    assert not tab.locator("#f-m-ct").is_visible()
    tab.locator("summary").click()
    tab.select_option("#f-m-n", "3p3w")
    tab.select_option("#f-m-is", "off")
    tab.fill("#f-m-s-i", "0.1")
    tab.fill("#f-m-ct", "40")
    save(tab, "#f-m-f").get_by_text("Saved").wait_for()
    m = desktop.get("/configuration")["m"]
    assert (m["n"], m["is"], m["s"]["i"], m["ct"]) == ("3p3w", "off", 0.1, 40)
    tab = show(looked, "settings/meter")
    tab.locator("summary").click()
    tab.fill("#f-m-ct", "0")
    tab.locator("summary").click()
    save(tab, "#f-m-f")
    tab.locator("#f-m-ct[aria-invalid=true]").wait_for()  # which unfolds it
    for field, value in (("#f-m-ct", "1"), ("#f-m-s-i", "0")):
        tab.fill(field, value)
    tab.select_option("#f-m-n", "auto")
    tab.select_option("#f-m-is", "auto")
    save(tab, "#f-m-f").get_by_text("Saved").wait_for()
    tab = show(looked, "settings/general")
    tab.locator("summary").click()
    tab.fill("#f-ts", "NTP")
    save(tab, "#f-ts")
    tab.locator("#f-ts[aria-invalid=true]").wait_for()
    assert "4 time servers at most: names in lower case or addresses" in tab.locator("#f-ts-error").inner_text()
    tab.fill("#f-ts", "ntp.lan, 192.168.1.1")
    save(tab, "#f-ts").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["ts"] == ["ntp.lan", "192.168.1.1"]
    tab.fill("#f-ts", "")
    save(tab, "#f-ts").get_by_text("Saved").wait_for()


def test_cable_or_wifi_is_one_question(looked, desktop):
    def links():
        found = desktop.get("/configuration")
        return found["np"], found["e"]["e"], found["w"]["e"]

    tab = show(looked, "settings/network")
    assert tab.input_value("#f-np") == "auto" and not tab.locator("#f-w-e, #f-e-e").count()
    tab.select_option("#f-np", "sta")
    save(tab, "#f-np").get_by_text("Join a WiFi first").wait_for()
    for choice, kept in (("eth", ("eth", True, False)), ("auto", ("auto", True, True))):
        tab = show(looked, "settings/network")
        tab.select_option("#f-np", choice)
        save(tab, "#f-np").get_by_text("Saved").wait_for()
        assert links() == kept
        assert show(looked, "settings/network").input_value("#f-np") == choice


def test_the_browsers_zone_is_a_press_away(browser, desktop):
    before = desktop.get("/configuration")["t"]
    with Page(browser, desktop, timezone_id="Europe/Oslo") as page:
        for zone, view in (("Etc/UTC", "live"), ("Europe/Paris", "settings/general")):
            put(desktop, {"t": zone})
            tab = show(page, view)
            tab.get_by_role("button", name="Use Europe/Oslo").click()
            page.until("!document.querySelector('.banner button')" if view == "live" else
                       "document.querySelector('#f-t').value === 'Europe/Oslo'")
            page.until("fetch('/configuration').then(answer => answer.json()).then(found => found.t === 'Europe/Oslo')")
    put(desktop, {"t": before})


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
        ("settings/meter", "#f-m-f", "500", "must be an integer from 6 to 200"),
        ("settings/meter", "#f-m-f", "", "must be an integer from 6 to 200"),
        ("settings/general", "#f-t", "Europe/Nowhere", "must be a time zone such as Europe/Helsinki"),
        ("settings/access", "#f-pw", "short", "must have 8 to 64 characters"),
        ("settings/access", "#f-hosts", "A:80", "must be a list of 8 host names at most, in lower case without port"),
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


def test_alarms_are_set_and_switched_off(looked, desktop):
    tab = show(looked, "settings/alarms")
    assert not tab.locator("#f-alarms-current-percent").is_visible()
    tab.check("#f-alarms-current-on")
    tab.fill("#f-alarms-current-percent", "9")
    save(tab, "#f-alarms-current-on").get_by_text("Not saved").wait_for()
    assert "must be an integer from 10 to 200" in tab.inner_text("#f-alarms-current-percent-error")
    tab.fill("#f-alarms-current-percent", "80")
    tab.check("#f-alarms-price-on")
    tab.fill("#f-alarms-price-below", "-1.5")
    save(tab, "#f-alarms-current-on").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["alarms"] == {"current": {"percent": 80, "s": 60}, "price": {"below": -1.5}}
    tab = show(looked, "settings/alarms")
    assert tab.is_checked("#f-alarms-price-on") and tab.input_value("#f-alarms-current-percent") == "80"
    tab.uncheck("#f-alarms-current-on")
    tab.uncheck("#f-alarms-price-on")
    save(tab, "#f-alarms-current-on").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["alarms"] == {}


def test_hours_with_alarms_are_told_where_there_were_some(browser, desktop):
    hours = [{"t": 1795906800, "on": ["power"]}, {"t": 1795888800, "on": ["current", "power"]}]
    with Page(browser, desktop, timezone_id="Europe/Helsinki") as page:
        show(page, "settings/alarms")
        assert not page.tab.get_by_text("Hours with alarms").is_visible()
        page.tab.route("**/alarms?*", lambda route: route.fulfill(json={"alarms": {}, "hours": hours}))
        tab = show(page, "settings/alarms")
        page.see("Hours with alarms")
        told = [each.inner_text() for each in tab.locator(".pairs dd").all()]
        assert told == ["Much power is imported", "A phase draws too much\nMuch power is imported"]


def test_a_grid_companys_rule_is_chosen_and_one_of_the_owner_stays(looked, desktop):
    companies = [each["name"] for each in desktop.get("/definitions")["caps"]]
    tab = show(looked, "settings/general")
    assert tab.input_value("#f-cap") == "null"
    assert tab.locator("#f-cap option").evaluate_all("all => all.map(each => each.value)") == ["null", *companies]
    tab.select_option("#f-cap", "flanders")
    assert "Flanders (BE, 20" in tab.locator("#f-cap option:checked").inner_text()
    save(tab, "#f-cap").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["cap"] == "flanders" and desktop.get("/peaks")["cap"]["preset"] == "flanders"
    put(desktop, {"cap": {"interval": 60, "n": 2, "days": True, "pc": "SEK", "price": 4500}})
    own = desktop.get("/configuration")["cap"]
    tab = show(looked, "settings/general")
    assert tab.locator("#f-cap option:checked").inner_text() == "Your own, set through the API"
    save(tab, "#f-cap").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["cap"] == own
    tab.select_option("#f-cap", "null")
    save(tab, "#f-cap").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["cap"] is None


def test_vat_and_fees(looked, desktop):
    tab = show(looked, "settings/general")
    tab.fill("#f-vat", "25.5")
    tab.fill("#f-monthly", "399")
    tab.fill("#f-sell", "")
    for number, fields in enumerate((("2.5", "", "", ""), ("3", "22-7", "1-5, 7", "11-2"))):
        tab.get_by_role("button", name="Add a fee").click()
        for name, value in zip(("p", "hours", "days", "months"), fields):
            tab.fill("#f-fees-%d-%s" % (number, name), value)
    save(tab, "#f-vat").get_by_text("Saved").wait_for()
    told = desktop.get("/configuration")
    assert (told["vat"], told["monthly"], told["sell"]) == (25.5, 399, None)
    night = {"p": 3, "hours": [22, 7], "days": [1, 2, 3, 4, 5, 7], "months": [1, 2, 11, 12]}
    assert told["fees"] == [{"p": 2.5}, night]
    # As it was entered, or the same in other words; what is wrong is said with the fee's place.
    tab = show(looked, "settings/general")
    assert tab.input_value("#f-fees-1-hours") == "22-7" and tab.input_value("#f-fees-1-days") == "1-5, 7"
    assert tab.input_value("#f-fees-1-months") == "1-2, 11-12"
    for field, wrong, words in (
        ("days", "8", "2: must be a list of numbers from 1"), ("days", "x-y", "2: must be a list of numbers from 1"),
        ("hours", "7", "2: the hours must be two of 0 to 24"), ("p", "", "2: must be a number from"),
    ):  # fmt: skip
        before = tab.input_value("#f-fees-1-" + field)
        tab.fill("#f-fees-1-" + field, wrong)
        save(tab, "#f-vat").get_by_text("Not saved").wait_for()
        assert words in tab.inner_text("#f-fees-error")
        tab.fill("#f-fees-1-" + field, before)
    for _ in range(2):
        tab.get_by_role("button", name="Remove").first.click()
    tab.fill("#f-vat", "0")
    tab.fill("#f-monthly", "0")
    save(tab, "#f-vat").get_by_text("Saved").wait_for()
    assert desktop.get("/configuration")["fees"] == []


def test_password_backup_and_restore(page, reader, tmp_path):
    tab = show(page, "settings/access")
    tab.check("#secrets")
    tab.get_by_role("button", name="Save a backup").click()
    page.see("secrets are told only where an access password")
    tab.uncheck("#secrets")
    assert stored(tab, "#f-pw") is False
    tab.fill("#f-pw", "open sesame")
    save(tab, "#f-pw").get_by_text("Saved").wait_for()
    assert stored(tab, "#f-pw") is True and reader.get("/configuration")["pws"] is True
    # Now it is asked for, once, of who has no token of before.
    tab = show(page, "settings/access")
    tab.check("#secrets")
    tab.get_by_role("button", name="Save a backup").click()
    assert not tab.locator("#password-error").inner_text()
    tab.fill("#password", "wrong one")
    tab.locator("dialog .main").click()
    tab.get_by_text("That is not the access password.").wait_for()
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
