"""What version 2 tells, by the names of its paths, which are also the topics of its WebSocket."""
from ...core.encode import text
from .device import VERSION, device, wifi
from .measurement import measurement
from .users import listed


def topic(app, name, user):
    """What the path below /api tells, bytes: "" or "device", "measurement", "system" or "user".

    None: there is no fresh reading. user: the name of who asks.
    """
    if name == "measurement":
        live = app.messages.fresh()
        return live and measurement(app, live, 2)
    if name == "system":
        return _system(app)
    if name == "user":
        return listed(app, user)
    return device(app, VERSION)


def wrong(values):
    """Why a change of the system is refused, as an error of the API; None for a good one, which changes nothing."""
    found = False
    for name in ("cloud_enabled", "api_v1_enabled", "status_led_brightness_pct"):
        if name in values:
            found = True
            value = values[name]
            kind = int if name[0] == "s" else bool
            if type(value) is not kind or not 0 <= value <= 100:
                return "json:parameter-invalid-type:" + name
    return None if found else "json:no-parameters-recognized"


def _system(app):
    ssid, rssi = wifi(app)
    parts = [] if rssi is None else ['"wifi_ssid":%s,"wifi_rssi_db":%d,' % (text(ssid), rssi)]
    parts.append('"cloud_enabled":false,"uptime_s":%d,' % (app.clock.uptime_ms() // 1000))
    parts.append('"status_led_brightness_pct":100,"api_v1_enabled":true}')
    return ("{" + "".join(parts)).encode()
