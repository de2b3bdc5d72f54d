// The block device of the built-in mass storage: a file of this machine, named by USBDEVICE_DISK in the environment.
//
// The functions are those that upstream's boards have in their msc_disk.c. Without a file the host sees a drive with no
// medium in it. A file that this process may not write is a medium that is write protected.
#include "py/mpconfig.h"

#if MICROPY_HW_USB_MSC

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "usbdevice.h"

#define VARIABLE "USBDEVICE_DISK"
#define BLOCK_SIZE (512)

// SPC-4 annex F.
#define NOT_READY (2)
#define MEDIUM_NOT_PRESENT (0x3a)
#define ILLEGAL_REQUEST (5)
#define INVALID_COMMAND (0x20)

bool tud_msc_set_sense(uint8_t lun, uint8_t key, uint8_t code, uint8_t qualifier);

static int disk = -1;
static bool is_writable;
static bool ejected;

// Opened when the host first asks for it, and asked for again as long as it is not there.
static bool disk_is_open(void) {
    static bool has_complained;
    const char *path = getenv(VARIABLE);
    if (disk >= 0 || path == NULL) {
        return disk >= 0;
    }
    disk = open(path, O_RDWR | O_CLOEXEC);
    is_writable = disk >= 0;
    if (disk < 0 && (errno == EACCES || errno == EROFS)) {
        disk = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (disk < 0 && !has_complained) {
        has_complained = true;
        fprintf(stderr, VARIABLE "=%s: %s: the host sees a drive with no medium\n", path, strerror(errno));
    }
    return disk >= 0;
}

void tud_msc_inquiry_cb(uint8_t lun, uint8_t vendor_id[8], uint8_t product_id[16], uint8_t product_rev[4]) {
    (void)lun;
    memcpy(vendor_id, "MicroPy", 7);
    memcpy(product_id, "Mass Storage", 12);
    memcpy(product_rev, "1.00", 4);
}

bool tud_msc_test_unit_ready_cb(uint8_t lun) {
    if (ejected || !disk_is_open()) {
        tud_msc_set_sense(lun, NOT_READY, MEDIUM_NOT_PRESENT, 0);
        return false;
    }
    return true;
}

bool tud_msc_is_writable_cb(uint8_t lun) {
    (void)lun;
    return is_writable;
}

void tud_msc_capacity_cb(uint8_t lun, uint32_t *block_count, uint16_t *block_size) {
    (void)lun;
    struct stat facts;
    *block_size = BLOCK_SIZE;
    *block_count = 0;
    if (disk_is_open() && fstat(disk, &facts) == 0) {
        off_t blocks = facts.st_size / BLOCK_SIZE;
        *block_count = blocks > UINT32_MAX ? UINT32_MAX : (uint32_t)blocks;
    }
}

bool tud_msc_start_stop_cb(uint8_t lun, uint8_t power_condition, bool start, bool load_eject) {
    (void)lun;
    (void)power_condition;
    if (load_eject) {
        ejected = !start;
    }
    return true;
}

int32_t tud_msc_read10_cb(uint8_t lun, uint32_t lba, uint32_t offset, void *buffer, uint32_t bufsize) {
    (void)lun;
    ssize_t count = pread(disk, buffer, bufsize, (off_t)lba * BLOCK_SIZE + offset);
    // A file that has become shorter is a medium that cannot be read there.
    return count > 0 ? (int32_t)count : -1;
}

int32_t tud_msc_write10_cb(uint8_t lun, uint32_t lba, uint32_t offset, uint8_t *buffer, uint32_t bufsize) {
    (void)lun;
    ssize_t count = pwrite(disk, buffer, bufsize, (off_t)lba * BLOCK_SIZE + offset);
    return count > 0 ? (int32_t)count : -1;
}

int32_t tud_msc_scsi_cb(uint8_t lun, const uint8_t scsi_cmd[16], void *buffer, uint16_t bufsize) {
    (void)scsi_cmd;
    (void)buffer;
    (void)bufsize;
    tud_msc_set_sense(lun, ILLEGAL_REQUEST, INVALID_COMMAND, 0);
    return -1;
}

#endif // MICROPY_HW_USB_MSC
