"""What the application does as it starts and when its configuration changes. Imported for that, and released."""
from . import __version__
from .core.modules import release
from .core.zone import Zone
from .meter import profiles
from .store import flash


def restore(app):
    """Take what was kept. Flash that cannot be read must not keep the reader from reading the meter."""
    tell = app.supervisor.set
    try:
        found = app.config.load()
        if not found:
            text = app.board.provisioned()
            if text:
                from .store.kept import adopt

                release("han.store.kept", "han.store.copies", "han.store.records")
                adopt(app.config, text)
                found = True
        if found or not app.config.damaged:
            tell("configuration", "running", "ok")
        else:
            tell("configuration", "running", "degraded", "both copies damaged, defaults used")
    except (OSError, ValueError) as error:
        tell("configuration", "running", "failed", "cannot be read: %s" % error)
    _set_zone(app)
    try:
        app.counters.load()
    except OSError as error:
        app.log.crash("counters", error)
    boot = app.board.boot
    if boot["rolled_back"]:
        from .ota.words import last_words

        release("han.ota.words", "han.store.crashlog")
        try:
            words = last_words(app.board.partition("state"), __version__)
            boot["rolled_back"] += words and ": " + words
        except OSError as error:
            app.log.crash("update", error)


def history(app):
    """What has been recorded, None where the board has no place for it or its flash cannot be read."""
    try:
        partition = app.board.partition("history")
    except OSError as error:
        app.supervisor.set("history", "stopped", "disabled", str(error))
        return None
    try:
        from .store.replay import restored  # a board without history does without its code

        region = flash.Region(app.board.partition("state"), *flash.CLOCK_STEPS)
        return restored(partition, region, app.clock, app.quote)
    except (OSError, ValueError) as error:
        app.supervisor.set("history", "stopped", "failed", "%s" % error)
        app.log.crash("history", error)
    finally:
        release("han.store.replay", "han.store.clocksteps", "han.store.samples", "han.store.records")
    return None


def secure(app):
    """What serves HTTPS, None where no certificate was provisioned or this board cannot."""
    tell = app.supervisor.set
    try:
        from .store.copies import Copies

        release("han.store.copies")
        kept = Copies(flash.Region(app.board.partition("state"), *flash.CERTIFICATE), b"HANS").load()
        if kept is None:
            return None
        if not app.board.secure_port:
            tell("https", "stopped", "disabled", "this image has no memory for TLS, one with all modules frozen has")
            return None
        from .api.tls import Secure, context

        made = Secure(context(kept), app.board.secure_port)
        tell("https", "running", "ok")
        return made
    except (OSError, ValueError, MemoryError) as error:
        tell("https", "stopped", "failed", "%s: %s" % (type(error).__name__, error))
    return None


def expect(app):
    """The meter task begins with the configuration and with what the meter has counted."""
    use(app)
    app.link.plausible.expect(app.counters.values, app.counters.meter)


def configure(app, values):
    """Keep and apply a new configuration. OSError, ValueError: nothing has changed."""
    before = app.config.values
    network = [key for key in ("np", "e", "w") if values[key] != before[key]]
    if network:
        app.links.policy().plan(values)
    app.config.change(values)
    if network:
        app.links.policy().apply()
    app.supervisor.set("configuration", "running", "ok")
    _set_zone(app)
    if values["m"] != before["m"]:
        use(app)
    app.bus.publish("configuration", None)


def use(app):
    """Let the meter task go on with the configuration's line, keys and maker."""
    meter = app.config.get("m")
    app.link.use(meter["o"], _cipher(app, meter), profiles.opening(meter["t"]))


def _set_zone(app):
    name = app.config.get("t")
    if name != app.clock.zone.name:
        try:
            app.clock.zone = Zone(name)
        except (OSError, ValueError) as error:
            app.supervisor.set("configuration", "running", "degraded", "t: %s" % error)


def _cipher(app, meter):
    """What opens ciphered telegrams, None without a key."""
    if not meter["k"]:
        return None
    from .wire.gcm import Cipher, parse_key

    try:
        return Cipher(parse_key(meter["k"]), parse_key(meter["a"]) if meter["a"] else None)
    except ValueError:
        # Not a word of the key: everybody can read this.
        app.supervisor.set("configuration", "running", "degraded", "m.k or m.a is not a key of 32 hex digits")
        return None
