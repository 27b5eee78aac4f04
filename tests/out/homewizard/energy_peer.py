"""python-homewizard-energy, of the clients' environment: `energy_peer.py HOST:PORT`, one line of JSON at the end.

Version 6 (Python 3.11) and newer ones name things differently.
"""

import asyncio
import json
import sys

import homewizard_energy


async def main(host):
    said = {}
    if hasattr(homewizard_energy, "HomeWizardEnergyV1"):
        async with homewizard_energy.HomeWizardEnergyV1(host) as api:
            said["device"] = vars(await api.device())
            said["data"] = vars(await api.measurement())
            said["system"] = vars(await api.system())
            said["set"] = vars(await api.system(cloud_enabled=True))
            said["all"] = sorted(vars(await api.combined()))
            said["telegram"] = await api.telegram()
            said["identify"] = await api.identify()
            said["second"] = await homewizard_energy.has_v2_api(host)
    else:
        async with homewizard_energy.HomeWizardEnergy(host) as api:
            said["device"] = vars(await api.device())
            said["data"] = vars(await api.data())
            try:
                said["state"] = await api.state()
            except homewizard_energy.UnsupportedError:
                said["state"] = None  # as of a real P1 meter
            said["system"] = vars(await api.system())
            said["set"] = await api.system_set(cloud_enabled=True)
            said["telegram"] = await api.request("api/v1/telegram")
            said["identify"] = await api.identify()
    data = said["data"]
    for name in "external_devices", "external":
        if data.get(name):
            data[name] = {key: vars(value) for key, value in data[name].items()}
    print(json.dumps(said, default=str))


asyncio.run(main(sys.argv[1]))
