// `board`: the unix port started as a board starts, in the order of rp2's main.c.
//
//     board [--link ADDRESS] [--dir FOLDER] [--exit] [--mirror] [SCRIPT]

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "py/builtin.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "extmod/vfs_posix.h"
#include "shared/readline/readline.h"
#include "shared/runtime/pyexec.h"

#include "board_stdio.h"
#include "unix_port.h"

// The same as upstream's unix main: objects are twice as big as on a board.
#define HEAP_SIZE (1024 * 1024 * sizeof(mp_uint_t) / 4)
#define STACK_SIZE (40000 * sizeof(void *) / 4)

#define EXIT_USAGE (2)

#define LINK_VARIABLE "USBSIM_LINK"

// Where a script is found that lies outside the folder which plays the flash.
#define SCRIPT_MOUNT "/script"

static const char usage[] =
    "usage: board [--link ADDRESS] [--dir FOLDER] [--exit] [--mirror] [SCRIPT]\n"
    "A MicroPython board on a virtual USB bus; its REPL is the built-in serial port.\n"
    "  SCRIPT          runs as main.py does, after boot.py (default: main.py of FOLDER)\n"
    "  --dir FOLDER    plays the flash, mounted at / (default: the folder of SCRIPT, else the working directory);\n"
    "                  a SCRIPT that lies elsewhere is mounted at " SCRIPT_MOUNT "\n"
    "  --link ADDRESS  the bus to plug into (default: $" LINK_VARIABLE "; without one the board runs unplugged)\n"
    "  --exit          when boot.py or SCRIPT raises, end with status 1; when it calls sys.exit(), with its value\n"
    "  --mirror        copy what the board prints to standard error\n";

static char folder[PATH_MAX]; // absolute, no slash at its end
static char script_folder[PATH_MAX]; // where SCRIPT_MOUNT points, empty if it is not needed
static char script[PATH_MAX]; // as Python sees it

static bool exit_wanted; // --exit
static bool exit_due; // a script ended in a way that --exit is about
static int exit_status;

static bool threads_started;

mp_uint_t __real_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size);
mp_uint_t __wrap_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size);
void board_after_python(bool from_file, void *exception);

static void serial_print_strn(void *env, const char *str, size_t len) {
    (void)env;
    mp_hal_stdout_tx_strn_cooked(str, len);
}

// The unix port prints errors here. A board has one place to print to.
const mp_print_t mp_stderr_print = { NULL, serial_print_strn };

static void process_print_strn(void *env, const char *str, size_t len) {
    (void)env;
    board_stderr_write(str, len);
}

static const mp_print_t process_print = { NULL, process_print_strn };

// ---- The command line --------------------------------------------------------------------------------------------

static int complain(const char *path) {
    fprintf(stderr, "board: %s: %s\n", path, strerror(errno));
    return EXIT_USAGE;
}

// Splits the absolute path of the script and says how Python finds it. `folder` may be empty, then it becomes the
// script's own.
static int find_script(const char *argument) {
    char path[PATH_MAX];
    if (realpath(argument, path) == NULL) {
        return complain(argument);
    }
    char *slash = strrchr(path, '/');
    size_t dir_len = (size_t)(slash - path);
    if (folder[0] == '\0') {
        memcpy(folder, path, dir_len);
        folder[dir_len] = '\0';
    }
    size_t folder_len = strlen(folder);
    if (strncmp(path, folder, folder_len) == 0 && path[folder_len] == '/') {
        strcpy(script, path + folder_len + 1);
        return 0;
    }
    memcpy(script_folder, path, dir_len);
    script_folder[dir_len] = '\0';
    int length = snprintf(script, sizeof(script), "%s%s", SCRIPT_MOUNT, slash);
    if (length < 0 || (size_t)length >= sizeof(script)) {
        errno = ENAMETOOLONG;
        return complain(argument);
    }
    return 0;
}

// Returns 0, or the status to exit with; a negative one means success.
static int read_arguments(int argc, char **argv, const char **link) {
    static const struct option options[] = {
        { "link", required_argument, NULL, 'l' },
        { "dir", required_argument, NULL, 'd' },
        { "exit", no_argument, NULL, 'e' },
        { "mirror", no_argument, NULL, 'm' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    *link = getenv(LINK_VARIABLE);
    int option;
    while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
        switch (option) {
            case 'l':
                *link = optarg;
                break;
            case 'd':
                if (realpath(optarg, folder) == NULL) {
                    return complain(optarg);
                }
                break;
            case 'e':
                exit_wanted = true;
                break;
            case 'm':
                board_stdio_mirror = true;
                break;
            case 'h':
                fputs(usage, stdout);
                return -1;
            default:
                fputs(usage, stderr);
                return EXIT_USAGE;
        }
    }
    if (argc - optind > 1) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    strcpy(script, "main.py");
    if (optind < argc) {
        int status = find_script(argv[optind]);
        if (status != 0) {
            return status;
        }
    } else if (folder[0] == '\0' && getcwd(folder, sizeof(folder)) == NULL) {
        return complain(".");
    }
    return 0;
}

// ---- One life of the interpreter ---------------------------------------------------------------------------------

static void mount(const char *where, const char *what) {
    mp_obj_t root = mp_obj_new_str_from_cstr(what);
    mp_obj_t args[2] = {
        MP_OBJ_TYPE_GET_SLOT(&mp_type_vfs_posix, make_new)(&mp_type_vfs_posix, 1, 0, &root),
        mp_obj_new_str_from_cstr(where),
    };
    mp_vfs_mount(2, args, (mp_map_t *)&mp_const_empty_map);
}

static void mount_flash(void) {
    // Relative paths are the process's own in this file system: each life starts in the same folder.
    if (chdir(folder) != 0) {
        complain(folder);
    }
    mount("/", folder);
    if (script_folder[0] != '\0') {
        mount(SCRIPT_MOUNT, script_folder);
    }
    // The root is the last of the list; os.chdir("/") would not do, it changes the folder within a file system.
    mp_vfs_mount_t *last = MP_STATE_VM(vfs_mount_table);
    while (last->next != NULL) {
        last = last->next;
    }
    MP_STATE_VM(vfs_cur) = last;
}

static void set_sys_path(void) {
    mp_sys_path = mp_obj_new_list(0, NULL);
    mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR_));
    mp_obj_list_append(mp_sys_path, mp_obj_new_str_from_cstr(".frozen"));
    mp_obj_list_append(mp_sys_path, mp_obj_new_str_from_cstr("/lib"));
    if (script_folder[0] != '\0') {
        mp_obj_list_append(mp_sys_path, mp_obj_new_str_from_cstr(SCRIPT_MOUNT));
    }
    mp_obj_list_init(MP_OBJ_TO_PTR(mp_sys_argv), 0);
}

// pyexec has printed the traceback to the serial port by now. Whoever started this process wants to see it as well.
void board_after_python(bool from_file, void *exception) {
    if (!from_file || exception == NULL) {
        return;
    }
    mp_obj_t value = MP_OBJ_FROM_PTR(exception);
    mp_obj_t type = MP_OBJ_FROM_PTR(((mp_obj_base_t *)exception)->type);
    if (mp_obj_is_subclass_fast(type, MP_OBJ_FROM_PTR(&mp_type_SystemExit))) {
        mp_obj_t code = mp_obj_exception_get_value(value);
        mp_int_t number = 0;
        if (code != mp_const_none && !mp_obj_get_int_maybe(code, &number)) {
            number = 1;
        }
        exit_due = true;
        exit_status = (int)(number & 0xff);
    } else {
        mp_obj_print_exception(&process_print, value);
        if (!mp_obj_is_subclass_fast(type, MP_OBJ_FROM_PTR(&mp_type_KeyboardInterrupt))) {
            // After a Ctrl-C from the host the person there wants the REPL, not the end of the board.
            exit_due = true;
            exit_status = 1;
        }
    }
}

static void run_repl(void) {
    for (;;) {
        int ret = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
        if (ret != 0) {
            return;
        }
    }
}

// Returns when it is time for a soft reset.
static void run_programs(void) {
    int ret = pyexec_file_if_exists("boot.py");
    mp_usbd_init();
    if ((exit_wanted && exit_due) || (ret & PYEXEC_FORCED_EXIT)) {
        return;
    }
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && ret != 0) {
        ret = pyexec_file_if_exists(script);
        if ((exit_wanted && exit_due) || (ret & PYEXEC_FORCED_EXIT)) {
            return;
        }
    }
    run_repl();
}

mp_uint_t __wrap_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size) {
    threads_started = true;
    return __real_mp_thread_create(entry, arg, stack_size);
}

// Upstream ends its threads once, before the process ends, and frees what it knows of the main thread with them. It is
// set up again here, but only if there was a thread: each set-up takes a thread-specific key and never gives it back.
static void end_threads(void) {
    if (threads_started) {
        // A thread that ends while it holds this lock would leave the heap locked for good.
        mp_thread_recursive_mutex_lock(&MP_STATE_MEM(gc_mutex), 1);
        mp_thread_deinit();
        mp_thread_init();
        mp_thread_recursive_mutex_unlock(&MP_STATE_MEM(gc_mutex));
        threads_started = false;
    }
}

// Not inlined into main(): no object may lie above the stack top that main() has noted.
static MP_NOINLINE int run(void) {
    char *heap = malloc(HEAP_SIZE);
    if (heap == NULL) {
        return complain("heap");
    }
    gc_init(heap, heap + HEAP_SIZE);
    for (;;) {
        mp_init();
        mount_flash();
        set_sys_path();
        readline_init0();

        run_programs();
        if (!exit_wanted || !exit_due) {
            mp_printf(MP_PYTHON_PRINTER, "MPY: soft reboot\n");
        }
        end_threads();
        mp_usbd_deinit();
        gc_sweep_all();
        mp_deinit();
        if (exit_wanted && exit_due) {
            return exit_status;
        }
    }
}

int main(int argc, char **argv) {
    mp_thread_init();
    mp_cstack_init_with_sp_here(STACK_SIZE);
    // A bus process that has gone is an error to handle, not a signal to die of.
    signal(SIGPIPE, SIG_IGN);

    const char *link;
    int status = read_arguments(argc, argv, &link);
    if (status != 0) {
        return status < 0 ? EXIT_SUCCESS : status;
    }
    char reason[256];
    if (link == NULL) {
        fputs("board: unplugged: no --link and no $" LINK_VARIABLE ", so no host will see it\n", stderr);
    } else if (!usb_link_open(link, reason, sizeof(reason))) {
        fprintf(stderr, "board: no bus at %s: %s\n", link, reason);
        return EXIT_USAGE;
    }
    return run();
}

void nlr_jump_fail(void *val) {
    fprintf(stderr, "board: exception with nobody to catch it (%p)\n", val);
    exit(EXIT_FAILURE);
}
