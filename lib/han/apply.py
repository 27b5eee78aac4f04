"""Applies the configuration: at the start, and when it changes. Imported for that."""
from .core.zone import Zone
from .store.config import priced


def configure(app, values):
    """Save and apply a new configuration. OSError, ValueError: nothing has changed."""
    before = app.config.values
    network = [key for key in ("np", "e", "w") if values[key] != before[key]]
    if network:
        app.links.policy().plan(values)
    _date_prices(app, values)
    app.config.change(values)
    if network:
        app.links.policy().apply()
    app.supervisor.set("configuration", "running", "ok")
    set_zone(app)
    if values["m"] != before["m"]:
        use(app)
        if (values["m"]["k"], values["m"]["a"]) != (before["m"]["k"], before["m"]["a"]):
            app.link.decoder.forget_key()
    app.messages.forget()  # the latest reading is encoded again with the new settings
    app.bus.publish("configuration", None)
    app.watch_alarms()


def _date_prices(app, values):
    """Note in a new configuration since when it has prices, where the one before has none."""
    if priced(values) and not priced(app.config.values):
        now = app.clock.utc()
        if now is None:
            now = app.history and app.history.t
        values["since"] = now or 0


def use(app):
    """Set the configuration's line, keys, manufacturer and multipliers for the meter task."""
    from .meter.lists.profiles import opening

    meter = app.config.get("m")
    network = app.link.live.network
    network.setting = meter["n"]
    network.signed = meter["is"] == "auto"
    app.link.use(meter["o"], _cipher(app, meter), opening(meter["t"]))
    times = meter["s"]
    anew = app.link.multiply(max(0, times["e"]), max(0, times["i"]), max(0, times["u"]), max(1, meter["ct"]))
    if anew:
        app.counters.forget()


def set_zone(app):
    """Set the clock's zone from the configuration. A zone that cannot be found is reported in /health."""
    name = app.config.get("t")
    if name != app.clock.zone.name:
        try:
            app.clock.zone = Zone(name)
        except (OSError, ValueError) as error:
            app.supervisor.set("configuration", "running", "degraded", "t: %s" % error)


def _cipher(app, meter):
    """The Cipher that decrypts telegrams; None without a key, or with a key that is not one."""
    if not meter["k"]:
        return None
    from .wire.layers.gcm import Cipher, parse_key

    try:
        return Cipher(parse_key(meter["k"]), parse_key(meter["a"]) if meter["a"] else None)
    except ValueError:
        # The text must not contain the key, as everybody can read /health.
        app.supervisor.set("configuration", "running", "degraded", "m.k or m.a is not a key of 32 hex digits")
        return None
