"""Hva koster strømmen: NOK and EUR per kWh for the Norwegian areas.

API v1, www.hvakosterstrommen.no/strompris-api, as others read it in 2026-09. Prices are without VAT, with points as
decimal marks; kroner come of the euros by the day's rate (EXR). A day that is not published yet is 404.
"""
from .dayfile import DayFile


class Provider(DayFile):
    """hvakosterstrommen.no; see answer.py for the interface."""

    name = "hvakosterstrommen"
    site = "https://www.hvakosterstrommen.no"
    local = "NOK"
