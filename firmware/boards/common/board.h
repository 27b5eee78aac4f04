// What all boards of the reader have in common; each defines MICROPY_HW_MCU_NAME, by which the reader knows its chip.
#define MICROPY_HW_BOARD_NAME               "HAN reader"
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "han-reader"

// The console is on UART0 as well as on USB: boards have the one or the other plugged in.
#define MICROPY_HW_ENABLE_UART_REPL         (1)

// Not used: their memory and flash are.
#define MICROPY_PY_BLUETOOTH                (0)
#define MICROPY_PY_ESPNOW                   (0)
