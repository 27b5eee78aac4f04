"""The answer where a reading is needed, and there is none yet or only an old one. Imported when needed."""
from microdot.microdot import Response

from ..meter.told import diagnosis


def answer(app):
    """503 with the reason and the age of the last reading, as plain text: clients take any JSON for a reading."""
    reason = diagnosis(app.link)
    if app.messages.reading():
        reason = "%s; the last reading is %d s old" % (
            reason or "the meter has fallen silent",
            app.silence.age() // 1000,
        )
    fields = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "5"}
    return Response(reason or "no reading yet", 503, fields)
