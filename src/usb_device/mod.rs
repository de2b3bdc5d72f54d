//! `machine.USBDevice`: the type, its methods and its constants.

mod activation;
mod application;
mod builtin;
mod callbacks;
mod config;
pub mod controller;
mod mass_storage;
mod object;
mod report;
mod result;
mod strings;
mod task;
mod transfers;

pub use activation::{start, stop};
pub use application::{Callbacks, input_is_offered, input_waits};
pub use builtin::HAS_CDC;
pub use task::{is_running as task_is_running, run};

use usb_stack::Outcome;

use crate::ffi;
use crate::python::boundary::raise_invalid;
use crate::python::error::Result;
use crate::python::obj::Obj;
use crate::python::qstr::{Qstr, qstr};
use crate::python::rom::{Dict, Rom, Slots, Table, Type, entry, function, function_keywords, function_optional};
use crate::python::slots::{attr_slot, make_new_slot};
use object::UsbDevice;

function_keywords!(CONFIG, config::config);
function_optional!(ACTIVE, 1, activation::active);
function!(SUBMIT_XFER, 3, transfers::submit_xfer);
function_optional!(STALL, 2, transfers::stall);
function!(REMOTE_WAKEUP, 1, transfers::remote_wakeup);

/// The name that says which built-in drivers BUILTIN_DEFAULT has. Without any, BUILTIN_NONE stands twice.
const BUILTIN_NAME: Qstr = match (builtin::HAS_CDC, builtin::HAS_MSC) {
    (true, true) => qstr!(MP_QSTR_BUILTIN_CDC_MSC),
    (true, false) => qstr!(MP_QSTR_BUILTIN_CDC),
    (false, true) => qstr!(MP_QSTR_BUILTIN_MSC),
    (false, false) => qstr!(MP_QSTR_BUILTIN_NONE),
};

static LOCALS_TABLE: Table<11> = Rom::new([
    entry(qstr!(MP_QSTR_config), CONFIG.object()),
    entry(qstr!(MP_QSTR_submit_xfer), SUBMIT_XFER.object()),
    entry(qstr!(MP_QSTR_active), ACTIVE.object()),
    entry(qstr!(MP_QSTR_stall), STALL.object()),
    entry(qstr!(MP_QSTR_remote_wakeup), REMOTE_WAKEUP.object()),
    entry(qstr!(MP_QSTR_BUILTIN_NONE), builtin::BUILTIN_NONE),
    entry(qstr!(MP_QSTR_BUILTIN_DEFAULT), builtin::BUILTIN_DEFAULT),
    entry(BUILTIN_NAME, builtin::BUILTIN_DEFAULT),
    entry(qstr!(MP_QSTR_XFER_SUCCESS), Obj::small_int(Outcome::Success as isize)),
    entry(qstr!(MP_QSTR_XFER_FAILED), Obj::small_int(Outcome::Failed as isize)),
    entry(qstr!(MP_QSTR_XFER_STALLED), Obj::small_int(Outcome::Stalled as isize)),
]);
static LOCALS: Dict = Dict::of(&LOCALS_TABLE);

/// The class, under the name by which upstream's machine module refers to it.
// SAFETY: no other object of the firmware has this name: upstream's file is left out of the build.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static machine_usb_device_type: Rom<Type<3>> = Rom::type_of(
    qstr!(MP_QSTR_USBDevice),
    ffi::MP_TYPE_FLAG_NONE,
    Slots {
        make_new: Some(make_new_slot!(object::make_new)),
        attr: Some(attr_slot!(qstr!(MP_QSTR_builtin_driver), load_driver, store_driver)),
        locals: Some(&LOCALS),
        ..Slots::NONE
    },
);

/// `builtin_driver`; everything else is in the table.
fn load_driver(receiver: Obj) -> Result<Obj> {
    Ok(UsbDevice::of(receiver).builtin_driver.get())
}

fn store_driver(receiver: Obj, value: Obj) -> Result<()> {
    let device = UsbDevice::of(receiver);
    builtin::check_driver(value);
    if device.active.get() {
        raise_invalid();
    }
    device.builtin_driver.set(value);
    Ok(())
}
