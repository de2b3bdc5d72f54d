// Where a write to descriptor 0, 1 or 2 goes (see posix_write.h).

#include <errno.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/runtime.h"

// The type is upstream's own affair, only the address counts.
extern struct _mp_dummy_t mp_sys_stdout_obj;

mp_uint_t usb_posix_write(void *file, int fd, const void *buf, size_t len);

// Writes all of it. sys.stdout reaches the dupterm as well; everything else goes where its descriptor says.
mp_uint_t usb_posix_write(void *file, int fd, const void *buf, size_t len) {
    if (file == (void *)&mp_sys_stdout_obj) {
        return mp_hal_stdout_tx_strn(buf, len);
    }
    const char *next = buf;
    for (size_t left = len; left > 0;) {
        ssize_t written;
        MP_HAL_RETRY_SYSCALL(written, write(fd, next, left), mp_raise_OSError(err));
        next += written;
        left -= (size_t)written;
    }
    return len;
}
