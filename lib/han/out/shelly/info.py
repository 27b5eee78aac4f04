"""What a Shelly says of itself besides its measurements: device, system, links, components."""
from ...core.encode import text
from .frames import PORTS, called

# The firmware whose answers these are. Clients read its version and the date of its release: old ones they refuse.
_VERSION = "1.7.1"
FIRMWARE = "20250924-062729/" + _VERSION + "-gd336f31"
_MODEL = "SPEM-003CEBEU"
_DEVICE = (
    '{"name":%s,"id":"%s","mac":"%s","slot":0,"model":"%s","gen":2,"fw_id":"%s","ver":"%s","app":"Pro3EM",'
    '"auth_en":false,"auth_domain":null,"profile":"triphase"}'
)
_SYSTEM = (
    '{"mac":"%s","restart_required":false,"time":%s,"unixtime":%s,"uptime":%d,"ram_size":%d,"ram_free":%d,'
    '"cfg_rev":1,"kvs_rev":0,"schedule_rev":0,"webhook_rev":0,"available_updates":{}}'
)
_SYSTEM_CONFIG = (
    '{"device":{"name":%s,"mac":"%s","fw_id":"%s","discoverable":true,"eco_mode":false,"profile":"triphase",'
    '"addon_type":null},"location":{"tz":%s,"lat":null,"lon":null},"debug":{"mqtt":{"enable":false},'
    '"websocket":{"enable":false},"udp":{"addr":null}},"ui_data":{},"rpc_udp":{"dst_addr":null,"listen_port":%d},'
    '"sntp":{"server":null},"cfg_rev":1}'
)
_STATION = '"ssid":null,"is_open":false,"enable":%s,"ipv4mode":"dhcp"}'
_NOWHERE = "0.0.0.0"


def txt(app):
    """What is announced of the Shelly in the network, a tuple of texts."""
    return (
        "gen=2", "app=Pro3EM", "ver=" + _VERSION, "id=" + called(app), "model=" + _MODEL, "arch=esp32",
        "fw_id=" + FIRMWARE,
    )  # fmt: skip


def device(app, params):
    """Shelly.GetDeviceInfo, and GET /shelly. Its name says what it really is."""
    names = app.identity
    return (
        _DEVICE % (text(names.name), called(app), _mac(app), _MODEL, FIRMWARE, _VERSION)
    ).encode()  # fmt: skip


def system(app, params):
    """Sys.GetStatus."""
    now = app.clock.unix_ms()
    clock = None
    if now is not None:
        now //= 1000
        minute = app.clock.zone.local(app.clock.utc()) % 86400 // 60
        clock = "%02d:%02d" % (minute // 60, minute % 60)
    heap = app.board.heap()
    return (
        _SYSTEM % (_mac(app), text(clock), text(now), app.clock.uptime_ms() // 1000, heap[0], heap[1])
    ).encode()  # fmt: skip


def system_config(app, params):
    """Sys.GetConfig."""
    return (
        _SYSTEM_CONFIG % (text(app.identity.name), _mac(app), FIRMWARE, text(app.config.get("t")), PORTS[0])
    ).encode()  # fmt: skip


def wifi(app, params):
    """WiFi.GetStatus."""
    address, _, rssi = app.links.network()
    up = address != _NOWHERE
    return (
        '{"sta_ip":%s,"status":"%s","ssid":null,"rssi":%s}'
        % (text(address if up else None), "got ip" if up else "disconnected", text(rssi))
    ).encode()  # fmt: skip


def wifi_config(app, params):
    """WiFi.GetConfig. It names no network, as it can be read without a password."""
    on = app.links.wlan is not None
    return (
        '{"ap":{"ssid":null,"is_open":true,"enable":false},"sta":{%s,"sta1":{%s}'
        % (_STATION % ("true" if on else "false"), _STATION % "false")
    ).encode()  # fmt: skip


def eth(app, params):
    """Eth.GetStatus."""
    address = app.links.network()[1]
    return ('{"ip":%s}' % text(None if address == _NOWHERE else address)).encode()


def _mac(app):
    return app.identity.mac.replace(":", "")
