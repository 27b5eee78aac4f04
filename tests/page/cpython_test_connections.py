"""Settings → Connections: each language's switch, fields, state and test; what they leave of the sockets."""

import pytest

from tests.page.conftest import COLOURS, Page, show, violations

VIEW = "settings/connections"
ROW = {
    "on": True, "state": "listening", "health": "ok", "error": None, "since_s": 400, "clients": 0,
    "sent": 0, "dropped": 0, "kb": 5, "sockets": 1, "most_clients": 3,
}  # fmt: skip
OFF = {**ROW, "on": False, "state": None, "health": None, "since_s": None}
BUSY, FULL = "port 2001 is taken", "not enough memory: needs 5 kB, 3 kB free"
TOLD = {
    "type": "HAN_OUT_MESSAGE", "memory": {"free_kb": 41},
    "sockets": {"have": 10, "own": 5, "used": 4, "streams": 1, "few": [["modbus"], ["mqtt", "p1", "homewizard"]]},
    "mqtt": {**ROW, "state": "connected", "sent": 12345, "dropped": 3},
    "modbus": {**ROW, "clients": 3},
    "p1": {**ROW, "state": "refused: " + BUSY, "health": "failed", "error": BUSY},
    "homewizard": OFF,
    "shelly": {**ROW, "state": FULL, "health": "failed", "error": FULL},
    "metrics": OFF,
}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser, reader):
    with Page(browser, reader) as page:
        yield page


def card(tab, title):
    return tab.locator("section.card", has=tab.locator("h2", has_text=title))


def said(tab, title):
    """What the card of a language says of it, in small letters."""
    return card(tab, title).locator("p.said").first.inner_text().lower()


def save(tab, title):
    card(tab, title).locator("button.main").click()
    return card(tab, title).locator("form .said")


def press_test(tab, title):
    card(tab, title).get_by_role("button", name="Test").click()


def becomes(page, title, words):
    """Wait until the card of a language says this of it."""
    page.until(
        """([title, words]) => [...document.querySelectorAll('.card')].find(card => card.innerText.startsWith(title))
        .querySelector('.said').innerText.toLowerCase().startsWith(words)""",
        [title, words],
    )


def test_fields_are_kept_and_the_password_is_not_told(page, reader):
    tab = show(page, VIEW)
    for field, value in (("host", "broker.lan"), ("port", "8883"), ("user", "reader"), ("pw", "correct horse")):
        tab.fill("#f-out-mqtt-" + field, value)
    card(tab, "MQTT").locator("summary").click()
    tab.check("#f-out-mqtt-tls")
    tab.fill("#f-out-mqtt-prefix", "house/han")
    tab.fill("#f-out-mqtt-every", "30")
    tab.select_option("#f-out-mqtt-ha", "false")
    save(tab, "MQTT").get_by_text("Saved").wait_for()
    tab.uncheck("#f-out-p1-virtual")
    tab.fill("#f-out-p1-port", "23")
    save(tab, "P1").get_by_text("Saved").wait_for()
    out = reader.get("/configuration")["out"]
    assert out["mqtt"] == {
        "on": False, "host": "broker.lan", "port": 8883, "user": "reader", "pws": True, "tls": True,
        "prefix": "house/han", "every": 30, "ha": False,
    }  # fmt: skip
    assert (out["p1"]["port"], out["p1"]["virtual"]) == (23, False)
    tab = show(page, VIEW)
    assert tab.input_value("#f-out-mqtt-pw") == ""
    assert tab.get_attribute("#f-out-mqtt-pw", "placeholder") == "stored, not shown"
    assert tab.input_value("#f-out-mqtt-host") == "broker.lan" and tab.input_value("#f-out-mqtt-ha") == "false"
    tab.check("#f-out-mqtt-pw-remove")
    save(tab, "MQTT").get_by_text("Saved").wait_for()
    assert reader.get("/configuration")["out"]["mqtt"]["pws"] is False


def test_refusals_are_beside_their_fields(page, reader):
    before = reader.get("/configuration")
    taken = str(before["out"]["modbus"]["port"])
    own = reader.url.rpartition(":")[2].strip("/")
    for title, field, value, words in (
        ("Modbus", "modbus-port", "70000", "must be an integer from 1 to 65535"),
        ("P1", "p1-port", taken, "must be another one than out.modbus.port"),
        ("P1", "p1-port", own, "must be another one than " + own),
        ("MQTT", "mqtt-host", "a b", "must be an address such as broker.lan or 192.168.0.1"),
        ("MQTT", "mqtt-user", "x" * 65, "must be text of 64 bytes at most"),
        ("MQTT", "mqtt-pw", "x" * 65, "must be 1 to 64 bytes"),
        ("MQTT", "mqtt-every", "-1", "must be an integer from 0 to 3600"),
        ("MQTT", "mqtt-prefix", "a/#", "must be 1 to 64 bytes without +, # and"),
    ):
        tab = show(page, VIEW)
        tab.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        tab.fill("#f-out-" + field, value)
        save(tab, title)
        tab.locator("#f-out-%s[aria-invalid=true]" % field).wait_for()
        assert tab.locator("#f-out-%s-error" % field).inner_text().startswith(words)
        assert tab.locator("main [aria-invalid=true]").count() == 1
    tab = show(page, VIEW)
    tab.fill("#f-out-mqtt-host", "")
    tab.check("#f-out-mqtt-on")
    save(tab, "MQTT")
    tab.locator("#f-out-mqtt-host[aria-invalid=true]").wait_for()
    assert reader.get("/configuration") == before


def test_a_language_is_switched_off_and_on_and_says_so(page, reader):
    tab = show(page, VIEW)
    becomes(page, "Prometheus", "listening")
    tab.uncheck("#f-out-metrics-on")
    save(tab, "Prometheus").get_by_text("Saved").wait_for()
    becomes(page, "Prometheus", "off")
    press_test(tab, "Prometheus")
    card(tab, "Prometheus").get_by_text("it is switched off").wait_for()
    tab.check("#f-out-metrics-on")
    save(tab, "Prometheus").get_by_text("Saved").wait_for()
    becomes(page, "Prometheus", "listening")
    press_test(tab, "Prometheus")
    card(tab, "Prometheus").get_by_text("OK", exact=True).wait_for()


def test_a_broker_that_is_not_there_is_said_to_be_missing(page, reader):
    tab = show(page, VIEW)
    card(tab, "MQTT").locator("summary").click()
    tab.fill("#f-out-mqtt-host", "127.0.0.1")
    tab.fill("#f-out-mqtt-port", "1")
    tab.uncheck("#f-out-mqtt-tls")
    save(tab, "MQTT").get_by_text("Saved").wait_for()
    press_test(tab, "MQTT")
    card(tab, "MQTT").get_by_text("nobody listens on port 1 of 127.0.0.1").wait_for()


def test_states_are_told_in_words_and_what_they_leave(browser, desktop):
    with Page(browser, desktop, bypass_csp=True, viewport={"width": 320, "height": 640}) as page:
        page.tab.route("**/out", lambda route: route.fulfill(json=TOLD))
        refused = {"success": False, "message": "refused: bad password"}
        page.tab.route("**/out/test", lambda route: route.fulfill(json=refused))
        tab = show(page, VIEW)
        page.see("Together too many")
        assert said(tab, "MQTT").startswith("connected since ")
        assert "sent: 12,345 · messages skipped for slow clients: 3" in said(tab, "MQTT")
        assert said(tab, "Modbus").startswith("listening since ") and "clients: 3" in said(tab, "Modbus")
        assert said(tab, "P1") == "refused: " + BUSY
        assert said(tab, "HomeWizard") == said(tab, "Prometheus") == "off"
        assert said(tab, "Shelly") == FULL.lower()
        left = card(tab, "Live connections").inner_text()
        assert "give way" in left and "Modbus TCP\nMQTT + P1 + HomeWizard" in left and "41 kB" in left
        press_test(tab, "MQTT")
        card(tab, "MQTT").get_by_text("refused: bad password").wait_for()
        assert violations(tab) == []
        tab.emulate_media(color_scheme="dark")
        assert violations(tab, COLOURS) == []
        for language, full, busy in (
            (1, "muisti ei riitä: tarvitaan 5 kt, vapaana 3 kt", "evätty: portti 2001 on varattu"),
            (2, "för lite minne: behöver 5 kb, 3 kb ledigt", "nekad: port 2001 är upptagen"),
            (3, "for lite minne: trenger 5 kb, 3 kb ledig", "avvist: port 2001 er opptatt"),
        ):
            tab.select_option("#language", str(language))
            becomes(page, "Shelly", full)
            assert said(tab, "P1") == busy
            assert tab.evaluate("document.documentElement.scrollWidth") <= 320
        tab.select_option("#language", "0")


def test_a_card_by_keyboard_alone(browser, desktop):
    with Page(browser, desktop) as page:
        tab = show(page, VIEW)
        tab.focus("#f-out-modbus-on")
        order = []
        for _ in range(4):
            order.append(tab.evaluate("document.activeElement.id || document.activeElement.innerText"))
            tab.keyboard.press("Tab")
        assert order == ["f-out-modbus-on", "f-out-modbus-port", "Save", "Test what is saved"]
        tab.focus("#f-out-modbus-port")
        tab.keyboard.press("Enter")
        card(tab, "Modbus").locator("form .said").get_by_text("Saved").wait_for()


def test_fields_of_one_label_have_names_of_their_own(browser, desktop):
    with Page(browser, desktop) as page:
        for view in (VIEW, "settings/alarms"):
            tab = show(page, view)
            named = "each => each.ariaLabel || each.labels[0].innerText"
            names = tab.evaluate("[...document.querySelectorAll('form [name]')].map(%s)" % named)
            assert len(names) == len(set(names)) > 8, names
