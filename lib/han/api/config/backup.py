"""GET /configuration?secrets=1: the configuration with what it hides, to be kept or put into another reader.

What comes back is what PUT /configuration takes. The access password itself is not in it: it is what
opens this, and who has it knows it. Imported when needed.
"""
from ..messages.encode import text
from .permit import foreign, trusted
from ..http.connection import refusal


async def configuration(app, request):
    """The answer of GET /configuration with the WiFi password and the meter's keys at their places."""
    refused = foreign(request)
    if refused:
        return refused
    values = app.config.values
    if not values["pw"]:
        return refusal(409, "secrets are told only where an access password (pw) is set")
    refused = trusted(app, request)
    if refused:
        return refused
    message = app.messages.configuration()
    meter, wifi = values["m"], values["w"]
    keys = b'"k":%s,"a":%s,"ks":' % (text(meter["k"]).encode(), text(meter["a"]).encode())
    # A text cannot hold these bytes: its quotation marks would have backslashes.
    message = message.replace(b'"ks":', keys)
    return message.replace(b'"p":"","w":', b'"p":%s,"w":' % text(wifi["p"]).encode())
