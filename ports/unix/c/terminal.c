// `micropython` has two places a Ctrl-C can come from: the terminal (upstream's signal handler) and the host at the
// other end of the built-in serial port. Both are on and off at the same times.

#include "py/mphal.h"

#include "unix_port.h"

void __real_mp_hal_set_interrupt_char(char c);
void __wrap_mp_hal_set_interrupt_char(char c);

void __wrap_mp_hal_set_interrupt_char(char c) {
    // Upstream's parameter is a char, and "none" arrives as -1 in it.
    mp_interrupt_char = c == (char)-1 ? -1 : (unsigned char)c;
    __real_mp_hal_set_interrupt_char(c);
}
