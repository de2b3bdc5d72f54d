// Standard input and output of `board`: the built-in serial port, in rp2's order, with os.dupterm() beside it.

#include <unistd.h>

#include "py/mphal.h"
#include "py/ringbuf.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "extmod/misc.h"

#include "board_stdio.h"
#include "unix_port.h"

extern ringbuf_t stdin_ringbuf;

bool board_stdio_mirror;

#undef mp_hal_stdio_poll
uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags);

int __wrap_mp_hal_stdin_rx_chr(void);
mp_uint_t __wrap_mp_hal_stdout_tx_strn(const char *str, size_t len);
void __wrap_mp_hal_set_interrupt_char(char c);
void __wrap_mp_hal_stdio_mode_raw(void);
void __wrap_mp_hal_stdio_mode_orig(void);

void board_stderr_write(const char *str, size_t len) {
    char line[256];
    while (len > 0) {
        size_t n = 0;
        for (; len > 0 && n < sizeof(line); ++str, --len) {
            if (*str != '\r') {
                line[n++] = *str;
            }
        }
        for (size_t done = 0; done < n;) {
            ssize_t written = write(STDERR_FILENO, line + done, n - done);
            if (written > 0) {
                done += (size_t)written;
            } else if (written == 0 || errno != EINTR) {
                // Nobody reads it any more; the board itself goes on.
                return;
            }
        }
    }
}

uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags) {
    return mp_usbd_cdc_poll_interfaces(poll_flags) | mp_os_dupterm_poll(poll_flags);
}

int __wrap_mp_hal_stdin_rx_chr(void) {
    for (;;) {
        // Takes input that found the ring full.
        mp_usbd_cdc_poll_interfaces(0);
        int c = ringbuf_get(&stdin_ringbuf);
        if (c >= 0) {
            return c;
        }
        c = mp_os_dupterm_rx_chr();
        if (c >= 0) {
            return c;
        }
        mp_event_wait_indefinite();
    }
}

// Returns how much got out: the least that any of the outputs took, 0 if there was none.
mp_uint_t __wrap_mp_hal_stdout_tx_strn(const char *str, size_t len) {
    if (board_stdio_mirror) {
        board_stderr_write(str, len);
    }
    size_t taken = mp_usbd_cdc_tx_strn(str, len);
    bool did_write = taken > 0;
    size_t least = did_write ? MIN(taken, len) : len;
    int dupterm_taken = mp_os_dupterm_tx_strn(str, len);
    if (dupterm_taken >= 0) {
        did_write = true;
        least = MIN((size_t)dupterm_taken, least);
    }
    return did_write ? least : 0;
}

// Only the host of the USB bus interrupts a board. A Ctrl-C in the terminal that this process was started from ends
// the process, as it does for every other one there.
void __wrap_mp_hal_set_interrupt_char(char c) {
    mp_interrupt_char = c == (char)-1 ? -1 : (unsigned char)c;
}

// The serial port has no line discipline, and the process's terminal is not the board's.
void __wrap_mp_hal_stdio_mode_raw(void) {
}

void __wrap_mp_hal_stdio_mode_orig(void) {
}
