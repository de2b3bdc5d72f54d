# Rust for Cortex-M: which compiler builds the library, and with which flags.
#
# A rustup that has the target (`rustup target add thumbv6m-none-eabi`) is used as it is. Otherwise Debian's compiler builds
# the core library from Debian's own source of it (packages rustc-web and rust-web-src), run by the same cargo. That takes
# -Z, which only nightly compilers accept unless RUSTC_BOOTSTRAP says that it is meant.
#
# All take a target: thumbv6m-none-eabi for Cortex-M0 and M0+, thumbv7em-none-eabihf for Cortex-M4F.

# Not empty if rustc has a core library for it.
has_target = $(wildcard $(shell rustc --print target-libdir --target $(1) 2>/dev/null)/libcore-*.rlib)
# The environment to run cargo in, or upstream's make, which runs it.
arm_rustc = $(if $(call has_target,$(1)),,RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1)
# cargo's flags beside --target.
arm_cargo = $(if $(call has_target,$(1)),,-Zbuild-std=core)
# Both, as variables of modules/usbdevice/micropython.mk.
arm_rust = RUST_TARGET=$(1) RUST_CARGO_FLAGS=$(call arm_cargo,$(1))
