"""A browser's own EventSource at /sse and /events: what it makes of the stream's retry, events and comments."""

import json

from tests.page.conftest import Page

# Both at once, for longer than it takes until a comment comes.
LISTEN = """(kinds) => Promise.all(["/sse", "/events"].map((path) => new Promise((resolve) => {
  const source = new EventSource(path), seen = [];
  const take = (event) => seen.push([event.type, event.lastEventId, event.data]);
  for (const kind of kinds) source.addEventListener(kind, take);
  source.onmessage = source.onerror = take;
  setTimeout(() => { source.close(); resolve(seen); }, 17000);
})))"""
KINDS = ["HAN_STATE_MESSAGE", "HAN_METER_MESSAGE", "HAN_CONFIGURATION_MESSAGE", "HAN_OTA_MESSAGE"]


def test_an_event_source_gets_what_the_stream_says_and_nothing_else(browser, reader):
    with Page(browser, reader) as page:
        page.tab.goto(reader.url + "/han")
        for seen in page.tab.evaluate(LISTEN, KINDS):
            assert [kind for kind, _, _ in seen][:4] == KINDS
            for kind, number, data in seen:
                message = json.loads(data)
                assert message["type"] == kind
                assert kind != "HAN_METER_MESSAGE" or int(number) == message["seq"]
