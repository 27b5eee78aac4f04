#define MICROPY_HW_BOARD_NAME               "HAN reader"
#define MICROPY_HW_MCU_NAME                 "ESP32"

#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "han-reader"

// Not used: their memory and flash are.
#define MICROPY_PY_BLUETOOTH                (0)
#define MICROPY_PY_ESPNOW                   (0)
