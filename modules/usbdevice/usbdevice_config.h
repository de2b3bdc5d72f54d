// Force-included (-include) before every MicroPython header, on the ports that have no USB of their own: unix and qemu.
//
// It gives such a port the settings that rp2 and samd have in mpconfigport.h, and puts USBDevice into the machine module.
// A variant or a board may define any of them first.
#ifndef MICROPY_INCLUDED_USBDEVICE_CONFIG_H
#define MICROPY_INCLUDED_USBDEVICE_CONFIG_H

// The module supplies what a port's own USB files would: the input ring, a serial number, the interrupt character.
#define USBDEVICE_SUPPLIES_PORT (1)

// extmod/modmachine.c takes extra entries. mp_obj_type_t is a typedef of this struct, which no header has declared yet.
struct _mp_obj_type_t;
extern const struct _mp_obj_type_t machine_usb_device_type;
#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_USBDevice), MP_ROM_PTR(&machine_usb_device_type) },

// The USB task is a static node of the scheduler.
#ifndef MICROPY_SCHEDULER_STATIC_NODES
#define MICROPY_SCHEDULER_STATIC_NODES (1)
#endif

// The built-in drivers: a serial port, no mass storage.
#ifndef MICROPY_HW_USB_CDC
#define MICROPY_HW_USB_CDC (1)
#endif
#ifndef MICROPY_HW_USB_MSC
#define MICROPY_HW_USB_MSC (0)
#endif

// F055 is the vendor id that MicroPython's ports without one of their own use; 9801 stands beside samd's 9802.
#ifndef MICROPY_HW_USB_VID
#define MICROPY_HW_USB_VID (0xF055)
#endif
#ifndef MICROPY_HW_USB_PID
#define MICROPY_HW_USB_PID (0x9801)
#endif

#endif // MICROPY_INCLUDED_USBDEVICE_CONFIG_H
