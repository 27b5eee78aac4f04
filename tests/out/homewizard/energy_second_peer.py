"""Version 2 of python-homewizard-energy, of the clients' environment: `energy_second_peer.py HOST:PORT CERTIFICATE`.

It trusts that certificate (a file) instead of HomeWizard's authority, prints "press" when the button has to be pressed,
and goes on with the next line that it is given. The last line that it prints is JSON.
"""

import asyncio
import json
import ssl
import sys

import homewizard_energy
from homewizard_energy.errors import NotFoundError, UnauthorizedError, UnsupportedError


async def fails(error, coroutine):
    """True where this error is raised."""
    try:
        await coroutine
    except error:
        return True
    return False


async def main(host, certificate):
    said = {"second": await homewizard_energy.has_v2_api(host)}
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.load_verify_locations(certificate)
    async with homewizard_energy.HomeWizardEnergyV2(host) as api:
        said["untrusted"] = await fails(homewizard_energy.RequestError, api.get_token("peer"))
        api._ssl = trusting
        said["refused"] = await fails(homewizard_energy.DisabledError, api.get_token("peer"))
        print("press", flush=True)
        sys.stdin.readline()
        said["token"] = await api.get_token("peer")
        said["device"] = vars(await api.device())
        said["data"] = vars(await api.measurement())
        said["system"] = vars(await api.system())
        said["set"] = vars(await api.system(cloud_enabled=True, status_led_brightness_pct=10))
        said["all"] = sorted(vars(await api.combined()))
        said["telegram"] = await api.telegram()
        await api.identify()
        said["batteries"] = await fails(UnsupportedError, api.batteries())
        said["reboot"] = await fails(NotFoundError, api.reboot())
        token, _ = api._token, await api.delete_token()
        api._token = token
        said["deleted"] = await fails(UnauthorizedError, api.system())
    print(json.dumps(said, default=str))


asyncio.run(main(*sys.argv[1:]))
