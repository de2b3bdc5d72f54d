// Force-included into upstream's extmod/vfs_posix_file.c.
//
// With os.dupterm() that file sends every write to a descriptor up to 2 to standard output: sys.stderr too, and a file
// that was given number 2 after the object which had it was collected. Its one call for that comes here instead, with
// what only the caller knows: which object it is.

#include "py/mphal.h"

mp_uint_t usb_posix_write(void *file, int fd, const void *buf, size_t len);

#define mp_hal_stdout_tx_strn(buf, len) usb_posix_write(MP_OBJ_TO_PTR(o_in), o->fd, buf, len)
