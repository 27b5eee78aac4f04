"""What a stock MicroPython for ESP32_GENERIC has, 1.26 and later."""

#: Its modules, as far as they are used: in C, or frozen by MicroPython's own manifest and this project's.
MODULES = set(
    "array asyncio binascii collections cryptolib deflate errno esp32 gc hashlib io json machine micropython network os"
    " random re select socket ssl struct sys time tls uctypes vfs _thread".split()
)
