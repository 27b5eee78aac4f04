"""HAN_STATE_MESSAGE: the answer to GET /han, and the first message of a stream. Imported when one is made."""
from ...core.encode import flag, text

_STATE = (
    '{"type":"HAN_STATE_MESSAGE","ts":%s,"uuid":"%s","name":"%s","model":"HAN","serial":"%s",'
    '"version":"%s","state":"%s","mac":"%s","ethIp":"%s","wifiIp":"%s","online":%s,'
    '"rebootPending":%s,"rebootReason":"%s","channel":"%s"}'
)


def message(app):
    """The message, as bytes."""
    links, board, who = app.links, app.board, app.identity
    wifi, ethernet, _ = links.network()
    connected = wifi != "0.0.0.0" or ethernet != "0.0.0.0"
    values = (
        text(app.clock.unix_ms()),
        who.uuid,
        who.name,
        who.serial,
        app.updates.running,
        "REGISTERED" if app.config.values.get("on")
        else "UNREGISTERED" if connected or links.is_set() else "SETUP",
        who.mac,
        ethernet,
        wifi,
        flag(links.online),
        flag(app.messages.reboot_pending),
        board.reset_reason,
        board.channel,
    )  # fmt: skip
    return (_STATE % values).encode()
