// What all boards of the reader have in common; each defines MICROPY_HW_MCU_NAME, by which the reader knows its chip.
#define MICROPY_HW_BOARD_NAME               "HAN reader"
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "han-reader"

// The console is on UART0 as well as on USB: boards have the one or the other plugged in.
#define MICROPY_HW_ENABLE_UART_REPL         (1)

// Python's heap begins with this, and takes as much again before WiFi starts (see begin.py): 112 kB, of which the reader
// needs up to 85. The rest of the chip's memory is for WiFi, lwIP and TLS.
#define MICROPY_GC_INITIAL_HEAP_SIZE        (56 * 1024)

// Not used: their memory and flash are.
#define MICROPY_PY_BLUETOOTH                (0)
#define MICROPY_PY_ESPNOW                   (0)
