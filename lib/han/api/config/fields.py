"""The configuration's fields and the values that each may have. Imported when needed.

They are one text, which takes less memory than objects.
"""

#: A line for each field: its path, its kind, and the kind's arguments. settings.py reads them.
FIELDS = """t zone
s flag
p number 6 0 1000000
pc one EUR SEK NOK DKK GBP PLN CZK HUF RON BGN CHF ISK
pa one FI EE LV LT SE1 SE2 SE3 SE4 NO1 NO2 NO3 NO4 NO5 DK1 DK2 NL BE DE-LU AT PL CH
vat number 2 0 100
fees fees
monthly number 6 -1000000 1000000
sell number 6 -1000000 1000000 null
cap cap
np one auto eth sta eth_sta
up one automatic download manual
bhf flag
hosts hosts
ts servers
pw password
m.f int 6 200
m.t one auto common kaifa kamstrup iskra
m.o int 0 20
m.k key
m.a key
m.ts one ms s
m.n one auto 3p4w 3p3w 1p
m.is one auto off
m.s.e times
m.s.i times
m.s.u times
m.ct int 1 10000
e.e flag
e.n.m one dhcp static
e.n.i address
e.n.s address
e.n.g address
e.n.d1 address
w.e flag
w.s text 32
w.p passphrase
w.w int 0 3
w.z int 0 13
w.b flag
w.n.m one dhcp static
w.n.i address
w.n.s address
w.n.g address
w.n.d1 address
alarms.current.percent int 10 200
alarms.current.s int 0 3600
alarms.power.w int 1 1000000
alarms.power.s int 0 3600
alarms.selling.w int 1 1000000
alarms.selling.s int 0 3600
alarms.silent.s int 60 86400
alarms.price.below number 6 -1000000 1000000
alarms.peak.w int 0 1000000
alarms.peak.s int 0 3600
out.mqtt.on flag
out.mqtt.host host
out.mqtt.port int 1 65535
out.mqtt.user text 64
out.mqtt.pw secret
out.mqtt.tls flag
out.mqtt.prefix topic
out.mqtt.every int 0 3600
out.mqtt.ha one device entity false
out.modbus.on flag
out.modbus.port int 1 65535
out.p1.on flag
out.p1.port int 1 65535
out.p1.virtual flag
out.p1.uart flag
out.homewizard.on flag
out.shelly.on flag
out.metrics.on flag"""


def choices(path):
    """The values of a field of kind `one`, or the bounds of one of kind `int`: a list of str. Unknown path: []."""
    for line in FIELDS.split("\n"):
        words = line.split(" ")
        if words[0] == path:
            return words[2:]
    return []
