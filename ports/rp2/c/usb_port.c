// What the rp2 port's USB driver (ports/rp2/src/hardware.rs) takes from the SDK.
#include "hardware/irq.h"
#include "hardware/sync.h"
#include "pico/time.h"

void dcd_int_handler(uint8_t rhport);
void usbdevice_rp2_enable_interrupt(void);
void usbdevice_rp2_call_back(uint32_t us);
void usbdevice_rp2_drop_event(void);

// The handler has run since the event register was emptied.
static volatile bool has_interrupted;

static void usb_interrupt(void) {
    has_interrupted = true;
    dcd_int_handler(0);
}

// Called whenever the block was reset; setting the handler that is there already does nothing.
void usbdevice_rp2_enable_interrupt(void) {
    irq_set_exclusive_handler(USBCTRL_IRQ, usb_interrupt);
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
    add_alarm_at(from_us_since_boot(time_us_64() + us), run_handler, NULL, true);
}

// An interrupt ends WFE twice: when it becomes pending, and once more because its return sets the event register (ARMv6-M
// manual, B1.5.18). The second time whoever waits finds nothing to do, and looking for it takes as long as the handler.
// Called between the first time and the looking, which then sees all that events before this have announced.
void usbdevice_rp2_drop_event(void) {
    if (has_interrupted) {
        has_interrupted = false;
        // So that WFE does not wait, whatever has emptied the register.
        __sev();
        __wfe();
    }
}
