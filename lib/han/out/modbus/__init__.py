"""Modbus TCP: a SunSpec meter, and a plain map of registers (Modbus Messaging on TCP/IP Implementation Guide V1.0b).

    frames.py    requests in a stream of bytes, and their answers
    pdu.py       what is answered to each function
    device.py    the registers of each unit
    sunspec.py   SunSpec's models of meters
    registers.py the plain map
    words.py     numbers as registers
"""
from ..serve import Server
from .device import Device
from .frames import talk

#: Most clients at a time.
CLIENTS = 3


def run(app, status):
    """Serve clients on the port of the settings until cancelled: to be awaited, with no coroutine of its own."""
    device = Device(app)
    return Server(app, status, status.settings["port"], lambda client: talk(client, device, status), CLIENTS).run()
