"""The radio of a simulated board: network.WLAN as in the ESP32 port, in an imaginary neighbourhood."""

from host_sim.radio.air import Air
from host_sim.radio.softap import SoftAP
from host_sim.radio.station import Station


class Radio:
    """The interfaces of a radio, `sta` and `ap`, and its `air`. lan: the Lan of the same board, or None."""

    def __init__(self, ticks_ms, address="192.168.4.1", lan=None, sleep_ms=None):
        on = {"sta": False, "ap": False}
        self.air = Air()
        self.sta = Station(self.air, ticks_ms, on, sleep_ms)
        self.ap = SoftAP(on, "ESP_SIM", address)
        if lan:
            self.sta.listening = lan.wifi_event
