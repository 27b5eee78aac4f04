"""HAN_CONFIGURATION_MESSAGE: all settings but the secrets. Imported when one is made."""
from ...core.encode import decimal, flag, text

_CONFIGURATION = (
    '{"type":"HAN_CONFIGURATION_MESSAGE","v":"%s","t":%s,"s":%s,"p":%s,"pc":%s,"pa":%s,"vat":%s,"fees":%s,"monthly":%s,"sell":%s,"cap":%s,'
    '"np":%s,"up":%s,"bhf":%s,'
    '"hosts":[%s],"ts":[%s],"pws":%s,"m":{"f":%d,"t":%s,"o":%d,"ts":%s,"n":%s,"is":%s,"s":{"e":%s,"i":%s,"u":%s},"ct":%d,'
    '"ks":%s,"as":%s},"e":{"e":%s,"n":%s},'
    '"w":{"e":%s,"s":%s,"p":"","w":%d,"z":%d,"b":%s,"n":%s},"alarms":{%s},"out":{%s}}'
)
_OUT = (
    '"mqtt":{"on":%s,"host":%s,"port":%d,"user":%s,"pws":%s,"tls":%s,"prefix":%s,"every":%d,"ha":%s},'
    '"modbus":{"on":%s,"port":%d},"p1":{"on":%s,"port":%d,"virtual":%s,"uart":%s},'
    '"homewizard":{"on":%s},"shelly":{"on":%s},"metrics":{"on":%s}'
)
_NETWORK = '{"m":%s,"i":%s,"s":%s,"g":%s,"d1":%s}'


def message(app):
    """The message, as bytes."""
    c = app.config.values
    m, e, w = c["m"], c["e"], c["w"]
    values = (
        app.updates.running,
        text(c["t"]),
        flag(c["s"]),
        decimal(c["p"], 6),
        text(c["pc"]),
        text(c["pa"]),
        decimal(c["vat"], 2),
        _fees(c["fees"]),
        decimal(c["monthly"], 6),
        decimal(c["sell"], 6),
        _cap(c["cap"]),
        text(c["np"]),
        text(c["up"]),
        flag(c["bhf"]),
        ",".join([text(host) for host in c["hosts"]]),
        ",".join([text(server) for server in c["ts"]]),
        flag(c["pw"]),
        m["f"],
        text(m["t"]),
        m["o"],
        text(m["ts"]),
        text(m["n"]),
        text(m["is"]),
        decimal(m["s"]["e"], 3),
        decimal(m["s"]["i"], 3),
        decimal(m["s"]["u"], 3),
        m["ct"],
        flag(m["k"]),
        flag(m["a"]),
        flag(e["e"]),
        _network(e["n"]),
        flag(w["e"]),
        text(w["s"]),
        w["w"],
        w["z"],
        flag(w["b"]),
        _network(w["n"]),
        _alarms(c["alarms"]) if c["alarms"] else "",
        _out(c["out"]),
    )
    return (_CONFIGURATION % values).encode()


def _fees(fees):
    if not fees:
        return "[]"
    from ..config.fees import told

    return told(fees)


def _cap(cap):
    if not cap:
        return "null"
    from ..config.cap import told

    return told(cap)


def _network(n):
    return _NETWORK % (text(n["m"]), text(n["i"]), text(n["s"]), text(n["g"]), text(n["d1"]))


def _out(out):
    mqtt, modbus, p1 = out["mqtt"], out["modbus"], out["p1"]
    return _OUT % (
        flag(mqtt["on"]), text(mqtt["host"]), mqtt["port"], text(mqtt["user"]), flag(mqtt["pw"]), flag(mqtt["tls"]),
        text(mqtt["prefix"]), mqtt["every"], text(mqtt["ha"]) if mqtt["ha"] else "false",
        flag(modbus["on"]), modbus["port"],
        flag(p1["on"]), p1["port"], flag(p1["virtual"]), flag(p1["uart"]),
        flag(out["homewizard"]["on"]), flag(out["shelly"]["on"]), flag(out["metrics"]["on"]),
    )  # fmt: skip


def _alarms(alarms):
    from ...alarms.rules import sound

    return ",".join([
        '"%s":{%s}' % (name, ",".join([
            '"%s":%s' % (field, decimal(rule[field], 6 if field == "below" else 0)) for field in sorted(rule)
        ])) for name, rule in sound(alarms)
    ])  # fmt: skip
