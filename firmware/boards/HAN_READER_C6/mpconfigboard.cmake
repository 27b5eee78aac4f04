# Any ESP32-C6 with 4 MB of flash.
set(IDF_TARGET esp32c6)
include(${MICROPY_BOARD_DIR}/../common/board.cmake)
list(APPEND SDKCONFIG_DEFAULTS
    boards/sdkconfig.riscv
    boards/sdkconfig.c6
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)
