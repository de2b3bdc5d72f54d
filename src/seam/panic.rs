//! What happens when code panics on a machine without an operating system, where there is nobody to tell: nothing, because
//! such code does not become part of a firmware.

/// The function that it calls does not exist. A build in which any code can panic does not link, and the linker's message
/// names the reason.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe extern "C" {
        fn the_library_must_not_contain_code_that_can_panic() -> !;
    }
    // SAFETY: it is never linked.
    unsafe { the_library_must_not_contain_code_that_can_panic() }
}
