// What the rp2 port's USB driver (ports/rp2/src/hardware.rs) takes from the SDK.
#include "hardware/irq.h"
#include "pico/time.h"

void dcd_int_handler(uint8_t rhport);
void usbdevice_rp2_enable_interrupt(void);
void usbdevice_rp2_call_back(uint32_t us);

static void usb_interrupt(void) {
    dcd_int_handler(0);
}

// Called for each connect; after a soft reset the handler is there already.
void usbdevice_rp2_enable_interrupt(void) {
    if (irq_get_exclusive_handler(USBCTRL_IRQ) != usb_interrupt) {
        irq_set_exclusive_handler(USBCTRL_IRQ, usb_interrupt);
    }
    irq_set_enabled(USBCTRL_IRQ, true);
}

// The handler looks at the controller's state, whatever made it run.
static int64_t run_handler(alarm_id_t id, void *data) {
    (void)id;
    (void)data;
    irq_set_pending(USBCTRL_IRQ);
    return 0;
}

void usbdevice_rp2_call_back(uint32_t us) {
    add_alarm_in_us(us, run_handler, NULL, true);
}
