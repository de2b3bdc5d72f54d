// What the C half and the Rust half of the unix port owe each other.
//
// Rust owns the virtual bus and its clock; C owns MicroPython's idea of time, the standard streams and main().
// Nothing declared here raises a MicroPython exception, and nothing here runs Python: an exception must never cross a
// Rust frame. Whoever waits does it in C, in turns of "move the bus", then "let MicroPython handle what is pending".

#ifndef MICROPY_INCLUDED_USBDEVICE_UNIX_PORT_H
#define MICROPY_INCLUDED_USBDEVICE_UNIX_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- Implemented in Rust, called from C --------------------------------------------------------------------------

// True from the moment a virtual bus exists until the process ends; false before, and then time is the machine's.
// Any thread.
bool usb_clock_is_virtual(void);

// Bus time in nanoseconds since the bus was made. Any thread; only meaningful while usb_clock_is_virtual().
uint64_t usb_clock_now_ns(void);

// Lets bus time pass up to `until` (nanoseconds), device interrupts included, and returns the time reached.
// It returns early, after the step in which that happened, when an interrupt gave MicroPython something to do: a
// scheduled node, a pending exception, input in stdin_ringbuf. A call always makes progress (one bus step, or time),
// also when such work has been waiting since before the call: in a callback the scheduler is locked and it stays.
// `until` at or before now: returns at once. Main thread only, never from within itself. When the bus belongs to
// another process and that one is gone, there is no time left to pass: this process ends with status 0.
uint64_t usb_clock_run_until_ns(uint64_t until);

// Plugs this process's device into a bus that another process runs: `address` is what that process handed out, and it
// is understood by Rust alone. The clock is virtual afterwards. On failure false, with the reason as a NUL-terminated
// text in `reason` (`room` bytes, cut if need be). Main thread, once, before anything else of USB is called.
bool usb_link_open(const char *address, char *reason, size_t room);

// The seam of upstream's ports, as in shared/tinyusb/mp_usbd.h and mp_usbd_cdc.h.
void mp_usbd_init(void);
void mp_usbd_deinit(void);
uintptr_t mp_usbd_cdc_poll_interfaces(uintptr_t poll_flags);
size_t mp_usbd_cdc_tx_strn(const char *str, size_t len);
void mp_usbd_hex_str(char *out_str, const uint8_t *bytes, size_t bytes_len);

// ---- Implemented in C, used from Rust ----------------------------------------------------------------------------
//   ringbuf_t stdin_ringbuf                           512 bytes of input of the built-in serial port
//   int mp_interrupt_char                             the character that is a KeyboardInterrupt, -1 for none
//   void mp_usbd_port_get_serial_number(char *buf)    16 hexadecimal digits and a NUL

extern int mp_interrupt_char;

// The calling thread is in an atomic section or has called machine.disable_irq(): no interrupt handler may run.
bool usb_interrupts_are_off(void);
void mp_usbd_port_get_serial_number(char *buf);

#endif // MICROPY_INCLUDED_USBDEVICE_UNIX_PORT_H
