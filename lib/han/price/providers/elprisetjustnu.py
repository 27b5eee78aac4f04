"""Elpriset just nu: SEK and EUR per kWh for the Swedish areas. API v1, www.elprisetjustnu.se/elpris-api, 2025-10."""
from .dayfile import DayFile


class Provider(DayFile):
    """elprisetjustnu.se; see answer.py for the interface."""

    name = "elprisetjustnu"
    site = "https://www.elprisetjustnu.se"
    local = "SEK"
