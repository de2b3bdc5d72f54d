//! The built-in device: what a board shows to the host without any Python.
//!
//! Its descriptors are byte for byte those of upstream's firmware, for the settings that the port was built with.

use usb_stack::application::BuiltinInterfaces;

use crate::ffi;
use crate::python::boundary::raise_type;
use crate::python::obj::Obj;
use crate::python::qstr::qstr;
use crate::python::rom::{Bytes, Dict, Rom, Slots, Table, Type, entry};

/// The serial port is compiled in.
pub const HAS_CDC: bool = ffi::USBDEVICE_HAS_CDC != 0;
/// Mass storage is compiled in.
pub const HAS_MSC: bool = ffi::USBDEVICE_HAS_MSC != 0;
/// There is a built-in device at all.
pub const EXISTS: bool = HAS_CDC || HAS_MSC;

/// One more than the highest bInterfaceNumber.
pub const INTERFACE_MAX: BuiltinInterfaces = SERIAL_INTERFACES + HAS_MSC as u8;
/// The first of them: those of the serial port, which is served in the interrupt. Mass storage is served in the task.
pub const SERIAL_INTERFACES: BuiltinInterfaces = 2 * HAS_CDC as u8;
/// One more than the highest endpoint number.
const ENDPOINT_MAX: u8 = if EXISTS { 1 + 2 * HAS_CDC as u8 + HAS_MSC as u8 } else { 0 };
/// One more than the highest string index. The string of mass storage is number 5 whether there is a serial port or not.
const STRING_MAX: u8 = if HAS_MSC {
    6
} else if HAS_CDC {
    5
} else {
    0
};

/// The device descriptor: USB 2.0, class EF/02/01 (interfaces grouped by associations), endpoint 0 of 64 bytes, release
/// 1.00, strings 1 to 3, one configuration.
pub static DEVICE: [u8; 18] = {
    let vendor = (ffi::USBDEVICE_VENDOR_ID as u16).to_le_bytes();
    let product = (ffi::USBDEVICE_PRODUCT_ID as u16).to_le_bytes();
    [18, 0x01, 0x00, 0x02, 0xEF, 0x02, 0x01, 64, vendor[0], vendor[1], product[0], product[1], 0x00, 0x01, 1, 2, 3, 1]
};

/// A communications device (CDC 1.2, ACM): association, control interface with its notification endpoint, data interface.
const CDC: [u8; 66] = [
    0x08, 0x0b, 0x00, 0x02, 0x02, 0x02, 0x00, 0x00, // interfaces 0 and 1 belong together
    0x09, 0x04, 0x00, 0x00, 0x01, 0x02, 0x02, 0x00, 0x04, // interface 0, string 4
    0x05, 0x24, 0x00, 0x20, 0x01, // header: CDC 1.20
    0x05, 0x24, 0x01, 0x00, 0x01, // call management on interface 1
    0x04, 0x24, 0x02, 0x06, // line coding, control line state, break
    0x05, 0x24, 0x06, 0x00, 0x01, // union of interfaces 0 and 1
    0x07, 0x05, 0x81, 0x03, 0x08, 0x00, 0x10, // notifications: 8 bytes each 16 ms
    0x09, 0x04, 0x01, 0x00, 0x02, 0x0a, 0x00, 0x00, 0x00, // interface 1
    0x07, 0x05, 0x02, 0x02, 0x40, 0x00, 0x00, // from the host
    0x07, 0x05, 0x82, 0x02, 0x40, 0x00, 0x00, // to the host
];

/// Mass storage, bulk only, SCSI; it follows the serial port if there is one.
const MSC: [u8; 23] = {
    let interface = if HAS_CDC { 2 } else { 0 };
    let endpoint = if HAS_CDC { 3 } else { 1 };
    [
        0x09,
        0x04,
        interface,
        0x00,
        0x02,
        0x08,
        0x06,
        0x50,
        0x05, // string 5
        0x07,
        0x05,
        endpoint,
        0x02,
        0x40,
        0x00,
        0x00, // from the host
        0x07,
        0x05,
        0x80 | endpoint,
        0x02,
        0x40,
        0x00,
        0x00, // to the host
    ]
};

const HEADER_LEN: usize = 9;
const CONFIGURATION_LEN: usize = HEADER_LEN + if HAS_CDC { CDC.len() } else { 0 } + if HAS_MSC { MSC.len() } else { 0 };

/// The configuration descriptor with all that belongs to it: bus powered, 250 mA.
pub static CONFIGURATION: [u8; CONFIGURATION_LEN] = {
    let header = [0x09, 0x02, CONFIGURATION_LEN as u8, 0, INTERFACE_MAX, 0x01, 0x00, 0x80, 125];
    let bytes = append([0; CONFIGURATION_LEN], 0, &header);
    let bytes = if HAS_CDC { append(bytes, HEADER_LEN, &CDC) } else { bytes };
    if HAS_MSC { append(bytes, CONFIGURATION_LEN - MSC.len(), &MSC) } else { bytes }
};

/// Puts `part` into `bytes`; at compile time only.
const fn append<const N: usize>(mut bytes: [u8; N], at: usize, part: &[u8]) -> [u8; N] {
    let mut i = 0;
    while i < part.len() {
        bytes[at + i] = part[i];
        i += 1;
    }
    bytes
}

// ---- The constants BUILTIN_... of the Python class: classes whose attributes are the facts above ----

static DESC_DEV: Bytes = Bytes::of(&DEVICE);
static DESC_CFG: Bytes = Bytes::of(&CONFIGURATION);
static NO_DESC_CFG: Bytes = Bytes::of(&[]);

static DEFAULT_TABLE: Table<5> = Rom::new([
    entry(qstr!(MP_QSTR_itf_max), Obj::small_int(INTERFACE_MAX as isize)),
    entry(qstr!(MP_QSTR_ep_max), Obj::small_int(ENDPOINT_MAX as isize)),
    entry(qstr!(MP_QSTR_str_max), Obj::small_int(STRING_MAX as isize)),
    entry(qstr!(MP_QSTR_desc_dev), DESC_DEV.object()),
    entry(qstr!(MP_QSTR_desc_cfg), DESC_CFG.object()),
]);
static DEFAULT_DICT: Dict = Dict::of(&DEFAULT_TABLE);
static DEFAULT: Rom<Type<1>> = Rom::type_of(
    qstr!(MP_QSTR_BUILTIN_DEFAULT),
    ffi::MP_TYPE_FLAG_NONE,
    Slots { locals: Some(&DEFAULT_DICT), ..Slots::NONE },
);

static NONE_TABLE: Table<5> = Rom::new([
    entry(qstr!(MP_QSTR_itf_max), Obj::small_int(0)),
    entry(qstr!(MP_QSTR_ep_max), Obj::small_int(0)),
    entry(qstr!(MP_QSTR_str_max), Obj::small_int(1)),
    entry(qstr!(MP_QSTR_desc_dev), DESC_DEV.object()),
    entry(qstr!(MP_QSTR_desc_cfg), NO_DESC_CFG.object()),
]);
static NONE_DICT: Dict = Dict::of(&NONE_TABLE);
static NONE: Rom<Type<1>> = Rom::type_of(
    qstr!(MP_QSTR_BUILTIN_NONE),
    ffi::MP_TYPE_FLAG_NONE,
    Slots { locals: Some(&NONE_DICT), ..Slots::NONE },
);

/// `USBDevice.BUILTIN_NONE`
pub const BUILTIN_NONE: Obj = NONE.object();
/// `USBDevice.BUILTIN_DEFAULT`: without built-in drivers the same object as `BUILTIN_NONE`.
pub const BUILTIN_DEFAULT: Obj = if EXISTS { DEFAULT.object() } else { BUILTIN_NONE };

/// What `builtin_driver` may be set to. **Raises over its caller** TypeError for anything but the constants.
pub fn check_driver(value: Obj) {
    if value != BUILTIN_NONE && value != BUILTIN_DEFAULT {
        raise_type(c"BUILTIN_ constant required");
    }
}
