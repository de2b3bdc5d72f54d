// The board's standard streams, as far as board_main.c has to know them.

#ifndef MICROPY_INCLUDED_USBDEVICE_BOARD_STDIO_H
#define MICROPY_INCLUDED_USBDEVICE_BOARD_STDIO_H

#include <stdbool.h>
#include <stddef.h>

// Set by --mirror: what goes to the serial port goes to the standard error of this process too.
extern bool board_stdio_mirror;

// Writes to this process's standard error, without the carriage returns that a serial terminal needs.
void board_stderr_write(const char *str, size_t len);

#endif // MICROPY_INCLUDED_USBDEVICE_BOARD_STDIO_H
