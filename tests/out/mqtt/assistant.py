"""Home Assistant with its own MQTT integration: python assistant.py FOLDER PORT BROKER PREFIX, in the environment of
requirements-home-assistant.txt.

FOLDER: for its files. PORT: its own. BROKER: the port of the broker. PREFIX: of the topics of discovery. It answers a
line of its input with a line of JSON: `look` with entities and log, `energy` with what its energy dashboard finds
wrong, `reload` (its MQTT integration) with nothing.
"""

import asyncio
import json
import logging
import pathlib
import sys
import warnings
from datetime import timedelta

from homeassistant import auth, bootstrap, config, config_entries, core, loader, setup
from homeassistant.components import recorder
from homeassistant.components.energy import data as energy
from homeassistant.components.energy import validate
from homeassistant.components.recorder import tasks
from homeassistant.helpers import entity_registry
from homeassistant.helpers import recorder as recorders
from homeassistant.util import dt

#: What its MQTT integration sets up beside sensors, and needs packages that are left out here.
_LEFT_OUT = "Setup failed for 'camera': "


class Log(logging.Handler):
    """Keeps warnings and errors of all of Home Assistant."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        text = record.getMessage()
        if not text.startswith(_LEFT_OUT):
            self.lines.append("%s %s: %s" % (record.levelname, record.name, text))


async def started(folder, port, broker, prefix):
    """A running Home Assistant that has been given the broker as a user does it."""
    (folder / "configuration.yaml").touch()
    hass = core.HomeAssistant(str(folder))
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    recorders.async_initialize_recorder(hass)
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth.auth_manager_from_config(hass, [], [])
    await hass.config_entries.async_initialize()
    house = {"name": "House", "currency": "EUR", "time_zone": "Europe/Brussels"}
    await config.async_process_ha_core_config(hass, house)
    settings = {"recorder": {"db_url": "sqlite:///%s/history" % folder, "commit_interval": 0}}
    settings["http"] = {"server_host": "127.0.0.1", "server_port": port}
    for domain in "homeassistant", "recorder", "http", "sensor":
        if not await setup.async_setup_component(hass, domain, settings):
            raise RuntimeError(domain)
    await hass.async_start()
    flow = await hass.config_entries.flow.async_init("mqtt", context={"source": "user"})
    made = await hass.config_entries.flow.async_configure(flow["flow_id"], {"broker": "127.0.0.1", "port": broker})
    entry = made["result"]
    if prefix != "homeassistant":
        hass.config_entries.async_update_entry(entry, data={**entry.data, "discovery_prefix": prefix})
        await hass.config_entries.async_reload(entry.entry_id)
    return hass


def entities(hass):
    """{unique id: what there is to know} of its sensors."""
    found = {}
    for entry in entity_registry.async_get(hass).entities.values():
        state = hass.states.get(entry.entity_id)
        said = {"entity": entry.entity_id, "state": state and state.state}
        for name in "unit_of_measurement", "device_class", "state_class", "friendly_name":
            said[name] = state and state.attributes.get(name)
        found[entry.unique_id] = said
    return found


async def dashboard(hass):
    """{unique id: [what the energy dashboard finds wrong]} of all sensors of energy, gas and water, and of power."""
    instance = recorder.get_instance(hass)
    await instance.async_block_till_done()
    # Statistics of these five minutes, which are not over yet, and of those before: a value may have come just then.
    now = dt.utcnow()
    begin = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    for start in begin - timedelta(minutes=5), begin:
        instance.queue_task(tasks.StatisticsTask(start, False))
    await instance.async_block_till_done()
    there = entities(hass)
    price = [one["entity"] for name, one in there.items() if name.endswith("_price")]
    wanted, sources = [], []
    for name, one in there.items():
        kind, entity = one["device_class"], one["entity"]
        if kind == "energy" and name.endswith("export_energy"):
            flow = {"stat_energy_to": entity, "stat_compensation": None, "entity_energy_price": None}
            source = {"type": "grid", "flow_from": [], "flow_to": [dict(flow, number_energy_price=None)]}
        elif kind == "energy" or name.endswith("_power"):
            flow = {"stat_energy_from": entity, "stat_cost": None, "entity_energy_price": (price or [None])[0]}
            source = {"type": "grid", "flow_from": [dict(flow, number_energy_price=None)], "flow_to": []}
        elif kind in ("gas", "water"):
            source = {"type": kind, "stat_energy_from": entity, "stat_cost": None, "entity_energy_price": None}
            source["number_energy_price"] = None
        else:
            continue
        wanted.append(name)
        sources.append(dict(source, cost_adjustment_day=0.0) if source["type"] == "grid" else source)
    manager = await energy.async_get_manager(hass)
    hass.data.setdefault("energy", {"cost_sensors": {one["entity"]: one["entity"] for one in there.values()}})
    await manager.async_update({"energy_sources": sources, "device_consumption": []})
    said = (await validate.async_validate(hass)).as_dict()["energy_sources"]
    return dict(zip(wanted, said))


async def main(folder, port, broker, prefix):
    log = Log()
    logging.getLogger().addHandler(log)
    logging.captureWarnings(True)
    warnings.simplefilter("ignore", DeprecationWarning)
    hass = await started(pathlib.Path(folder), int(port), int(broker), prefix)
    try:
        while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
            await hass.async_block_till_done()
            answer = None
            if command == "look":
                answer = {"entities": entities(hass), "log": log.lines}
            elif command == "energy":
                answer = await dashboard(hass)
            else:
                (entry,) = hass.config_entries.async_entries("mqtt")
                await hass.config_entries.async_reload(entry.entry_id)
            print(json.dumps(answer, default=list), flush=True)
    finally:  # else its threads would go on
        await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
