"""What the application does as it starts. Imported for that, and released."""
from . import __version__
from .apply import set_zone, use
from .core.modules import release
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

                release("han.store.kept", "han.store.copies")
                adopt(app.config, text)
                found = True
        if found or not app.config.damaged:
            tell("configuration", "running", "ok")
        else:
            tell("configuration", "running", "degraded", "both copies damaged, defaults used")
    except (OSError, ValueError) as error:
        tell("configuration", "running", "failed", "cannot be read: %s" % error)
    set_zone(app)
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
