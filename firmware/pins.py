"""Which pin of which board does what. Read once, when the board starts, and forgotten.

uart, rx, tx    the UART that listens to the meter; nothing is ever sent, but the port wants a pin to send on
request         asks the meter for data (P1) all the time: driven high, or low where negative, ~pin
button          to ground when pressed
led, rgb        a plain light, negative ~pin where it shines when low; or one WS2812
lan             arguments of network.LAN: names for constants, spi as (id, sck, mosi, miso), else pins

PSRAM, without which a board runs frozen releases only, is found when it starts. WROVER modules have it (devkit-wrover,
esp32-poe-wrover, ethernet-kit), s3-eth, and S3 kits with R2 or R8 in the module's name; the others have none, and
of p1-ultra it is not known.
"""

#: Taken where nothing else is set, by chip.
DEFAULTS = {"ESP32": "devkit", "ESP32-S3": "s3-devkit", "ESP32-C3": "c3-devkit", "ESP32-C6": "c6-devkit"}


def pins(name):
    """The pins of a board by name; ValueError for one that is not known."""
    try:
        return {
            # Any ESP32 development kit: an LED on 2, the BOOT button on 0. WROVER modules need 16 and 17 themselves.
            "devkit": {
                "uart": 2, "rx": 16, "tx": 17, "request": 4, "button": 0, "led": 2,
            },
            "devkit-wrover": {
                "uart": 2, "rx": 26, "tx": 27, "request": 4, "button": 0, "led": 2,
            },
            # Pin 0 is the PHY's clock and 16 its power: the button is a wire from 14 to ground. RXD and TXD as printed.
            "wt32-eth01": {
                "uart": 2, "rx": 5, "tx": 17, "request": 4, "button": 14, "led": 2,
                "lan": {
                    "phy_type": "PHY_LAN8720", "phy_addr": 1, "mdc": 23, "mdio": 18, "power": 16,
                    "ref_clk": 0, "ref_clk_mode": "IN",
                },
            },
            # UEXT: 3 is TXD, 4 is RXD, 6 (SDA) the request. The same for ESP32-POE-ISO, but its WROVER's clock is on 0.
            "esp32-poe": {
                "uart": 2, "rx": 36, "tx": 4, "request": 13, "button": 34,
                "lan": {
                    "phy_type": "PHY_LAN8720", "phy_addr": 0, "mdc": 23, "mdio": 18, "power": 12,
                    "ref_clk": 17, "ref_clk_mode": "OUT",
                },
            },
            "esp32-poe-wrover": {
                "uart": 2, "rx": 36, "tx": 4, "request": 13, "button": 34,
                "lan": {
                    "phy_type": "PHY_LAN8720", "phy_addr": 0, "mdc": 23, "mdio": 18, "power": 12,
                    "ref_clk": 0, "ref_clk_mode": "OUT",
                },
            },
            # Espressif's ESP32-Ethernet-Kit: IP101, its clock comes from the PHY.
            "ethernet-kit": {
                "uart": 2, "rx": 32, "tx": 33, "request": 4, "button": 14,
                "lan": {
                    "phy_type": "PHY_IP101", "phy_addr": 1, "mdc": 23, "mdio": 18, "reset": 5,
                    "ref_clk": 0, "ref_clk_mode": "IN",
                },
            },
            # ESP32-S3-DevKitC-1, version 1.0; 1.1 has its WS2812 on 38.
            "s3-devkit": {
                "uart": 1, "rx": 18, "tx": 17, "request": 4, "button": 0, "rgb": 48,
            },
            # Waveshare ESP32-S3-ETH
            "s3-eth": {
                "uart": 1, "rx": 18, "tx": 17, "request": 16, "button": 0, "rgb": 21,
                "lan": {
                    "phy_type": "PHY_W5500", "phy_addr": 0, "spi": (1, 13, 11, 12), "cs": 14, "int": 10, "reset": 9,
                },
            },
            # Smart Stuff's P1 dongle Ultra, version 2: its P1 plug, request line (through an inverter) and W5500
            "p1-ultra": {
                "uart": 1, "rx": 18, "tx": 21, "request": ~17, "button": 0, "rgb": 9,
                "lan": {"phy_type": "PHY_W5500", "phy_addr": 0, "spi": (1, 12, 11, 13), "cs": 10, "int": 14},
            },
            # ESP32-C3-DevKitM-1 and -DevKitC-02: BOOT on 9, a WS2812 on 8.
            "c3-devkit": {
                "uart": 1, "rx": 4, "tx": 5, "request": 6, "button": 9, "rgb": 8,
            },
            # Seeed XIAO ESP32C3: data on D2, request on D4; it has no light of its own.
            "xiao-c3": {
                "uart": 1, "rx": 4, "tx": 5, "request": 6, "button": 9,
            },
            # ESP32-C6-DevKitC-1 and -DevKitM-1: as the C3's. 16 and 17 are the console.
            "c6-devkit": {
                "uart": 1, "rx": 4, "tx": 5, "request": 6, "button": 9, "rgb": 8,
            },
            # Seeed XIAO ESP32C6: data on D2, request on D4, and a light that shines when low.
            "xiao-c6": {
                "uart": 1, "rx": 2, "tx": 21, "request": 22, "button": 9, "led": ~15,
            },
        }[name]  # fmt: skip
    except KeyError:
        raise ValueError("no board " + name)
