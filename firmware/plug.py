"""A P1 plug on free pins: a second UART that says what a meter's P1 port would. Imported while it is wanted."""

import machine
from machine import Pin

#: Bytes of the buffers of the system's heap. The first takes two pieces of 1024, each in parts with their headers; the
#: second is the driver's smallest.
_SENDS, _RECEIVES = 2048, 256


class Plug:
    """Sends at 115200 8N1, inverted (P1 companion standard DSMR 5.0.2, clause 5.7). Nothing is ever received.

    request: the pin of the data request, which has a pull-up: not connected, it asks all the time
    """

    def __init__(self, number, tx, request):
        inverted = machine.UART.INV_TX
        self._uart = machine.UART(
            number, 115200, tx=tx, rx=request, txbuf=_SENDS, rxbuf=_RECEIVES, timeout=0, invert=inverted
        )
        self._request = Pin(request, Pin.IN, Pin.PULL_UP)

    def asked(self):
        """True while what is plugged in wants telegrams."""
        return self._request.value() == 1

    def idle(self):
        """True when all has been sent, so that write() does not wait."""
        return self._uart.txdone()

    def write(self, data):
        """Send at most 1024 bytes."""
        self._uart.write(data)

    def close(self):
        """Give the UART and its buffers back."""
        self._uart.deinit()
