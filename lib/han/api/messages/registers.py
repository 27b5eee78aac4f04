"""The message with every register of a telegram, in pieces; tools.decode prints the same. Imported when asked for."""
from ...meter.registers.names import name
from ...core.encode import text

# Fields that only some registers have, and the attributes of a Register that they are.
_SOME = ("time", "stored", "log", "text", "status")


def pieces(copy, ts, place, most=200):
    """Yield the JSON of a Copy as text, a few registers at a time: about `most` characters.

    ts: ms since 1970 when the telegram came, None: not known
    place(register) -> the same of a register's time stamp; place None: nobody can tell
    """
    said = '{"type":"HAN_METER_REGISTERS_MESSAGE","ts":%s,"format":"%s","head":%s,"registers":[' % (
        text(ts), copy.form(), text(copy.head()),
    )  # fmt: skip
    lead = ""
    for register in copy.registers():
        said += lead + _object(register, place)
        lead = ","
        if len(said) >= most:
            yield said
            said = ""
    yield said + "]}"


def _object(register, place):
    """The JSON of a register."""
    obis = register.obis
    said = '{"obis":%s,"name":%s,"value":%s,"unit":%s' % (
        text(obis), text(obis and name(obis)), text(register.value), text(register.unit),
    )  # fmt: skip
    if place and register.time is not None:
        said += ',"ts":%s' % text(place(register))
    for field in _SOME:
        value = getattr(register, field)
        if value is not None:
            said += ',"%s":%s' % (field, text(value))
    if register.attribute is not None:
        said += ',"attribute":%d' % register.attribute
    if register.assumed:
        said += ',"assumed":true'
    return said + "}"
