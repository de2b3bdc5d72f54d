// Force-included into the files of upstream's shared/runtime that a board uses and the unix port does not.
//
// Upstream's unix objects have functions and objects of the same names, and both are linked: here they are defined
// under the names that the linker's --wrap puts in their place.

#include "py/mphal.h"
#include "extmod/modplatform.h"

// Upstream's header takes a macro of this name for a function that it need not declare.
#define mp_hal_stdout_tx_strn_cooked __wrap_mp_hal_stdout_tx_strn_cooked
#define mp_hal_stdout_tx_str __wrap_mp_hal_stdout_tx_str
void mp_hal_stdout_tx_strn_cooked(const char *str, size_t len);
void mp_hal_stdout_tx_str(const char *str);

#define mp_sys_stdin_obj __wrap_mp_sys_stdin_obj
#define mp_sys_stdout_obj __wrap_mp_sys_stdout_obj
#define mp_sys_stderr_obj __wrap_mp_sys_stderr_obj

// The unix port declares that it has none; a board has.
#undef mp_hal_stdio_poll
uintptr_t mp_hal_stdio_poll(uintptr_t poll_flags);

// pyexec.c calls this after every piece of Python; what was run from a file is the user's boot.py or script.
void board_after_python(bool from_file, void *exception);
#define MICROPY_BOARD_AFTER_PYTHON_EXEC(kind, flags, exception, ret) \
    board_after_python(((flags) & EXEC_FLAG_SOURCE_IS_FILENAME) != 0, exception)
