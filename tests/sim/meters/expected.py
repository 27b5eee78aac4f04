"""The values that a reader must find in each simulated meter's telegrams, in the names and units of tools.decode.

For tests; written independently of the encoders.
"""

from host_sim.house.localtime import civil_from_days
from host_sim.meters import aidon, aidon_ct, belgian, dsmr3, dsmr5, kaifa, kamstrup, mbus, p1, swedish
from host_sim.meters.parts.lines import currents


def expected(name, state):
    """The values of the telegram that the meter called `name` sends of a state: {"import_power_w": ..., ...}."""
    return {
        "aidon": _aidon,
        "kaifa": _kaifa,
        "kamstrup": _kamstrup,
        "mbus": _mbus,
        "p1": _p1,
        "dsmr5": _dsmr5,
        "belgian": _belgian,
        "swedish": _swedish,
        "aidon_it": _aidon_it,
        "aidon_ct": _aidon_ct,
        "dsmr3": _dsmr3,
    }[name](state)


def _stamp(clock):
    return "%04d-%02d-%02dT%02d:%02d:%02d" % (clock[:3] + clock[4:7])


def _phases(values, scale, name):
    return {"l%d_%s" % (n + 1, name): v / scale if scale > 1 else v for n, v in enumerate(values)}


def _power(state, reactive=True):
    names = ("import_power_w", "export_power_w", "import_reactive_var", "export_reactive_var")
    return dict(zip(names[: 4 if reactive else 2], state.net()))


def _counters(state, unit=1, reactive=True):
    names = ("import_energy_wh", "export_energy_wh", "import_reactive_varh", "export_reactive_varh")
    values = [counter // unit * unit for counter in state.wh + state.varh]
    return dict(zip(names[: 4 if reactive else 2], values))


def _aidon(state):
    number = aidon.list_number(state.utc_ms)
    if number == 1:
        return {"import_power_w": state.net()[0]}
    out = _power(state)
    out.update(meter_id=aidon.METER_ID, meter_type=aidon.METER_TYPE, list_version="AIDON_V0001")
    out.update(_phases(state.u, 10, "voltage_v"))
    out.update(_phases([(i + 50) // 100 for i in state.i], 10, "current_a"))
    if number == 3:
        out.update(ts=_stamp(state.clock), ts_dst=False, ts_deviation_min=0)
        out.update(_counters(state, 10))
    return out


def _aidon_it(state):
    out = _aidon(state)
    if "l1_current_a" in out:
        flows = currents(state.p, state.q, sum(state.u) // 3)
        out.update(_phases([(i + 50) // 100 for i in flows], 10, "current_a"))
        del out["l2_current_a"]
        out["meter_type"] = "6525"
    return out


def _aidon_ct(state):
    state = aidon_ct.larger(state)
    out = _aidon(state)
    if "l1_current_a" in out:
        out.update(_phases([(i + 500) // 1000 for i in state.i], 1, "current_a"))
        out["meter_type"] = "6550"
    return out


def _kaifa(state):
    number = kaifa.list_number(state.utc_ms)
    out = {"ts": _stamp(state.clock), "ts_dst": False, "import_power_w": state.net()[0]}
    if number > 1:
        out.update(_power(state))
        out.update(meter_id=kaifa.METER_ID, meter_type=kaifa.METER_TYPE, list_version="KFM_001")
        out.update(_phases(state.u, 10, "voltage_v"))
        out.update(_phases(state.i, 1000, "current_a"))
    if number == 3:
        out.update(_counters(state))
    return out


def _kamstrup(state):
    out = {"ts": _stamp(state.clock), "ts_dst": False}
    out.update(meter_id=kamstrup.METER_ID, meter_type=kamstrup.METER_TYPE, list_version="Kamstrup_V0001")
    out.update(_power(state))
    out.update(_phases([(u + 5) // 10 for u in state.u], 1, "voltage_v"))
    out.update(_phases([(i + 5) // 10 for i in state.i], 100, "current_a"))
    if kamstrup.hourly(state.utc_ms):
        out.update(_counters(state, 10))
    return out


def _mbus(state):
    summer = state.clock[7]
    out = {"ts": _stamp(state.clock), "ts_dst": summer, "ts_deviation_min": -120 if summer else -60}
    out["meter_id"] = mbus.METER_ID
    out.update(_power(state, reactive=False))
    out.update(_counters(state, reactive=False))
    out.update(_phases(state.u, 10, "voltage_v"))
    out.update(_phases([(i + 5) // 10 for i in state.i], 100, "current_a"))
    return out


def _ident(ident):
    return {"p1_ident": ident, "manufacturer": ident[1:4], "meter_type": ident[4:]}


def _p1(state, ident=p1.IDENT):
    out = {"ts": _stamp(state.clock), "ts_dst": state.clock[7]}
    out.update(_ident(ident))
    out.update(_power(state))
    out.update(_counters(state))
    for values, kind in ((state.p, "power_w"), (state.q, "reactive_var")):
        out.update(_phases([max(v, 0) for v in values], 1, "import_" + kind))
        out.update(_phases([max(-v, 0) for v in values], 1, "export_" + kind))
    out.update(_phases(state.u, 10, "voltage_v"))
    out.update(_phases([(i + 50) // 100 for i in state.i], 10, "current_a"))
    return out


def _swedish(state):
    out = _p1(state, swedish.IDENT)
    wall = state.utc_ms // 1000 + 3600  # standard time all year
    date = civil_from_days(wall // 86400)
    out["ts"] = _stamp(date + (0, wall // 3600 % 24, wall // 60 % 60, wall % 60))
    out["ts_dst"] = False
    return out


def sub_meters(state):
    """(litres of gas, litres of water) at a state: read every five minutes, and every hour."""
    second = state.utc_ms // 1000
    gas = _used(second - second % 300, 1234567, _gas_day, _GAS)
    return gas, _used(second - second % 3600, 87234, _water_day, _WATER)


#: Per mille of a day's gas and water in each hour.
_GAS = [10] * 3 + [15, 50, 90, 95, 60, 35] + [25] * 5 + [30, 45, 80, 95, 90, 70, 45, 25, 10, 10]
_WATER = [5, 0, 0, 0, 20, 130, 150, 70, 30, 20, 30, 40, 30, 20, 20, 35, 60, 90, 80, 60, 55, 35, 15, 5]


def _used(read, before, of_day, hours):
    """Litres on a counter that was at `before` on 2020-07-01, when it was read; of_day(n): those of the n-th day."""
    days, second = divmod(read - 1593561600, 86400)
    part = 0
    for hour, share in enumerate(hours):
        part += share * min(3600, max(0, second - hour * 3600))
    return before + sum([of_day(day) for day in range(days)]) + of_day(days) * part // 3600000


def _gas_day(day):
    return 400 + 26 * min(day % 365, 365 - day % 365)


def _water_day(_):
    return 340


def _two_tariffs(state, ident, number, low):
    """The values of a meter of DSMR 5 or eMUCS. low: number of the low tariff."""
    out = {"ts": _stamp(state.clock), "ts_dst": state.clock[7]}
    out.update(_ident(ident))
    out["meter_id_ascii"] = number
    out["meter_id"] = number.encode().hex().upper()
    out.update(_power(state, reactive=False))
    for n, (bought, sold) in zip((low, 3 - low), state.tariffs):
        out["import_energy_t%d_wh" % n] = bought
        out["export_energy_t%d_wh" % n] = sold
    out.update(_phases([max(p, 0) for p in state.p], 1, "import_power_w"))
    out.update(_phases([max(-p, 0) for p in state.p], 1, "export_power_w"))
    out.update(_phases(state.u, 10, "voltage_v"))
    return out


def _dsmr5(state):
    out = _two_tariffs(state, dsmr5.IDENT, dsmr5.METER_ID, 1)
    out.update(_phases([(i + 500) // 1000 for i in state.i], 1, "current_a"))
    return out


def _belgian(state):
    out = _two_tariffs(state, belgian.IDENT, belgian.METER_ID, 2)
    out.update(_phases([(i + 5) // 10 for i in state.i], 100, "current_a"))
    return out


def _dsmr3(state):
    out = _ident(dsmr3.IDENT)
    out["meter_id_ascii"] = dsmr3.METER_ID
    out["meter_id"] = dsmr3.METER_ID.encode().hex().upper()
    net = state.net()
    out.update(import_power_w=net[0] // 10 * 10, export_power_w=net[1] // 10 * 10)
    for n, (bought, sold) in enumerate(state.tariffs):
        out["import_energy_t%d_wh" % (n + 1)] = bought
        out["export_energy_t%d_wh" % (n + 1)] = sold
    return out
