"""The frames of Modbus TCP: a header of six bytes (transaction, protocol, length), the unit, and the PDU."""
from .pdu import BUSY, answer, refuse

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_HEADER = const(6)
#: Least and most of what the header's length counts: the unit and a PDU of 1 to 253 bytes.
_LEAST = const(2)
_MOST = const(254)
#: A client that asks nothing for so long is gone, ms. Time for the whole of a frame that has begun, and for a client to
#: take an answer.
_IDLE_MS = const(120000)
_FRAME_MS = const(10000)
_ANSWER_MS = const(5000)


# Lives until the client goes, does what it must not, or is cancelled.
async def talk(client, device, status):
    """Answer the requests of a client one after the other. status counts answers and frames that got none.

    A client is sent away when its next frame cannot be found, and when what it was told of the models does not hold
    any more: it then looks at them again.
    """
    data = b""
    edition = None
    client.left = _IDLE_MS
    while True:
        more = await client.read(_HEADER + _MOST)
        if not more:
            return
        if not data:
            client.left = _FRAME_MS
        data += more
        while len(data) >= _HEADER:
            length = data[4] << 8 | data[5]
            if not _LEAST <= length <= _MOST:
                status.dropped += 1
                return
            end = _HEADER + length
            if len(data) < end:
                break
            if data[2] or data[3]:  # another protocol: such a frame is passed over (guide, 4.4.2.2)
                status.dropped += 1
            else:
                try:
                    said = answer(device, data[_HEADER:end])
                except MemoryError:
                    said = refuse(data[_HEADER + 1], BUSY)
                if edition is None:
                    edition = device.edition
                elif edition != device.edition:
                    return
                size = len(said) + 1
                await client.send(data[:4] + bytes((size >> 8, size & 0xFF, data[_HEADER])) + said, _ANSWER_MS)
                status.sent += 1
            data = data[end:]
            client.left = _FRAME_MS if data else _IDLE_MS
