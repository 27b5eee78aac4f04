"""GET /configuration?secrets=1: the configuration with its secrets, as a backup or for another reader.

The answer is what PUT /configuration takes. It does not have the access password: that password is needed
for this request, so whoever makes the request knows it. The password of MQTT belongs to a broker, and is not told
to anybody else. Imported when needed.
"""
from ...core.encode import text
from .permit import foreign, trusted
from ..http.connection import refusal


async def configuration(app, request):
    """The message of GET /configuration, bytes, with the password of WiFi and the meter's keys in place.

    401 without a good token, 409 when no access password is set.
    """
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
    # These bytes cannot be inside a JSON text: its quotation marks would have backslashes.
    message = message.replace(b'"ks":', keys)
    return message.replace(b'"p":"","w":', b'"p":%s,"w":' % text(wifi["p"]).encode())
