//! Generates the Rust view of MicroPython's headers, with the flags of the port that is being built.
//!
//! The port's makefile passes them through two environment variables:
//!
//! * `MP_BINDGEN_FLAGS`: a file with the C compiler's flags (`-I -D -m -include ...`), shell-quoted;
//! * `MP_BINDGEN_CWD`: the folder in which that compiler runs, since the flags name folders relative to it.

use bindgen::callbacks::ParseCallbacks;
use std::env;
use std::path::{Path, PathBuf};
use std::process::exit;

/// What each Rust module takes from C. Nothing else comes through.
const FUNCTIONS: &[&str] = &[
    // python/catch.rs and what is called there
    "usbdevice_(catch|call|subscript|is_true|delay_ms)",
    "mp_handle_pending",
    // python/error.rs
    "usbdevice_new_lie",
    "mp_obj_new_exception_msg",
    "nlr_jump",
    "mp_raise_(OS|Type|Value)Error",
    "mp_obj_exception_make_new",
    "mp_obj_exception_get_traceback",
    // python/obj.rs, python/slots.rs
    "mp_obj_get_type",
    "mp_obj_is_callable",
    "mp_obj_get_int",
    "mp_obj_is_subclass_fast",
    "mp_obj_new_int",
    "mp_obj_new_bytes",
    "mp_obj_new_bytearray",
    "mp_obj_new_str",
    "mp_obj_new_tuple",
    "mp_obj_new_list",
    "mp_obj_new_dict",
    "mp_obj_list_append",
    "mp_obj_dict_store",
    "mp_obj_str_get_data",
    "mp_binary_op",
    "mp_unary_op",
    "mp_identity",
    // python/root.rs, python/containers.rs
    "m_malloc",
    "m_malloc0",
    // python/buffer.rs, python/view.rs
    "mp_get_buffer",
    "mp_obj_new_memoryview",
    // python/args.rs
    "mp_arg_parse_all",
    "mp_arg_check_num_sig",
    // python/runtime.rs
    "usbdevice_is_main_thread",
    "usbdevice_drop_ctrl_c",
    "usbdevice_schedule_task",
    "usbdevice_ticks_ms",
    "mp_sched_exception",
    "usbdevice_schedule_call",
    "mp_event_wait_ms",
    // python/section.rs
    "usbdevice_atomic_begin",
    "usbdevice_atomic_end",
    // python/print.rs
    "usbdevice_print",
    "mp_obj_print_helper",
    // python/port.rs, seam.rs
    "usbdevice_stdin_put",
    "usbdevice_builtin_string",
    "usbdevice_touch_1200",
    // python/disk.rs
    "tud_msc_.*_cb",
];

const TYPES: &[&str] = &[
    "mp_obj_t",
    "mp_rom_obj_t",
    "qstr",
    "mp_obj_type_t",
    "mp_obj_empty_type_t",
    "mp_obj_full_type_t",
    "mp_obj_fun_builtin_(fixed|var)_t",
    "mp_obj_(str|array|list|tuple|dict|module)_t",
    "mp_rom_map_elem_t",
    "mp_(arg|arg_flag|arg_val|buffer_info|map|print)_t",
    "mp_(unary|binary)_op_t",
    "mp_print_kind_t",
    "mp_sched_node_t",
];

const VARIABLES: &[&str] = &[
    // Settings and names
    "USBDEVICE_.*",
    // python/root.rs, python/runtime.rs
    "mp_state_ctx",
    // python/port.rs
    "stdin_ringbuf",
    "MP_QSTR_.*",
    "MICROPY_PY_REVERSE_SPECIAL_METHODS",
    // python/obj.rs, python/rom.rs
    "mp_type_(type|object|NoneType|bool|int|str|bytes|bytearray|memoryview|list|tuple|dict|module)",
    "mp_type_fun_builtin_(0|1|2|3|var)",
    "MP_TYPE_FLAG_.*",
    "MP_(UNARY|BINARY)_OP_.*",
    "PRINT_.*",
    // python/error.rs
    "mp_type_(BaseException|Exception|IndexError|KeyError|KeyboardInterrupt|OSError|RuntimeError|SystemExit|TypeError|ValueError)",
    "MP_E[A-Z]+",
    // python/buffer.rs, python/args.rs, seam.rs
    "MP_BUFFER_.*",
    "MP_ARG_.*",
    "MP_STREAM_POLL_(RD|WR)",
];

fn main() {
    println!("cargo::rerun-if-env-changed=MP_BINDGEN_FLAGS");
    println!("cargo::rerun-if-env-changed=MP_BINDGEN_CWD");
    println!("cargo::rerun-if-changed=modules/usbdevice/usbdevice.h");

    let (flags_file, folder) = match (env::var("MP_BINDGEN_FLAGS"), env::var("MP_BINDGEN_CWD")) {
        (Ok(flags), Ok(folder)) => (flags, folder),
        _ => fail(
            "this crate is built by MicroPython's make, which passes the port's compiler flags: run `make unix` in the \
             repository's root (or set MP_BINDGEN_FLAGS to <build>/usbdevice.flags and MP_BINDGEN_CWD to the port's folder)",
        ),
    };
    println!("cargo::rerun-if-changed={flags_file}");
    let flags = match std::fs::read_to_string(&flags_file) {
        Ok(text) => text,
        Err(error) => fail(&format!("cannot read {flags_file}: {error}")),
    };
    let Some(mut flags) = shlex::split(&flags) else {
        fail(&format!("{flags_file} is not quoted as a shell wants it"))
    };
    if !flags.iter().any(|flag| flag.starts_with("-std=")) {
        flags.push("-std=gnu99".into());
    }

    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("micropython.rs");
    if let Err(error) = env::set_current_dir(&folder) {
        fail(&format!("cannot enter {folder}: {error}"));
    }
    generate(&root.join("modules/usbdevice/usbdevice.h"), &flags, &out, folder.into());
}

/// Tells cargo which headers were read. Clang names some of them relative to the folder that it runs in, which cargo would take
/// for relative to this one, miss, and build the library anew each time.
#[derive(Debug)]
struct Headers {
    folder: PathBuf,
}

impl ParseCallbacks for Headers {
    fn header_file(&self, name: &str) {
        self.include_file(name);
    }

    fn include_file(&self, name: &str) {
        println!("cargo::rerun-if-changed={}", self.folder.join(name).display());
    }
}

/// Writes the bindings of `header` to `out`. Clang runs in `folder`.
fn generate(header: &Path, flags: &[String], out: &Path, folder: PathBuf) {
    let mut builder = bindgen::Builder::default()
        .header(header.to_string_lossy())
        .clang_args(flags)
        .use_core()
        .ctypes_prefix("::cty")
        .rust_edition(bindgen::RustEdition::Edition2024)
        .layout_tests(false)
        .generate_comments(false)
        .prepend_enum_name(false)
        .default_enum_style(bindgen::EnumVariation::Consts)
        .derive_debug(false)
        // The two handles of the object model get types of their own (python/obj.rs, python/qstr.rs).
        .new_type_alias("mp_obj_t")
        .new_type_alias("qstr")
        // A map or a type is what its address says; a copy of one is a mistake.
        .no_copy("_mp_map_t|_mp_obj_type_t|_mp_obj_dict_t")
        // setjmp and its buffer stay in C.
        .opaque_type("nlr_buf_t")
        .parse_callbacks(Box::new(Headers { folder }));
    for name in FUNCTIONS {
        builder = builder.allowlist_function(name);
    }
    for name in TYPES {
        builder = builder.allowlist_type(name);
    }
    for name in VARIABLES {
        builder = builder.allowlist_var(name);
    }
    match builder.generate() {
        Ok(bindings) => {
            if let Err(error) = bindings.write_to_file(out) {
                fail(&format!("cannot write {}: {error}", out.display()));
            }
        }
        Err(error) => fail(&format!("bindgen: {error}")),
    }
}

/// Ends the build with one readable line.
fn fail(message: &str) -> ! {
    println!("cargo::error={message}");
    exit(1)
}
