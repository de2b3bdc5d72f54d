// The seam of the rp2 port with nothing behind it (STACK=none): the firmware against which the USB stacks are measured.
#include "py/obj.h"
#include "py/runtime.h"

uintptr_t mp_usbd_cdc_poll_interfaces(uintptr_t poll_flags);
mp_uint_t mp_usbd_cdc_tx_strn(const char *str, mp_uint_t len);
void mp_usbd_init(void);
void mp_usbd_deinit(void);
void mp_usbd_hex_str(char *out, const uint8_t *bytes, size_t len);
bool tud_mounted(void);
bool tud_msc_set_sense(uint8_t lun, uint8_t key, uint8_t code, uint8_t qualifier);

extern const mp_obj_type_t machine_usb_device_type;
MP_DEFINE_CONST_OBJ_TYPE(machine_usb_device_type, MP_QSTR_USBDevice, MP_TYPE_FLAG_NONE);

void mp_usbd_init(void) {
}

void mp_usbd_deinit(void) {
}

uintptr_t mp_usbd_cdc_poll_interfaces(uintptr_t poll_flags) {
    return poll_flags & 0;
}

mp_uint_t mp_usbd_cdc_tx_strn(const char *str, mp_uint_t len) {
    (void)str;
    return len;
}

void mp_usbd_hex_str(char *out, const uint8_t *bytes, size_t len) {
    (void)bytes;
    (void)len;
    *out = 0;
}

bool tud_mounted(void) {
    return false;
}

bool tud_msc_set_sense(uint8_t lun, uint8_t key, uint8_t code, uint8_t qualifier) {
    (void)lun;
    (void)key;
    (void)code;
    (void)qualifier;
    return false;
}
