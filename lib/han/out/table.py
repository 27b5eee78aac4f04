"""The one table of quantities that the languages tell: a new quantity is a new row. Imported by languages only.

It is one text, which is in flash where the modules are frozen.

    key       name in topics, metrics and unique ids
    name      for people, in English
    unit      in which it is told; "CUR/kWh" has the currency's letters in the place of CUR
    class     device class of Home Assistant, "-" where versions of 2025 do not know it
    state     its state class
    places    decimal places: the integer of value() is in 10^-places of the unit
    source    where it is read from: f field of the reading · n, m net active and reactive power · e counter, kept ones
              too · x number of obis.MORE, X one that the transformers multiply · p price now
    count     how many there are of it: phases or tariffs. # is the number from 1 on, @ the letter A, B, C, & a, b, c
    modbus    first register in the plain map, see modbus/registers.py
    sunspec, homewizard, shelly   the field of each

A hyphen stands for nothing.
"""
from ..meter import obis
from ..store.config import priced

_COLUMNS = "key name unit class state places source count modbus sunspec homewizard shelly"
_TABLE = """
power|Power|W|power|measurement|0|n0|1|0|W|active_power_w|total_act_power
power_l#|Power L#|W|power|measurement|0|n1|3|2|Wph@|active_power_l#_w|&_act_power
import|Power imported|W|power|measurement|0|f0|1|8|-|-|-
import_l#|Power imported L#|W|power|measurement|0|f4|3|10|-|-|-
export|Power exported|W|power|measurement|0|f1|1|16|-|-|-
export_l#|Power exported L#|W|power|measurement|0|f7|3|18|-|-|-
reactive|Reactive power|var|reactive_power|measurement|0|m0|1|24|VAR|active_reactive_power_var|-
reactive_l#|Reactive power L#|var|reactive_power|measurement|0|m1|3|26|VARph@|active_reactive_power_l#_var|-
apparent|Apparent power|VA|apparent_power|measurement|0|X81|1|32|VA|active_apparent_power_va|total_aprt_power
apparent_l#|Apparent power L#|VA|apparent_power|measurement|0|X82|3|34|VAph@|active_apparent_power_l#_va|&_aprt_power
voltage_l#|Voltage L#|V|voltage|measurement|1|f16|3|40|PhVph@|active_voltage_l#_v|&_voltage
current_l#|Current L#|A|current|measurement|3|f19|3|46|Aph@|active_current_l#_a|&_current
frequency|Frequency|Hz|frequency|measurement|3|x76|1|52|Hz|active_frequency_hz|freq
power_factor|Power factor|-|power_factor|measurement|3|x77|1|54|PF|active_power_factor|-
power_factor_l#|Power factor L#|-|power_factor|measurement|3|x78|3|56|PFph@|active_power_factor_l#|&_pf
import_energy|Energy imported|kWh|energy|total_increasing|3|e0|1|100|TotWhImp|total_power_import_kwh|total_act
export_energy|Energy exported|kWh|energy|total_increasing|3|e1|1|104|TotWhExp|total_power_export_kwh|total_act_ret
reactive_import_energy|Reactive energy imported|kvarh|-|total_increasing|3|e2|1|108|-|-|-
reactive_export_energy|Reactive energy exported|kvarh|-|total_increasing|3|e3|1|112|-|-|-
import_energy_t#|Energy imported T#|kWh|energy|total_increasing|3|f26|4|116|-|total_power_import_t#_kwh|-
export_energy_t#|Energy exported T#|kWh|energy|total_increasing|3|f34|4|132|-|total_power_export_t#_kwh|-
tariff|Tariff|-|-|-|0|x75|1|62|-|active_tariff|-
demand|Average demand|W|power|measurement|0|X108|1|64|-|active_power_average_w|-
peak|Peak of this month|W|power|measurement|0|X109|1|66|-|montly_power_peak_w|-
limit|Limit of power|W|power|measurement|0|X96|1|68|-|-|-
fuse_l#|Fuse L#|A|current|measurement|3|X97|3|70|-|-|-
failures|Power failures|-|-|total_increasing|0|x100|1|76|-|any_power_fail_count|-
long_failures|Long power failures|-|-|total_increasing|0|x101|1|78|-|long_power_fail_count|-
sags_l#|Voltage sags L#|-|-|total_increasing|0|x102|3|80|-|voltage_sag_l#_count|-
swells_l#|Voltage swells L#|-|-|total_increasing|0|x105|3|86|-|voltage_swell_l#_count|-
price|Price of energy|CUR/kWh|-|measurement|8|p|1|-|-|-|-
"""


def quantities(*columns):
    """Yield the columns of each row, a tuple of texts; not of rows that have a hyphen in the last of the columns."""
    places = _places(columns)
    for line in _TABLE.strip().split("\n"):
        row = line.split("|")
        if row[places[-1]] != "-":
            for i in range(int(row[7])):
                yield tuple([_told(row, place, i) for place in places])


def cells(key, *columns):
    """The columns of one quantity, a tuple of texts. KeyError for a key that is not in the table."""
    i = 0
    at = _TABLE.find("\n%s|" % key)
    if at < 0:  # one of several
        i = int(key[-1]) - 1 if key[-1:].isdigit() else -1
        at = _TABLE.find("\n%s#|" % key[:-1])
    row = _TABLE[at + 1 : _TABLE.find("\n", at + 1)].split("|")
    if at < 0 or not 0 <= i < int(row[7]):
        raise KeyError(key)
    return tuple([_told(row, place, i) for place in _places(columns)])


def _places(columns):
    names = _COLUMNS.split()
    return [names.index(column) for column in columns]


def _told(row, place, i):
    cell = row[place]
    if place == 6:
        return cell[0] + str(int(cell[1:]) + i) if i else cell
    return cell.replace("#", str(i + 1)).replace("@", "ABC"[i : i + 1]).replace("&", "abc"[i : i + 1])


def value(app, live, key):
    """The integer of a quantity in a Live, in 10^-places of its unit; None where it is not known."""
    return read(app, live, cells(key, "source")[0])


def read(app, live, source):
    """The same for what is in the column `source`."""
    kind, number = source[0], int(source[1:] or 0)
    if kind == "f":
        return live.get(number)
    if kind == "e":
        return app.messages.energies(live)[number]
    if kind in "nm":
        if number:
            number += obis.L1_IMPORT_POWER - 1
            plus, minus = live.get(number + 6 * (kind == "m")), live.get(number + 3 + 6 * (kind == "m"))
        else:
            plus, minus = live.get(2 * (kind == "m")), live.get(2 * (kind == "m") + 1)
        # If a push list has only one of the two, the other one is 0.
        return None if plus is None and minus is None else (plus or 0) - (minus or 0)
    if kind == "p":
        return app.book.price(app.clock.utc()) if priced(app.config.values) else None
    extra = live.extra
    found = extra and extra.number(number)
    if found is None:
        return None
    if number == obis.PEAK and not found and extra.peak_clock(live.clock)[0] is None:
        return None  # nothing has been measured in this month
    return found * live.ratio if kind == "X" else found


def subs(live):
    """The sub-meters of a Live, a list of Meter, see meter/submeters/sub.py."""
    if not live.extra:
        return []
    from ..meter.submeters.sub import meters

    return meters(live.extra, live.clock)
