// Force-included (-include) where there is no built-in serial port (MICROPY_HW_USB_CDC 0): upstream's shared/tinyusb/mp_usbd.h
// has an inline function that sets up the port's queues all the same, and TinyUSB then declares nothing of them. Nobody calls
// it in our firmware; in upstream's own there is nothing to set up.
#ifndef MICROPY_INCLUDED_USBDEVICE_NO_CDC_H
#define MICROPY_INCLUDED_USBDEVICE_NO_CDC_H

typedef struct {
    unsigned char rx_persistent;
    unsigned char tx_persistent;
} tud_cdc_configure_fifo_t;

static inline int tud_cdc_configure_fifo(const tud_cdc_configure_fifo_t *settings) {
    (void)settings;
    return 1;
}

#endif // MICROPY_INCLUDED_USBDEVICE_NO_CDC_H
