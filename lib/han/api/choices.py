"""What the enumerated fields of the configuration may be. Imported when needed."""

CURRENCIES = ("EUR", "SEK", "NOK", "DKK", "GBP", "PLN", "CZK", "HUF", "RON", "BGN", "CHF", "ISK")
AREAS = ("FI", "EE", "SE1", "SE2", "SE3", "SE4")
NETWORK = ("auto", "eth", "sta", "eth_sta")
UPDATES = ("automatic", "download", "manual")
ADDRESSES = ("dhcp", "static")
SECURITY = ("open", "WPA", "WPA2", "WPA3")
STAMPS = ("ms", "s")
#: WiFi channels, 0 automatic; main fuse, A.
CHANNELS = (0, 13)
FUSE = (6, 200)
