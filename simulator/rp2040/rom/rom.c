// The functions that firmware calls in the boot ROM of an RP2040 (data sheet 2.8.3), written for the emulated board.
//
// The real ROM talks to the flash chip over SPI. Here a port, which only the emulator has, changes the chip's content
// and lets the processor wait as long as the chip would take.

#include <stddef.h>
#include <stdint.h>

#define PORT ((volatile uint32_t *)0x50140000)
enum { PORT_OFFSET, PORT_COUNT, PORT_SOURCE, PORT_COMMAND };
enum { COMMAND_ERASE = 1, COMMAND_PROGRAM = 2, COMMAND_USB_BOOT = 3, COMMAND_UNEXPECTED = 4 };

// Addresses in the ROM's tables are 16 bits: the ROM is 16 KiB.
void *rom_table_lookup(const uint16_t *table, uint32_t code) {
    for (; table[0] != 0; table += 2) {
        if (table[0] == (uint16_t)code) {
            return (void *)(uintptr_t)table[1];
        }
    }
    return NULL;
}

// A function that no firmware has needed so far, or an exception before the firmware has its own vectors.
void rom_unexpected(void) {
    PORT[PORT_SOURCE] = (uintptr_t)__builtin_return_address(0);
    PORT[PORT_COMMAND] = COMMAND_UNEXPECTED;
    for (;;) {
    }
}

void rom_nothing(void) {
}

uint32_t rom_popcount(uint32_t value) {
    uint32_t count = 0;
    for (; value != 0; value &= value - 1) {
        count++;
    }
    return count;
}

uint32_t rom_reverse(uint32_t value) {
    value = (value >> 1 & 0x55555555) | (value & 0x55555555) << 1;
    value = (value >> 2 & 0x33333333) | (value & 0x33333333) << 2;
    value = (value >> 4 & 0x0f0f0f0f) | (value & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(value);
}

uint32_t rom_leading_zeros(uint32_t value) {
    uint32_t count = 0;
    if (value == 0) {
        return 32;
    }
    for (uint32_t width = 16; width != 0; width >>= 1) {
        if (value >> (32 - width) == 0) {
            count += width;
            value <<= width;
        }
    }
    return count;
}

uint32_t rom_trailing_zeros(uint32_t value) {
    return value == 0 ? 32 : 31 - rom_leading_zeros(value & -value);
}

void *rom_memcpy(void *destination, const void *source, size_t count) {
    uint8_t *to = destination;
    const uint8_t *from = source;
    // Firmware copies little else than words, and a loop over words is short enough for it.
    if ((((uintptr_t)to | (uintptr_t)from) & 3) == 0) {
        for (; count >= 4; count -= 4, to += 4, from += 4) {
            *(uint32_t *)to = *(const uint32_t *)from;
        }
    }
    while (count-- != 0) {
        *to++ = *from++;
    }
    return destination;
}

void *rom_memset(void *destination, int value, size_t count) {
    uint8_t *to = destination;
    uint32_t word = (uint8_t)value * 0x01010101u;
    for (; count != 0 && ((uintptr_t)to & 3) != 0; count--) {
        *to++ = (uint8_t)value;
    }
    for (; count >= 4; count -= 4, to += 4) {
        *(uint32_t *)to = word;
    }
    while (count-- != 0) {
        *to++ = (uint8_t)value;
    }
    return destination;
}

void rom_flash_erase(uint32_t offset, size_t count, uint32_t block_size, uint8_t block_command) {
    (void)block_size;
    (void)block_command;
    PORT[PORT_OFFSET] = offset;
    PORT[PORT_COUNT] = count;
    PORT[PORT_COMMAND] = COMMAND_ERASE;
}

void rom_flash_program(uint32_t offset, const uint8_t *data, size_t count) {
    PORT[PORT_OFFSET] = offset;
    PORT[PORT_COUNT] = count;
    PORT[PORT_SOURCE] = (uintptr_t)data;
    PORT[PORT_COMMAND] = COMMAND_PROGRAM;
}

void rom_usb_boot(uint32_t activity_pins, uint32_t disabled_interfaces) {
    (void)activity_pins;
    (void)disabled_interfaces;
    PORT[PORT_COMMAND] = COMMAND_USB_BOOT;
    for (;;) {
        __asm volatile("wfi");
    }
}
