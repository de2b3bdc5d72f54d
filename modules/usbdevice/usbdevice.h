// What the Rust library sees of MicroPython: build.rs runs bindgen on this header with the port's own flags.
// The functions below are the C half of the library (usbdevice.c): macros, static inlines and nlr, which Rust cannot use.
#ifndef MICROPY_INCLUDED_USBDEVICE_H
#define MICROPY_INCLUDED_USBDEVICE_H

#include "py/mphal.h"
#include "py/nlr.h"
#include "py/mperrno.h"
#include "py/obj.h"
#include "py/objarray.h"
#include "py/objlist.h"
#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/ringbuf.h"
#include "py/runtime.h"
#include "py/stream.h"

// Defaults for what a port may leave out of its mpconfigport.h and mphalport.h; the values are upstream's.
#ifndef MICROPY_HW_USB_CDC
#define MICROPY_HW_USB_CDC (0)
#endif
#ifndef MICROPY_HW_USB_MSC
#define MICROPY_HW_USB_MSC (0)
#endif
#ifndef MICROPY_HW_USB_MANUFACTURER_STRING
#define MICROPY_HW_USB_MANUFACTURER_STRING "MicroPython"
#endif
#ifndef MICROPY_HW_USB_PRODUCT_FS_STRING
#define MICROPY_HW_USB_PRODUCT_FS_STRING "Board in FS mode"
#endif
#ifndef MICROPY_HW_USB_CDC_INTERFACE_STRING
#define MICROPY_HW_USB_CDC_INTERFACE_STRING "Board CDC"
#endif
#ifndef MICROPY_HW_USB_MSC_INTERFACE_STRING
#define MICROPY_HW_USB_MSC_INTERFACE_STRING "Board MSC"
#endif
#ifndef MICROPY_HW_USB_DESC_STR_MAX
#define MICROPY_HW_USB_DESC_STR_MAX (40)
#endif
#ifndef MICROPY_HW_USB_CDC_TX_TIMEOUT
#define MICROPY_HW_USB_CDC_TX_TIMEOUT (500)
#endif
#ifndef MICROPY_HW_USB_CDC_1200BPS_TOUCH
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH (0)
#endif

// The library's own tables are written for these (py/obj.h has other ways to lay out an object).
#if MICROPY_OBJ_REPR != MICROPY_OBJ_REPR_A || !MICROPY_OBJ_IMMEDIATE_OBJS
#error "usbdevice needs MICROPY_OBJ_REPR_A with immediate objects"
#endif

// The port's settings, as numbers that bindgen evaluates whatever expression they were.
enum {
    USBDEVICE_VENDOR_ID = MICROPY_HW_USB_VID,
    USBDEVICE_PRODUCT_ID = MICROPY_HW_USB_PID,
    USBDEVICE_HAS_CDC = MICROPY_HW_USB_CDC,
    USBDEVICE_HAS_MSC = MICROPY_HW_USB_MSC,
    USBDEVICE_CDC_TX_TIMEOUT_MS = MICROPY_HW_USB_CDC_TX_TIMEOUT,
    // The block device is read and written in pieces of this size, as upstream's TinyUSB does: ports rely on whole blocks.
    #if MICROPY_HW_USB_MSC
    USBDEVICE_MSC_BUFFER_SIZE = MICROPY_FATFS_MAX_SS,
    #else
    USBDEVICE_MSC_BUFFER_SIZE = 0,
    #endif
};

// Something that may raise: of an object, a number and a pointer, of which it uses what it needs.
typedef mp_obj_t (*usbdevice_function_t)(mp_obj_t object, size_t number, const void *pointer);

// Calls it. `*result` becomes what it returns, or, if this returns true, the exception that it raised.
bool usbdevice_catch(usbdevice_function_t function, mp_obj_t object, size_t number, const void *pointer, mp_obj_t *result);

// What is called that way.
mp_obj_t usbdevice_call(mp_obj_t function, size_t count, const void *arguments);
mp_obj_t usbdevice_subscript(mp_obj_t container, size_t index, const void *unused);
// The result is not an object but the truth value, in its place.
mp_obj_t usbdevice_is_true(mp_obj_t object, size_t unused1, const void *unused2);
// Prints a text, which may have one %u, for the number, or, without a text, an exception with its traceback.
mp_obj_t usbdevice_print(mp_obj_t exception, size_t number, const void *text);
mp_obj_t usbdevice_delay_ms(mp_obj_t unused1, size_t ms, const void *unused2);

// A new exception. Without memory it has no message, or is the one that MicroPython has set aside: making it never raises.
mp_obj_t usbdevice_new_lie(const char *table, size_t offset, const char *rule);

// Main thread, scheduler, time.
#if USBDEVICE_RP2 && MICROPY_PY_THREAD
// The port's macros are calls of these functions. Every interrupt and most of the task's steps are such a section.
size_t usbdevice_atomic_begin(void) __asm__("mp_thread_begin_atomic_section");
void usbdevice_atomic_end(size_t state) __asm__("mp_thread_end_atomic_section");
#else
size_t usbdevice_atomic_begin(void);
void usbdevice_atomic_end(size_t state);
#endif
bool usbdevice_is_main_thread(void);
// A Ctrl-C that waits for the main program is forgotten.
void usbdevice_drop_ctrl_c(void);
void usbdevice_schedule_task(void);
bool usbdevice_schedule_call(mp_obj_t function);
uint32_t usbdevice_ticks_ms(void);

// The console's input; `callbacks_are_alone`: callbacks run and nobody else whom a Ctrl-C could interrupt.
size_t usbdevice_stdin_put(const uint8_t *bytes, size_t len, bool callbacks_are_alone);
extern ringbuf_t stdin_ringbuf;

// Text of the built-in strings (index 1 to 5), NULL where there is none.
const char *usbdevice_builtin_string(uint8_t index);

// The host asked for the boot loader by opening the serial port at 1200 baud.
void usbdevice_touch_1200(void);

// The port's block device, where there is mass storage: TinyUSB's names, as upstream's ports have them. The last may be
// missing: then the medium can be written.
void tud_msc_inquiry_cb(uint8_t lun, uint8_t vendor_id[8], uint8_t product_id[16], uint8_t product_rev[4]);
bool tud_msc_test_unit_ready_cb(uint8_t lun);
void tud_msc_capacity_cb(uint8_t lun, uint32_t *block_count, uint16_t *block_size);
bool tud_msc_start_stop_cb(uint8_t lun, uint8_t power_condition, bool start, bool load_eject);
int32_t tud_msc_read10_cb(uint8_t lun, uint32_t lba, uint32_t offset, void *buffer, uint32_t bufsize);
int32_t tud_msc_write10_cb(uint8_t lun, uint32_t lba, uint32_t offset, uint8_t *buffer, uint32_t bufsize);
int32_t tud_msc_scsi_cb(uint8_t lun, const uint8_t scsi_cmd[16], void *buffer, uint16_t bufsize);
bool tud_msc_is_writable_cb(uint8_t lun);

// Implemented in Rust, called from usbdevice.c.
void usbdevice_task_is_due(struct _mp_sched_node_t *node);

#endif // MICROPY_INCLUDED_USBDEVICE_H
