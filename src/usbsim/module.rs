//! The module `usbsim` and its two types.

use super::{host, requests, transfer};
use crate::ffi;
use crate::python::qstr::qstr;
use crate::python::rom::{Dict, Module, Number, NumberType, Rom, Slots, Table, entry, function, function_keywords};
use crate::python::slots::make_new_slot;
use crate::python::{Obj, Result};

function!(ENUMERATE, 1, requests::enumerate);
function!(RESET, 1, requests::reset);
function!(SUSPEND, 1, requests::suspend);
function!(RESUME, 1, requests::resume);
function!(UNPLUG, 1, requests::unplug);
function!(PLUG, 1, requests::plug);
function!(WOKEN, 1, requests::woken);
function!(ATTACHED, 1, requests::attached);
function!(FRAME, 1, requests::frame);
function!(NOW_US, 1, requests::now_us);
function!(EVENTS, 1, requests::events);
function!(FINISH_RECORDING, 1, requests::finish_recording);
function!(RUN, 2, requests::run);
function!(CLEAR_HALT, 2, requests::clear_halt);
function!(SET_CONFIGURATION, 2, requests::set_configuration);
function!(PCAP, 2, requests::pcap);
function!(SET_INTERFACE, 3, requests::set_interface);
function!(SUBMIT_READ, 3, requests::submit_read);
function_keywords!(CONTROL_IN, requests::control_in);
function_keywords!(CONTROL_OUT, requests::control_out);
function_keywords!(READ, requests::read);
function_keywords!(WRITE, requests::write);
function_keywords!(SUBMIT_WRITE, requests::submit_write);
function_keywords!(TRANSACTION, requests::transaction);
function!(START, 1, requests::start);
function!(DONE, 1, transfer::done);
function!(CANCEL, 1, transfer::cancel);
function_keywords!(WAIT, transfer::wait);

static HOST_TABLE: Table<24> = Rom::new([
    entry(qstr!(MP_QSTR_enumerate), ENUMERATE.object()),
    entry(qstr!(MP_QSTR_reset), RESET.object()),
    entry(qstr!(MP_QSTR_suspend), SUSPEND.object()),
    entry(qstr!(MP_QSTR_resume), RESUME.object()),
    entry(qstr!(MP_QSTR_unplug), UNPLUG.object()),
    entry(qstr!(MP_QSTR_plug), PLUG.object()),
    entry(qstr!(MP_QSTR_woken), WOKEN.object()),
    entry(qstr!(MP_QSTR_attached), ATTACHED.object()),
    entry(qstr!(MP_QSTR_frame), FRAME.object()),
    entry(qstr!(MP_QSTR_now_us), NOW_US.object()),
    entry(qstr!(MP_QSTR_events), EVENTS.object()),
    entry(qstr!(MP_QSTR_finish_recording), FINISH_RECORDING.object()),
    entry(qstr!(MP_QSTR_run), RUN.object()),
    entry(qstr!(MP_QSTR_clear_halt), CLEAR_HALT.object()),
    entry(qstr!(MP_QSTR_set_configuration), SET_CONFIGURATION.object()),
    entry(qstr!(MP_QSTR_pcap), PCAP.object()),
    entry(qstr!(MP_QSTR_set_interface), SET_INTERFACE.object()),
    entry(qstr!(MP_QSTR_submit_read), SUBMIT_READ.object()),
    entry(qstr!(MP_QSTR_control_in), CONTROL_IN.object()),
    entry(qstr!(MP_QSTR_control_out), CONTROL_OUT.object()),
    entry(qstr!(MP_QSTR_read), READ.object()),
    entry(qstr!(MP_QSTR_write), WRITE.object()),
    entry(qstr!(MP_QSTR_submit_write), SUBMIT_WRITE.object()),
    entry(qstr!(MP_QSTR_transaction), TRANSACTION.object()),
]);
static HOST_LOCALS: Dict = Dict::of(&HOST_TABLE);
static HOST: NumberType<2> = NumberType::new(
    qstr!(MP_QSTR_Host),
    ffi::MP_TYPE_FLAG_NONE,
    Slots { make_new: Some(make_new_slot!(make_host)), locals: Some(&HOST_LOCALS), ..Slots::NONE },
);
static HOST_OBJECT: Rom<Number> = HOST.constant(0);

/// `Host()`: the process has one, each call returns it.
fn make_host(arguments: usize) -> Result<Obj> {
    if arguments != 0 {
        return Err(crate::python::Error::of_type(c"Host() takes no arguments"));
    }
    host::make().map(|()| HOST_OBJECT.object())
}

static TRANSFER_TABLE: Table<3> = Rom::new([
    entry(qstr!(MP_QSTR_done), DONE.object()),
    entry(qstr!(MP_QSTR_wait), WAIT.object()),
    entry(qstr!(MP_QSTR_cancel), CANCEL.object()),
]);
static TRANSFER_LOCALS: Dict = Dict::of(&TRANSFER_TABLE);
pub(super) static TRANSFER: NumberType<1> = NumberType::new(
    qstr!(MP_QSTR_Transfer),
    ffi::MP_TYPE_FLAG_NONE,
    Slots { locals: Some(&TRANSFER_LOCALS), ..Slots::NONE },
);

static GLOBALS_TABLE: Table<4> = Rom::new([
    entry(qstr!(MP_QSTR___name__), Obj::qstr(qstr!(MP_QSTR_usbsim))),
    entry(qstr!(MP_QSTR_Host), HOST.object()),
    entry(qstr!(MP_QSTR_start), START.object()),
    entry(qstr!(MP_QSTR_Transfer), TRANSFER.object()),
]);
static GLOBALS: Dict = Dict::of(&GLOBALS_TABLE);

/// The module, which `usbdevice.c` registers.
// SAFETY: no other object of the program has this name.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub(super) static usbsim_module: Module = Module::of(&GLOBALS);
