# Any ESP32 with 4 MB of flash. PSRAM is not used.
set(IDF_TARGET esp32)
include(${MICROPY_BOARD_DIR}/../common/board.cmake)
