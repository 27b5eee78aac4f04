// Settings of all boards of the reader. Each board also defines MICROPY_HW_MCU_NAME, by which the reader knows its chip.
#define MICROPY_HW_BOARD_NAME               "HAN reader"
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "han-reader"

// The console is on UART0 as well as on USB, as boards have one or the other connector.
#define MICROPY_HW_ENABLE_UART_REPL         (1)

// Python's heap begins with this size, and takes a second area before WiFi starts (see begin.py): 56 to 72 kB, as
// languages of other systems and TLS need them. The rest of the chip's memory is for WiFi, lwIP and TLS.
#define MICROPY_GC_INITIAL_HEAP_SIZE        (56 * 1024)

// Switched off, as nothing uses them, and the reader needs their memory and flash: docs/build.md has the list.
#define MICROPY_PY_BLUETOOTH                (0)
#define MICROPY_PY_ESPNOW                   (0)
#define MICROPY_PY_MACHINE_DAC              (0)
#define MICROPY_PY_MACHINE_I2S              (0)
#define MICROPY_PY_MACHINE_I2C_TARGET       (0)
#define MICROPY_PY_ESP32_PCNT               (0)
// SD cards: the first name until MicroPython 1.28, the second from 1.29 on.
#define MICROPY_HW_ENABLE_SDCARD            (0)
#define MICROPY_PY_MACHINE_SDCARD           (0)
#define MICROPY_PY_FRAMEBUF                 (0)
#define MICROPY_PY_UCTYPES                  (0)
// Numbers are integers here. Floats stay, as Python's own modules have some.
#define MICROPY_PY_MATH                     (0)
#define MICROPY_PY_CMATH                    (0)
#define MICROPY_PY_BUILTINS_COMPLEX         (0)

// The reader answers for its name and its services itself, on all links (lib/han/net/names/mdns.py), and looks names up
// itself (lib/han/net/names/lookup.py). Without these two, the port does not start the mDNS component, which would have
// the UDP port.
#define MICROPY_HW_ENABLE_MDNS_RESPONDER    (0)
#define MICROPY_HW_ENABLE_MDNS_QUERIES      (0)
