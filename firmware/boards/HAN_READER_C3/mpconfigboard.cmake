# Any ESP32-C3 with 4 MB of flash.
set(IDF_TARGET esp32c3)
include(${MICROPY_BOARD_DIR}/../common/board.cmake)
list(APPEND SDKCONFIG_DEFAULTS
    boards/sdkconfig.riscv
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)
