#include "../common/board.h"
#define MICROPY_HW_MCU_NAME                 "ESP32-C6"
