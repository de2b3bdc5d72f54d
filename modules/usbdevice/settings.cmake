# A "user C module" without any C: settings of MicroPython that upstream's port leaves open, such as MICROPY_HW_USB_MSC=1,
# for every file of the firmware and for the scan of names. In a file of its own because it serves upstream's USB stack too.
#
#   cmake -S ports/rp2 ... -DUSER_C_MODULES="<this file>;..." -DUSBDEVICE_SETTINGS="MICROPY_HW_USB_MSC=1;..."

# The firmware's target is made later in this folder, and takes them over; the scan does not ask it for them.
add_compile_definitions(${USBDEVICE_SETTINGS})
list(APPEND MICROPY_CPP_DEF_EXTRA ${USBDEVICE_SETTINGS})
if("MICROPY_HW_USB_CDC=0" IN_LIST USBDEVICE_SETTINGS)
    add_compile_options("$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/no_cdc.h>")
endif()
