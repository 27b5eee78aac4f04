# Any ESP32-S3 with 8 MB of flash or more. PSRAM is not used.
set(IDF_TARGET esp32s3)
include(${MICROPY_BOARD_DIR}/../common/board.cmake)
list(APPEND SDKCONFIG_DEFAULTS ${MICROPY_BOARD_DIR}/sdkconfig.board)
