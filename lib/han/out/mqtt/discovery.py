"""Home Assistant's discovery: what there is to be read, so that its entities appear by themselves.

Form "device": one message for all. Form "entity": one message for each, as versions before 2024.11 want it. Home
Assistant refuses a unique id that comes in both. Who changes from one to the other tells it first, so that it keeps
the entities with their names and history ("migrate_discovery" in its documentation of MQTT discovery).

The topics of the two forms must not make the same discovery id (node and object of the topic; device and key of the
component). Otherwise Home Assistant takes the end of the old form for a conflict with the new one.
"""
from ...core.encode import text
from ..table import quantities
from . import subs
from .client import whole
from .told import ONLINE, SIGNAL

_PREFIX = "homeassistant/"
#: Most places of a number that Home Assistant shows.
_SHOWN = 2
_MIGRATE = b'{"migrate_discovery":true}'
DEVICE, ENTITY = "device", "entity"
#: The key in the configuration under which the form that the broker has is kept; "" for none.
KEPT = "discovery"


async def announce(app, client, form, base, told, expires):
    """Tell what `told` has in this form ("": in none), and take the other form back.

    base: of the topics; expires: s without a value after which an entity is unavailable
    """
    before = app.config.values[KEPT]
    other = before if before != form else ""
    if other and form:
        for topic in _topics(app, other, told):
            await client.keep(topic, whole(_MIGRATE))
    # A prefix may have what must not be in JSON as it is.
    told_as = text(base)[1:-1]
    shared = _shared(app, told_as)
    if form == DEVICE:
        await client.keep(_topic(app, DEVICE), lambda: _device(app, told_as, told, expires, shared))
    elif form:
        for row in rows(app, told):
            one = b"{%s,%s}" % (shared, _entity(app, told_as, row, expires))
            await client.keep(_topic(app, ENTITY, row[0]), whole(one))
    if other:
        for topic in _topics(app, other, told):
            await client.keep(topic, whole(b""))
    if form != before:
        # A broker that forbids these topics may acknowledge them, and end the connection then. What it has not taken
        # must not be taken back: it would do so again, also where `ha` is false because of that.
        await client.keep(base + "status", whole(ONLINE), True)
        _note(app, form)


async def withdraw(app, client, told):
    """Take everything back: Home Assistant then removes its entities."""
    before = app.config.values[KEPT]
    if before:
        told.look(app.messages.reading())  # there may have been none since the connection began
        for topic in _topics(app, before, told):
            await client.publish(topic, b"", True)
        _note(app, "")


def _note(app, form):
    if app.config.values[KEPT] != form:
        try:
            app.config.note(KEPT, form)
        except (OSError, ValueError):
            pass  # a later connection tries it again


def _topics(app, form, told):
    """Yield all topics that a form may have had."""
    if form == DEVICE:
        yield _topic(app, DEVICE)
        return
    for (key,) in quantities("key"):
        yield _topic(app, ENTITY, key)
    for key in told.others():
        yield _topic(app, ENTITY, key)


def _topic(app, form, key=""):
    serial = app.identity.serial
    return _PREFIX + ("device/%s/config" % serial if form == DEVICE else "sensor/%s_%s/config" % (serial, key))


def rows(app, told):
    """Yield (key, name, unit, class, state class, places to show) of what was told; "-" for nothing."""
    known = told.keys()
    for name, unit, kind, state, places, key in quantities("name", "unit", "class", "state", "places", "key"):
        if key in known:
            yield key, name, unit.replace("CUR", app.book.currency), kind, state, min(int(places), _SHOWN)
    live = app.messages.reading()
    if live.extra:
        for row in subs.rows(live, _SHOWN):
            yield row
    if SIGNAL in known:
        yield SIGNAL, "Signal", "dBm", "signal_strength", "measurement", 0


def _shared(app, base):
    """What the two forms say of the reader itself: members of JSON, bytes. base: as it is in JSON."""
    who, version = app.identity, app.updates.running
    wifi, wired, _ = app.links.network()
    address = wired if wired != "0.0.0.0" else wifi
    place = address if app.port == 80 else "%s:%d" % (address, app.port)
    return (
        '"dev":{"ids":"%s","name":"%s","mf":"han-reader","mdl":"HAN","sn":"%s","sw":"%s","cu":"http://%s/"},'
        '"o":{"name":"han-reader","sw":"%s"},"avty_t":"%sstatus"'
        % (who.serial, who.name, who.serial, version, place, version, base)
    ).encode()


def _device(app, base, told, expires, shared):
    """Yield the pieces of the one message for all."""
    mark = b"{"
    yield b'{%s,"cmps":' % shared
    for row in rows(app, told):
        yield b'%s"%s":{"p":"sensor",%s}' % (mark, row[0].encode(), _entity(app, base, row, expires))
        mark = b","
    yield b"{}}" if mark == b"{" else b"}}"


def _entity(app, base, row, expires):
    """What is said of one quantity: members of JSON, bytes. base: as it is in JSON."""
    key, name, unit, kind, state, places = row
    said = '"name":"%s","uniq_id":"%s_%s","stat_t":"%s%s","exp_aft":%d' % (
        name, app.identity.serial, key, base, key, expires,
    )  # fmt: skip
    for member, value in (("unit_of_meas", unit), ("dev_cla", kind), ("stat_cla", state)):
        if value != "-":
            said += ',"%s":"%s"' % (member, value)
    if state != "-":
        said += ',"sug_dsp_prc":%d' % places
    if key == SIGNAL:
        said += ',"ent_cat":"diagnostic"'
    return said.encode()
