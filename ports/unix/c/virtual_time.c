// Virtual time: while a virtual bus exists, MicroPython's clock is the bus's clock, and waiting is what moves it.
//
// The linker sends calls to the functions below here first (--wrap). With no bus they go on to upstream's, so that
// upstream's test suite sees the machine's time. Only the main thread moves bus time, because callbacks run there.

#include <poll.h>
#include <sched.h>
#include <sys/select.h>
#include <sys/time.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/runtime.h"

#include "unix_port.h"

#define NS_PER_US ((uint64_t)1000)
#define NS_PER_MS ((uint64_t)1000000)
#define NS_PER_S ((uint64_t)1000000000)

// What Python code costs: 50 branches of the VM are 100 us of bus time, about the pace of a Pico.
#define VM_BRANCHES_PER_STEP (50)
#define VM_STEP_NS (100 * NS_PER_US)

// Somebody who waits for "the next event" still looks up this often, so that a signal of the process gets through.
#define LONGEST_WAIT_NS (10 * NS_PER_MS)

// machine.idle() and poll() give up after this long at the latest, as idle does on a board.
#define IDLE_NS (NS_PER_MS)

mp_uint_t __real_mp_hal_ticks_ms(void);
mp_uint_t __real_mp_hal_ticks_us(void);
void __real_mp_hal_delay_ms(mp_uint_t ms);
void __real_mp_event_wait_ms(mp_uint_t timeout_ms);
void __real_mp_event_wait_indefinite(void);
int __real_usleep(useconds_t us);
int __real_select(int n, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_sched_yield(void);

mp_uint_t __wrap_mp_hal_ticks_ms(void);
mp_uint_t __wrap_mp_hal_ticks_us(void);
void __wrap_mp_hal_delay_ms(mp_uint_t ms);
void __wrap_mp_event_wait_ms(mp_uint_t timeout_ms);
void __wrap_mp_event_wait_indefinite(void);
int __wrap_usleep(useconds_t us);
int __wrap_select(int n, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_sched_yield(void);

// Set while the bus runs. What the Rust side itself waits for (a socket, say) must not run the bus again.
static __thread bool bus_is_running;

__thread int usb_vm_countdown = VM_BRANCHES_PER_STEP;

static bool moves_bus_time(void) {
    return usb_clock_is_virtual() && !bus_is_running && mp_thread_is_main_thread();
}

static void run_bus_until(uint64_t until) {
    bus_is_running = true;
    usb_clock_run_until_ns(until);
    bus_is_running = false;
}

// Now plus a duration, stuck at the end of time instead of wrapping.
static uint64_t from_now(uint64_t count, uint64_t unit_ns) {
    uint64_t now = usb_clock_now_ns();
    return count > (UINT64_MAX - now) / unit_ns ? UINT64_MAX : now + count * unit_ns;
}

// A sleep of the main thread in which callbacks run. May raise what is pending for Python, a Ctrl-C for instance.
static void sleep_until(uint64_t end) {
    for (;;) {
        mp_handle_pending(true);
        uint64_t now = usb_clock_now_ns();
        if (now >= end) {
            return;
        }
        run_bus_until(end - now > LONGEST_WAIT_NS ? now + LONGEST_WAIT_NS : end);
    }
}

// A sleep of another thread: it waits for the main thread to move time. If bus time stands still as long as the sleep
// itself was to last (the main thread waits for a lock that this thread holds, say) the sleep is over as well,
// because otherwise neither of the two would ever go on.
static void watch_until(uint64_t end) {
    uint64_t last = usb_clock_now_ns();
    uint64_t patience_ns = end > last ? end - last : 0;
    uint64_t stood_still_ns = 0;
    while (last < end && stood_still_ns < patience_ns) {
        __real_usleep(100);
        mp_handle_pending(true);
        uint64_t now = usb_clock_now_ns();
        stood_still_ns = now == last ? stood_still_ns + 100 * NS_PER_US : 0;
        last = now;
    }
}

// The VM took a number of branches.
void usb_vm_hook(void) {
    usb_vm_countdown = VM_BRANCHES_PER_STEP;
    if (moves_bus_time()) {
        run_bus_until(from_now(VM_STEP_NS, 1));
    }
}

mp_uint_t __wrap_mp_hal_ticks_ms(void) {
    return usb_clock_is_virtual() ? usb_clock_now_ns() / NS_PER_MS : __real_mp_hal_ticks_ms();
}

mp_uint_t __wrap_mp_hal_ticks_us(void) {
    return usb_clock_is_virtual() ? usb_clock_now_ns() / NS_PER_US : __real_mp_hal_ticks_us();
}

void __wrap_mp_hal_delay_ms(mp_uint_t ms) {
    if (moves_bus_time()) {
        sleep_until(from_now(ms, NS_PER_MS));
    } else if (usb_clock_is_virtual() && !bus_is_running) {
        watch_until(from_now(ms, NS_PER_MS));
    } else {
        __real_mp_hal_delay_ms(ms);
    }
}

void __wrap_mp_event_wait_ms(mp_uint_t timeout_ms) {
    if (moves_bus_time()) {
        mp_event_handle_nowait();
        run_bus_until(from_now(timeout_ms, NS_PER_MS));
    } else {
        __real_mp_event_wait_ms(timeout_ms);
    }
}

void __wrap_mp_event_wait_indefinite(void) {
    if (moves_bus_time()) {
        mp_event_handle_nowait();
        run_bus_until(from_now(LONGEST_WAIT_NS, 1));
    } else {
        __real_mp_event_wait_indefinite();
    }
}

// mp_hal_delay_us() is an inline function of upstream's around usleep().
int __wrap_usleep(useconds_t us) {
    if (moves_bus_time()) {
        uint64_t end = from_now(us, NS_PER_US);
        if (us >= 1000) {
            sleep_until(end);
        } else {
            // As on rp2, a short delay keeps its length and lets no callback in between.
            while (usb_clock_now_ns() < end) {
                run_bus_until(end);
            }
        }
        return 0;
    }
    if (usb_clock_is_virtual() && !bus_is_running) {
        watch_until(from_now(us, NS_PER_US));
        return 0;
    }
    return __real_usleep(us);
}

// time.sleep() on unix is a select() on nothing.
int __wrap_select(int n, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout) {
    if (n == 0 && timeout != NULL && usb_clock_is_virtual() && !bus_is_running) {
        uint64_t duration_ns = (uint64_t)timeout->tv_sec * NS_PER_S + (uint64_t)timeout->tv_usec * NS_PER_US;
        if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
            // Let the system find the words for what is wrong.
        } else if (mp_thread_is_main_thread()) {
            sleep_until(from_now(duration_ns, 1));
            return 0;
        } else {
            watch_until(from_now(duration_ns, 1));
            return 0;
        }
    }
    return __real_select(n, rd, wr, ex, timeout);
}

// select.poll() and asyncio wait here. They call again until their own timeout is over, so a shorter wait is harmless.
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms) {
    if (timeout_ms != 0 && moves_bus_time()) {
        int ready = __real_poll(fds, n, 0);
        if (ready != 0) {
            return ready;
        }
        run_bus_until(from_now(IDLE_NS, 1));
        timeout_ms = 0;
    }
    return __real_poll(fds, n, timeout_ms);
}

// machine.idle()
int __wrap_sched_yield(void) {
    if (moves_bus_time()) {
        run_bus_until(from_now(IDLE_NS, 1));
        return 0;
    }
    return __real_sched_yield();
}
