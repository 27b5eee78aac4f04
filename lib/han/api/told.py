"""Messages of what changes rarely, the configuration and the update's state. Imported when it has, and released."""
from .encode import decimal, flag, text

_CONFIGURATION = (
    ',"v":"%s","t":%s,"s":%s,"p":%s,"pc":%s,"pa":%s,"np":%s,"up":%s,"bhf":%s,'
    '"hosts":[%s],"m":{"f":%d,"t":%s,"o":%d,"ts":%s,"ks":%s},"e":{"e":%s,"n":%s},'
    '"w":{"e":%s,"s":%s,"p":"","w":%d,"z":%d,"b":%s,"n":%s}}'
)
_NETWORK = '{"m":%s,"i":%s,"s":%s,"g":%s,"d1":%s}'
_OTA = (
    '{"type":"HAN_OTA_MESSAGE","ts":%s,"uuid":"%s","status":"%s","version":%s,"releaseNotes":%s,'
    '"source":%s,"critical":%s,"forced":%s,"allowDownload":%s,"progress":%d,"activeSlot":"%s",'
    '"stagedSlot":%s,"stagedVersion":%s,"error":%s,"reason":%s}'
)


def configuration(c, version):
    """What follows the type in a message of the configuration's values, without its secrets."""
    m, e, w = c["m"], c["e"], c["w"]
    values = (
        version, text(c["t"]), flag(c["s"]), decimal(c["p"], 6), text(c["pc"]), text(c["pa"]), text(c["np"]),
        text(c["up"]), flag(c["bhf"]), ",".join([text(host) for host in c["hosts"]]),
        m["f"], text(m["t"]), m["o"], text(m["ts"]), flag(m["k"]), flag(e["e"]), _network(e["n"]),
        flag(w["e"]), text(w["s"]), w["w"], w["z"], flag(w["b"]), _network(w["n"]),
    )  # fmt: skip
    return (_CONFIGURATION % values).encode()


def _network(n):
    return _NETWORK % (text(n["m"]), text(n["i"]), text(n["s"]), text(n["g"]), text(n["d1"]))


def update(u, ts, uuid):
    """HAN_OTA_MESSAGE; ts: ms since 1970, None where it is not known."""
    values = (
        text(ts), uuid, u.status, text(u.version), text(u.notes), text(u.source),
        flag(u.critical), flag(u.forced), flag(u.allowed), u.progress, u.active, text(u.staged and u.other),
        text(u.staged), text(u.error), text(u.reason),
    )  # fmt: skip
    return (_OTA % values).encode()
