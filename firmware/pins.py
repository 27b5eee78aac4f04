"""The pin maps of the boards. Read once, when the board starts, then forgotten.

uart, rx, tx    the UART that listens to the meter; nothing is ever sent, but MicroPython requires a pin for it
request         the request line of P1, always active: driven high, or driven low where it is negative (~pin)
plug            a second UART for a P1 plug: its number, its data, the data request. The other chips have no UART left
button          connected to ground when pressed
led, rgb        a plain LED, negative (~pin) where it shines when low; or one WS2812
lan             arguments of network.LAN: constants by their names, spi as (id, sck, mosi, miso), the rest are pins

Whether a board has PSRAM is found out when it starts; without it, only frozen releases run. devkit-wrover,
esp32-poe-wrover and ethernet-kit (all with a WROVER module) have it, and s3-eth, and s3-devkit with R2 or R8 in its
module's name. The others have none; of p1-ultra it is not known.
"""

#: Chip -> the board that is assumed where none is set.
DEFAULTS = {"ESP32": "devkit", "ESP32-S3": "s3-devkit", "ESP32-C3": "c3-devkit", "ESP32-C6": "c6-devkit"}


def pins(name):
    """The pin map of a board by its name, a dict as above. ValueError for an unknown name."""
    try:
        return {
            # Any ESP32 development kit: LED on 2, BOOT button on 0. Kits with a WROVER module use 16 and 17 for PSRAM.
            "devkit": {
                "uart": 2, "rx": 16, "tx": 17, "request": 4, "button": 0, "led": 2, "plug": (1, 25, 26),
            },
            "devkit-wrover": {
                "uart": 2, "rx": 26, "tx": 27, "request": 4, "button": 0, "led": 2, "plug": (1, 25, 33),
            },
            # Pin 0 is the PHY's clock and 16 its power, so the button is a wire from 14 to ground. rx and tx are the
            # pins printed as RXD and TXD.
            "wt32-eth01": {
                "uart": 2, "rx": 5, "tx": 17, "request": 4, "button": 14, "led": 2, "plug": (1, 33, 32),
                "lan": {
                    "phy_type": "PHY_LAN8720", "phy_addr": 1, "mdc": 23, "mdio": 18, "power": 16,
                    "ref_clk": 0, "ref_clk_mode": "IN",
                },
            },
            # On the UEXT connector, 3 is TXD, 4 is RXD, and 6 (SDA) is the request line. Also ESP32-POE-ISO. With a
            # WROVER module, the PHY's clock is on 0.
            "esp32-poe": {
                "uart": 2, "rx": 36, "tx": 4, "request": 13, "button": 34, "plug": (1, 32, 33),
                "lan": {
                    "phy_type": "PHY_LAN8720", "phy_addr": 0, "mdc": 23, "mdio": 18, "power": 12,
                    "ref_clk": 17, "ref_clk_mode": "OUT",
                },
            },
            "esp32-poe-wrover": {
                "uart": 2, "rx": 36, "tx": 4, "request": 13, "button": 34, "plug": (1, 32, 33),
                "lan": {
                    "phy_type": "PHY_LAN8720", "phy_addr": 0, "mdc": 23, "mdio": 18, "power": 12,
                    "ref_clk": 0, "ref_clk_mode": "OUT",
                },
            },
            # Espressif's ESP32-Ethernet-Kit: the PHY is an IP101, and the clock comes from it.
            "ethernet-kit": {
                "uart": 2, "rx": 32, "tx": 33, "request": 4, "button": 14, "plug": (1, 2, 15),
                "lan": {
                    "phy_type": "PHY_IP101", "phy_addr": 1, "mdc": 23, "mdio": 18, "reset": 5,
                    "ref_clk": 0, "ref_clk_mode": "IN",
                },
            },
            # ESP32-S3-DevKitC-1, version 1.0. Version 1.1 has its WS2812 on 38.
            "s3-devkit": {
                "uart": 1, "rx": 18, "tx": 17, "request": 4, "button": 0, "rgb": 48, "plug": (2, 5, 6),
            },
            # Waveshare ESP32-S3-ETH
            "s3-eth": {
                "uart": 1, "rx": 18, "tx": 17, "request": 16, "button": 0, "rgb": 21, "plug": (2, 15, 2),
                "lan": {
                    "phy_type": "PHY_W5500", "phy_addr": 0, "spi": (1, 13, 11, 12), "cs": 14, "int": 10, "reset": 9,
                },
            },
            # Smart Stuff's P1 dongle Ultra, version 2: P1 plug, request line through an inverter, W5500
            "p1-ultra": {
                "uart": 1, "rx": 18, "tx": 21, "request": ~17, "button": 0, "rgb": 9,
                "lan": {"phy_type": "PHY_W5500", "phy_addr": 0, "spi": (1, 12, 11, 13), "cs": 10, "int": 14},
            },
            # ESP32-C3-DevKitM-1 and -DevKitC-02: BOOT on 9, a WS2812 on 8.
            "c3-devkit": {
                "uart": 1, "rx": 4, "tx": 5, "request": 6, "button": 9, "rgb": 8,
            },
            # Seeed XIAO ESP32C3: data on D2, request on D4; it has no LED.
            "xiao-c3": {
                "uart": 1, "rx": 4, "tx": 5, "request": 6, "button": 9,
            },
            # ESP32-C6-DevKitC-1 and -DevKitM-1: the same pins as the C3 kits. 16 and 17 are the console.
            "c6-devkit": {
                "uart": 1, "rx": 4, "tx": 5, "request": 6, "button": 9, "rgb": 8,
            },
            # Seeed XIAO ESP32C6: data on D2, request on D4; its LED shines when low.
            "xiao-c6": {
                "uart": 1, "rx": 2, "tx": 21, "request": 22, "button": 9, "led": ~15,
            },
        }[name]  # fmt: skip
    except KeyError:
        raise ValueError("no board " + name)
