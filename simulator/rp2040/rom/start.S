// What firmware finds at fixed addresses of the boot ROM (RP2040 data sheet 2.8.3), and the way from reset into flash.

        .syntax unified
        .cpu cortex-m0plus
        .thumb

        .section .vectors, "a"
        .word   0x20041f00              // stack: below the copy of the second stage, see reset
        .word   reset + 1
        .word   rom_unexpected          // NMI; the linker sets the Thumb bit of functions
        .word   rom_unexpected          // HardFault
        .byte   'M', 'u', 1             // 0x10: the mark of a boot ROM
        .byte   2                       // 0x13: version 2, the first with double precision
        .hword  function_table          // 0x14
        .hword  data_table              // 0x16
        .hword  rom_table_lookup + 1    // 0x18

        .section .text.reset, "ax"
// The first 256 bytes of flash set the flash interface up (data sheet 2.8.1.3.1). They run in SRAM, with LR = 0, which
// tells them to go on into flash.
        .thumb_func
reset:  ldr     r0, =0x10000000
        ldr     r1, =0x20041f00
        mov     r3, r1
        movs    r2, #64
1:      ldmia   r0!, {r4}
        stmia   r3!, {r4}
        subs    r2, #1
        bne     1b
        mov     lr, r2
        adds    r1, #1
        bx      r1
        .ltorg

// Names of two letters, with the address of the function.
        .macro  entry first, second, function
        .byte   \first, \second
        .hword  \function + 1
        .endm

        .section .tables, "a"
        .balign 4
function_table:
        entry   'P', '3', rom_popcount
        entry   'R', '3', rom_reverse
        entry   'L', '3', rom_leading_zeros
        entry   'T', '3', rom_trailing_zeros
        entry   'M', 'S', rom_memset
        entry   'S', '4', rom_memset
        entry   'M', 'C', rom_memcpy
        entry   'C', '4', rom_memcpy
        entry   'U', 'B', rom_usb_boot
        entry   'I', 'F', rom_nothing
        entry   'E', 'X', rom_nothing
        entry   'R', 'E', rom_flash_erase
        entry   'R', 'P', rom_flash_program
        entry   'F', 'C', rom_nothing
        entry   'C', 'X', rom_nothing
        .hword  0, 0
data_table:
        .byte   'S', 'F'
        .hword  rom_float_table
        .byte   'S', 'D'
        .hword  rom_double_table
        .hword  0, 0
