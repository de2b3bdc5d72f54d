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
# cargo's target. Rust's own targets for Cortex-M keep a frame pointer in every function: one of the eight registers that a
# Cortex-M0's instructions reach, and 3 % of flash. Where the core library is built here, all of it does without.
ARM_SPECS := $(BUILD_DIR)/targets
arm_target = $(if $(call has_target,$(1)),$(1),$(ARM_SPECS)/$(1).json)
# cargo's flags beside it. Not every cargo that takes such a file knows that it is to be asked for.
arm_cargo = $(if $(call has_target,$(1)),,-Zbuild-std=core \
	$(shell RUSTC_BOOTSTRAP=1 cargo -Z help 2>/dev/null | grep -o '^ *-Z json-target-spec' | tr -d ' '))
# A command for recipes that use them: writes that file.
arm_spec = $(if $(call has_target,$(1)),true,mkdir -p $(ARM_SPECS) && $(call arm_rustc,$(1)) /usr/bin/rustc -Zunstable-options \
	--print target-spec-json --target $(1) | sed 's/"frame-pointer": "always"/"frame-pointer": "may-omit"/' >$(call arm_target,$(1)))
# All as variables of modules/usbdevice/micropython.mk.
arm_rust = RUST_TARGET=$(1) RUST_CARGO_TARGET=$(call arm_target,$(1)) RUST_CARGO_FLAGS="$(strip $(call arm_cargo,$(1)))"
