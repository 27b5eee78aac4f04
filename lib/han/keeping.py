"""Keeps in flash what the reader must know again after a restart: the meter's counters, and what was found out."""
from binascii import crc32

from .meter.reading import METER_ID


# Lives as long as the application.
async def keep(app):
    """Keep the counters of each reading, and write them to flash now and then."""
    mailbox = app.bus.subscribe("meter")
    saved = None
    noted = {}
    try:
        while True:
            _, live = await mailbox.get()
            meter = live.text(METER_ID)
            app.counters.update(live.energies(), crc32(meter.encode()) if meter else 0, live.meters)
            now = app.clock.uptime_ms()
            if app.counters.unsaved and (saved is None or now - saved >= app.save_ms):
                saved = now
                app.counters.save()
            note(app, noted)
    finally:
        mailbox.close()


def note(app, noted=None):
    """Save what was found out about the meter's scalers and its line, if it has changed.

    noted: a dict for the uptime at which each was saved last, ms; None: save without a limit
    """
    now = app.clock.uptime_ms()
    line = app.link.search.found(app.config.get("line"))
    scales = app.link.decoder.scales
    for key, value in (("scales", scales.keep() if scales else {}), ("line", line)):
        if value == app.config.get(key) or noted and now - noted.get(key, -app.save_ms) < app.save_ms:
            continue
        if noted is not None:
            noted[key] = now
        try:
            app.config.note(key, value)
        except ValueError:
            pass  # no room beside the settings: it must be found out again after each start
