"""What is answered to a request (Modbus Application Protocol V1.1b3)."""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: Exceptions (clause 7).
_FUNCTION = const(1)
ADDRESS = const(2)
_VALUE = const(3)
FAILURE = const(4)
BUSY = const(6)
_NO_TARGET = const(0x0B)

_READ_HOLDING = const(3)
_READ_INPUT = const(4)
_SERVER_ID = const(0x11)
_ENCAPSULATED = const(0x2B)
_DEVICE_ID = const(0x0E)

_MOST_REGISTERS = const(125)
#: Objects of the device's identification: basic ones up to this, then regular ones.
_BASIC = const(2)
_ALL = const(6)
_CONFORMITY = const(0x82)  # regular, all at once or one by one


def refuse(function, code):
    """The PDU of an exception."""
    return bytes((function | 0x80, code))


def answer(device, request):
    """The PDU that answers a request, bytes: the unit, and a PDU of at least one byte."""
    function = request[1]
    # A unit that is not there is told as a gateway tells a device that does not answer.
    if not device.has(request[0]):
        return refuse(function, _NO_TARGET)
    if function == _READ_HOLDING or function == _READ_INPUT:
        said = _read(device, request)
    elif function == _SERVER_ID:
        said = _server_id(device, request)
    elif function == _ENCAPSULATED:
        said = _identify(device, request)
    else:
        said = _FUNCTION
    return bytes((function,)) + said if isinstance(said, bytes) else refuse(function, said)


def _read(device, request):
    """What follows the function code, or the number of an exception; so below, too."""
    if len(request) != 6:
        return _VALUE
    at = request[2] << 8 | request[3]
    count = request[4] << 8 | request[5]
    if not 1 <= count <= _MOST_REGISTERS:
        return _VALUE
    said = device.read(request[0], at, count)
    return said if isinstance(said, int) else bytes((2 * count,)) + said


def _server_id(device, request):
    if len(request) != 2:
        return _VALUE
    name = device.serial()
    return bytes((len(name) + 1,)) + name + (b"\xff" if device.fresh() else b"\0")


def _identify(device, request):
    if len(request) < 3:
        return _VALUE
    if request[2] != _DEVICE_ID:
        return _FUNCTION
    if len(request) != 5 or not 1 <= request[3] <= 4:
        return _VALUE
    code, first = request[3], request[4]
    if code == 4:
        if first > _ALL:
            return ADDRESS
        last = first
    else:
        last = _BASIC if code == 1 else _ALL
        if first > last:
            first = 0  # one that is not there: from the first on (clause 6.21)
    objects = device.objects()
    said = bytes((_DEVICE_ID, code, _CONFORMITY, 0, 0, last - first + 1))
    for i in range(first, last + 1):
        said += bytes((i, len(objects[i]))) + objects[i]
    return said
