# MicroPython with the reader frozen in, for an ESP32 with 4 MB of flash and no PSRAM:
#
#   make stage                                                          (here)
#   make -C ports/esp32 BOARD_DIR=/…/firmware/boards/HAN_READER         (in MicroPython, with ESP-IDF 5.5)

set(IDF_TARGET esp32)

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    ${SDKCONFIG_IDF_VERSION_SPECIFIC}
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
