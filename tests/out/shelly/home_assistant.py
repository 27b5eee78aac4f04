"""What Home Assistant's integration does with a Shelly, by aioshelly: prints what it found, as JSON.

python home_assistant.py HOST PORT, in the environment of requirements-clients.txt
"""

import asyncio
import json
import sys

from aiohttp import ClientSession
from aioshelly.common import ConnectionOptions, get_info
from aioshelly.exceptions import DeviceConnectionError, RpcCallError
from aioshelly.rpc_device import RpcDevice, RpcUpdateType

#: Time-out, s: nothing takes so long, even on a slow machine.
PATIENCE = 120


async def main(host, port):
    async with ClientSession() as session:
        info = await get_info(session, host, port=port)
        options = ConnectionOptions(host, port=port, device_mac=info["mac"])
        device = await RpcDevice.create(session, None, options)
        updates = []
        came = asyncio.Event()

        def update(_, kind):
            updates.append(kind)
            came.set()

        device.subscribe_updates(update)
        try:
            await device.initialize()
        except DeviceConnectionError as error:
            return {"info": info, "error": str(error)}
        found = {
            "info": info,
            "name": device.name,
            "model": device.model,
            "supported": device.firmware_supported,
            "status": json.loads(json.dumps(device.status)),
            "config": device.config,
            "scripts": await device.supports_scripts(),
            "listed": await device.script_list(),
            "methods": await device.methods_list(),
            "ws": await device.ws_getconfig(),
        }
        refused = []
        for call in device.trigger_reboot, device.trigger_ota_update, lambda: device.switch_set(0, True):
            try:
                await call()
            except RpcCallError as error:
                refused.append(error.code)
        found["refused"] = refused
        await device.poll()
        updates.clear()
        while updates.count(RpcUpdateType.STATUS) < 3:
            came.clear()
            await asyncio.wait_for(came.wait(), PATIENCE)
        found["told"] = device.status
        await device.shutdown()
        return found


print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2])))))
