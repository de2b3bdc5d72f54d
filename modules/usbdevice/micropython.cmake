# The user C module for ports that are built with CMake (rp2): builds the Rust library with the port's own flags and links it
# in place of TinyUSB and of MicroPython's code around it. No file of upstream's is changed.
#
#   cmake -S ports/rp2 ... -DUSER_C_MODULES=<this file>
#
# USBDEVICE_STUBS=ON links nothing in its place: the image that the size of a USB stack is measured against.
#
# Environment of the build: RUSTC, RUSTC_BOOTSTRAP, USBDEVICE_CARGO_TARGET and USBDEVICE_CARGO_FLAGS where the compiler for
# Cortex-M needs them (make/arm.mk).

set(USBDEVICE_DIR ${CMAKE_CURRENT_LIST_DIR})
get_filename_component(USBDEVICE_ROOT ${USBDEVICE_DIR}/../.. ABSOLUTE)

if(PICO_RP2040)
    set(USBDEVICE_PORT rp2)
    set(USBDEVICE_TARGET thumbv6m-none-eabi)
elseif(PICO_RP2350 AND NOT PICO_RISCV)
    set(USBDEVICE_PORT rp2350)
    # Without "hf": the SDK passes floating-point arguments in the processor's general registers.
    set(USBDEVICE_TARGET thumbv8m.main-none-eabi)
else()
    message(FATAL_ERROR "usbdevice: no USB driver for PICO_PLATFORM ${PICO_PLATFORM}")
endif()

# These stay in the lists of sources, so that their names and root pointers are collected, and are not compiled.
file(GLOB_RECURSE USBDEVICE_REPLACED ${PICO_TINYUSB_PATH}/src/*.c ${PICO_TINYUSB_PATH}/hw/*.c)
list(APPEND USBDEVICE_REPLACED
    ${MICROPY_DIR}/extmod/machine_usb_device.c
    ${MICROPY_DIR}/shared/tinyusb/mp_usbd.c
    ${MICROPY_DIR}/shared/tinyusb/mp_usbd_cdc.c
    ${MICROPY_DIR}/shared/tinyusb/mp_usbd_descriptor.c
    ${MICROPY_DIR}/shared/tinyusb/mp_usbd_runtime.c
)
set_source_files_properties(${USBDEVICE_REPLACED} PROPERTIES HEADER_FILE_ONLY ON)

add_library(usermod_usbdevice INTERFACE)
target_link_libraries(usermod INTERFACE usermod_usbdevice)
if(USBDEVICE_STUBS)
    target_sources(usermod_usbdevice INTERFACE ${USBDEVICE_ROOT}/ports/rp2/c/no_usb.c)
    return()
endif()

# The names of the Rust sources.
execute_process(COMMAND python3 ${USBDEVICE_DIR}/make_qstrs.py COMMAND_ERROR_IS_FATAL ANY)

# clang has to see what gcc sees: the C library's headers (gcc's own are left out, clang has its own) and short enums.
execute_process(COMMAND ${CMAKE_C_COMPILER} -E -v -xc /dev/null ERROR_VARIABLE USBDEVICE_GCC OUTPUT_QUIET)
string(REGEX REPLACE ".*search starts here:\n(.*)\nEnd of search.*" "\\1" USBDEVICE_GCC "${USBDEVICE_GCC}")
string(REGEX MATCHALL "/[^\n]+" USBDEVICE_GCC "${USBDEVICE_GCC}")
list(FILTER USBDEVICE_GCC EXCLUDE REGEX "/gcc/[^ ]*/[0-9.]+/include(-fixed)?$")
list(TRANSFORM USBDEVICE_GCC PREPEND "-isystem ")
list(JOIN USBDEVICE_GCC "\n" USBDEVICE_GCC)
# Evaluated when everything has been added to the target. Each flag is quoted as a shell wants it.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/usbdevice.flags CONTENT
"--target=${USBDEVICE_TARGET} -fshort-enums -std=gnu11
${USBDEVICE_GCC}
'-I$<JOIN:$<TARGET_PROPERTY:${MICROPY_TARGET},INCLUDE_DIRECTORIES>,'
'-I>'
'-D$<JOIN:$<TARGET_PROPERTY:${MICROPY_TARGET},COMPILE_DEFINITIONS>,'
'-D>'
")

# Cargo decides what is to be rebuilt. The library keeps its time while nothing changes.
#
# The compiler's own helpers (arithmetic, memcpy) are taken out of it: the SDK has better ones for the chip, and the linker
# would prefer these for MicroPython's code too.
set(USBDEVICE_CARGO_DIR ${CMAKE_BINARY_DIR}/rust)
set(USBDEVICE_LIB ${CMAKE_BINARY_DIR}/libmicropython_usbdevice.a)
add_custom_target(usbdevice_rust
    COMMAND ${CMAKE_COMMAND} -E env
        MP_BINDGEN_FLAGS=${CMAKE_BINARY_DIR}/usbdevice.flags MP_BINDGEN_CWD=${MICROPY_PORT_DIR}
        sh -c "exec cargo build --release --package micropython-usbdevice --features ${USBDEVICE_PORT} --target \${USBDEVICE_CARGO_TARGET:-${USBDEVICE_TARGET}} $USBDEVICE_CARGO_FLAGS --manifest-path '${USBDEVICE_ROOT}/Cargo.toml' --target-dir '${USBDEVICE_CARGO_DIR}'"
    COMMAND ${CMAKE_COMMAND} -E copy
        ${USBDEVICE_CARGO_DIR}/${USBDEVICE_TARGET}/release/libmicropython_usbdevice.a ${USBDEVICE_LIB}.new
    COMMAND sh -c "exec '${CMAKE_AR}' dD '${USBDEVICE_LIB}.new' $('${CMAKE_AR}' t '${USBDEVICE_LIB}.new' | grep '^compiler_builtins')"
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${USBDEVICE_LIB}.new ${USBDEVICE_LIB}
    BYPRODUCTS ${USBDEVICE_LIB}
    DEPENDS
        ${CMAKE_BINARY_DIR}/genhdr/qstrdefs.generated.h
        ${CMAKE_BINARY_DIR}/genhdr/moduledefs.h
        ${CMAKE_BINARY_DIR}/genhdr/root_pointers.h
    VERBATIM
)

add_dependencies(usermod_usbdevice usbdevice_rust)
target_sources(usermod_usbdevice INTERFACE
    ${USBDEVICE_DIR}/usbdevice.c
    ${USBDEVICE_ROOT}/ports/rp2/c/usb_port.c
)
target_include_directories(usermod_usbdevice INTERFACE ${USBDEVICE_DIR})
target_compile_definitions(usermod_usbdevice INTERFACE USBDEVICE_RP2=1)
target_link_libraries(usermod_usbdevice INTERFACE ${USBDEVICE_LIB})
