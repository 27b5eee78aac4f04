"""The remote procedure calls of a Shelly of the second generation. None of them changes anything in the reader."""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Codes of errors. Those above 0 are HTTP statuses.
_INVALID = const(-103)
_NOT_THERE = const(-105)
_REFUSED = const(403)
_UNKNOWN = const(404)

# A row has a method, as ListMethods names it, and its result: JSON, or module.function of this package, or with a star
# what is made of the table itself. Components come in the order of the real one. What is behind the empty line is
# answered, but not listed: with EM1 in the list, clients take the reader for a meter of one phase.
_METHODS = """
BLE.GetStatus {}
Cloud.GetStatus {"connected":false}
EM.GetStatus em.status
EMData.GetStatus em.data
Eth.GetStatus info.eth
Modbus.GetStatus {}
MQTT.GetStatus {"connected":false}
Sys.GetStatus info.system
WiFi.GetStatus info.wifi
WS.GetStatus {"connected":false}
BLE.GetConfig {"enable":false,"rpc":{"enable":false},"observer":{"enable":false}}
Cloud.GetConfig {"enable":false,"server":null}
EM.GetConfig {"id":0,"name":null,"blink_mode_selector":"active_energy","phase_selector":"all",\
"monitor_phase_sequence":false,"reverse":{},"ct_type":"120A"}
EMData.GetConfig {}
Modbus.GetConfig {"enable":false}
MQTT.GetConfig {"enable":false,"server":null,"user":null,"rpc_ntf":false,"status_ntf":false}
Sys.GetConfig info.system_config
WiFi.GetConfig info.wifi_config
WS.GetConfig {"enable":false,"server":null,"ssl_ca":"*"}
Script.List {"scripts":[]}
Shelly.GetComponents *components
Shelly.GetConfig *GetConfig
Shelly.GetDeviceInfo info.device
Shelly.GetStatus *GetStatus
Shelly.ListMethods *methods

EM1.GetStatus em.one
"""


def call(app, method, params):
    """The answer to a call: bytes with a JSON object, or an error, (code, text).

    params: a dict, None for none
    """
    if not isinstance(method, str) or not (params is None or isinstance(params, dict)):
        return _INVALID, "method must be a text and params an object"
    at = _METHODS.find("\n%s " % method)
    if at < 0:
        at = _METHODS.lower().find("\n%s " % method.lower())
    component, _, verb = method.lower().partition(".")
    if at < 0 or not verb:
        reads = verb[:3] == "get" or verb[:4] == "list" or not verb
        if reads or "\n%s." % component not in _METHODS.lower():
            return _UNKNOWN, "No handler for %s" % method[:64]
        return _REFUSED, "%s is refused: this reader is no Shelly, and nothing here changes it" % method[:64]
    number = params.get("id", 0) if params else 0
    if component in ("em", "emdata", "em1") and (number != 0 or number is False):
        if not isinstance(number, int) or number is False or number is True:
            return _INVALID, "Invalid argument 'id'"
        return _NOT_THERE, "Argument 'id', value %d not found!" % number
    at += len(method) + 2
    return _result(app, _METHODS[at : _METHODS.find("\n", at)], params or {})


def _result(app, what, params):
    """The answer that a row names."""
    if what[0] == "{":
        return what.encode()
    if what == "*methods":
        return ('{"methods":["%s"]}' % '","'.join([row[: row.find(" ")] for row in _rows()])).encode()
    if what == "*components":
        return _components(app, params)
    if what[0] == "*":
        return _together(app, what[1:])
    name, _, function = what.partition(".")
    module = __import__("han.out.shelly." + name, None, None, (function,))
    return getattr(module, function)(app, params)


def _rows():
    return _METHODS[1 : _METHODS.find("\n\n")].split("\n")


def _all_of(verb):
    """Yield (name of the component, what its result is) of each method with this verb, "GetStatus" or "GetConfig"."""
    for row in _rows():
        method, _, what = row.partition(" ")
        component, _, its = method.partition(".")
        component = component.lower()
        if its == verb and component != "shelly":
            yield component + ":0" if component[:2] == "em" else component, what


def _together(app, verb):
    """Shelly.GetStatus or Shelly.GetConfig: what all components say."""
    parts = []
    for name, what in _all_of(verb):
        answer = _result(app, what, {})
        if not isinstance(answer, bytes):
            return answer
        parts.append(b'"%s":%s' % (name.encode(), answer))
    return b"{%s}" % b",".join(parts)


def _components(app, params):
    """Shelly.GetComponents: the meter and its counters. None of them come and go, for which a client may ask."""
    if params.get("dynamic_only") is True or params.get("offset"):
        return b'{"components":[],"cfg_rev":1,"offset":0,"total":0}'
    configs = dict(_all_of("GetConfig"))
    parts = []
    for name, what in _all_of("GetStatus"):
        if name[-2:] == ":0":
            answer = _result(app, what, {})
            if not isinstance(answer, bytes):
                return answer
            parts.append(b'{"key":"%s","status":%s,"config":%s}' % (name.encode(), answer, configs[name].encode()))
    return b'{"components":[%s],"cfg_rev":1,"offset":0,"total":%d}' % (b",".join(parts), len(parts))
