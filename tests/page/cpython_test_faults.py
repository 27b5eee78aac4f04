"""What the page says when the meter is silent, encrypts, or falls silent; one meter at each reader, step by step."""

import time

from tests.page.conftest import KEY, Page, violations


def open_all(wired, view):
    for each in wired:
        each.page.open(view)


def banner(wired, *texts):
    """Wait until the page's banner says all of these."""
    shown = "[...document.querySelectorAll('main .banner')].map(each => each.innerText).join()"
    for each in wired:
        for text in texts:
            each.page.until("text => %s.toLowerCase().includes(text)" % shown, text.lower())


def pill(wired, text):
    for each in wired:
        each.page.until("text => document.querySelector('.pill').innerText === text", text)


def send(wired, mode):
    for each in wired:
        each.line.mode = mode


def keep_key(each, key):
    each.tab.fill("#f-m-k", key)
    each.tab.locator("form", has=each.tab.locator("#f-m-k")).locator("button.main").click()


def test_no_meter(wired, browser):
    open_all(wired, "live")
    banner(wired, "No reading from the meter", "no bytes on the HAN port", "Check the cable")
    pill(wired, "No reading")
    for each in wired:
        assert each.tab.locator(".big").inner_text().startswith("–"), "what is not known is not 0"
        each.page.open("settings/diagnosis")
        stuck = each.tab.locator(".stages li.bad")
        stuck.first.wait_for()
        assert "Bytes arrive" in stuck.inner_text() and "no bytes on the HAN port" in stuck.inner_text()
    with Page(browser, wired[0].reader, bypass_csp=True) as page:
        for view, sign in (("live", "main .banner"), ("settings/diagnosis", ".stages li.bad"), ("history", ".said")):
            tab = page.open(view)
            tab.locator(sign).first.wait_for()
            assert not violations(tab)


def test_encrypted_without_a_key_with_a_wrong_one_and_the_right_one(wired):
    open_all(wired, "live")
    send(wired, "sealed")
    banner(wired, "Encrypted, and no key is set", "Your grid company gives you the key")
    for each in wired:
        each.tab.get_by_role("link", name="Tell me more").click()
        keep_key(each, "1234")
        each.tab.locator("#f-m-k[aria-invalid=true]").wait_for()
        assert each.tab.locator("#f-m-k-error").inner_text() == "must have 32 hex digits"
        keep_key(each, "ff" * 16)
        each.page.until("!document.querySelector('main').innerText.includes('no key is set')")
    banner(wired, "key does not match")
    for each in wired:
        keep_key(each, "0x" + KEY.hex(" "))
    banner(wired, "The key works:", "the last telegram was decrypted")
    for each in wired:
        assert each.tab.input_value("#f-m-k") == "" and each.reader.get("/configuration")["m"]["ks"] is True
        each.page.open("settings/diagnosis")
        each.tab.locator(".stages li.good", has_text="They are decrypted").wait_for()


def test_a_reader_without_a_price_shows_no_costs(wired):
    for each in wired:
        each.page.open("prices")
        each.page.see("None is set, so there are no costs.")
        each.page.open("history")
        each.tab.click("#view-week")
        each.tab.locator(".sums dd").first.wait_for()
        assert "Cost" not in each.tab.locator("main").inner_text()
        each.page.open("live")


def test_a_meter_that_falls_silent(wired):
    open_all(wired, "live")
    pill(wired, "Live")
    for each in wired:
        while len(each.reader.get("/history/hourly")["t"]) < 2:  # the chart's slider has a place for each
            time.sleep(0.5)
    send(wired, None)
    pill(wired, "Old reading")
    banner(wired, "No new reading for")
    for each in wired:
        assert "W" in each.tab.locator(".big").inner_text(), "the last reading stays, marked as old"
    # Who opens the page now sees the last reading where it was, not at the present moment.
    open_all(wired, "live")
    pill(wired, "Old reading")
    for each in wired:
        each.page.until("document.querySelector('.hero [role=slider]').getAttribute('aria-valuenow') > 0")
        text = each.tab.locator(".hero [role=slider]").get_attribute("aria-valuetext")
        hour, minute, second = map(int, text[:8].split(":"))
        now = each.tab.evaluate("Date.now()") // 1000 % 86400
        assert (now - hour * 3600 - minute * 60 - second) % 86400 >= 9, text
    send(wired, "sealed")
    pill(wired, "Live")
    for each in wired:
        each.page.until("!document.querySelector('main .banner')")


def test_a_reader_that_is_gone_is_said_to_be_and_taken_again(wired):
    send(wired, "sealed")
    for each in wired:
        each.page.context.set_offline(True)
        # Streams that are open do not notice; a phone that has left the house has none.
        each.tab.evaluate("for (const hidden of [true, false]) {"
                          " Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
                          " document.dispatchEvent(new Event('visibilitychange')); }")
    pill(wired, "No connection")
    banner(wired, "The reader does not answer")
    for each in wired:
        each.page.context.set_offline(False)
    pill(wired, "Live")
