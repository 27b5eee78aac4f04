"""The answer where a reading is needed and there is none yet. Imported when needed."""
from microdot.microdot import Response

from ..meter.told import diagnosis


def answer(app):
    """503 with the reason, as plain text: clients take any JSON for a reading."""
    fields = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "5"}
    return Response(diagnosis(app.link) or "no reading yet", 503, fields)
