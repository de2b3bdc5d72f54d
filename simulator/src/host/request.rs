//! Requests and their names.

/// A SETUP packet (USB 2.0 table 9-2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// bmRequestType.
    pub request_type: u8,
    /// bRequest.
    pub request: u8,
    /// wValue.
    pub value: u16,
    /// wIndex.
    pub index: u16,
    /// wLength.
    pub length: u16,
}

/// GET_DESCRIPTOR.
pub const GET_DESCRIPTOR: u8 = 6;
/// Descriptor types (USB 2.0 table 9-5, BOS from USB 3.2 table 9-6, HID from HID 1.11 section 7.1).
pub mod descriptor_type {
    /// DEVICE.
    pub const DEVICE: u8 = 1;
    /// CONFIGURATION.
    pub const CONFIGURATION: u8 = 2;
    /// STRING.
    pub const STRING: u8 = 3;
    /// INTERFACE.
    pub const INTERFACE: u8 = 4;
    /// ENDPOINT.
    pub const ENDPOINT: u8 = 5;
    /// INTERFACE ASSOCIATION.
    pub const ASSOCIATION: u8 = 11;
    /// BOS.
    pub const BOS: u8 = 15;
    /// HID.
    pub const HID: u8 = 0x21;
    /// HID report.
    pub const HID_REPORT: u8 = 0x22;
}

impl Request {
    /// From its five fields.
    pub const fn new(request_type: u8, request: u8, value: u16, index: u16, length: u16) -> Self {
        Self { request_type, request, value, index, length }
    }

    /// GET_DESCRIPTOR to the device.
    pub const fn get_descriptor(kind: u8, number: u8, language: u16, length: u16) -> Self {
        Self::new(0x80, GET_DESCRIPTOR, (kind as u16) << 8 | number as u16, language, length)
    }

    /// The eight bytes on the wire.
    pub const fn bytes(&self) -> [u8; 8] {
        let [v0, v1] = self.value.to_le_bytes();
        let [i0, i1] = self.index.to_le_bytes();
        let [l0, l1] = self.length.to_le_bytes();
        [self.request_type, self.request, v0, v1, i0, i1, l0, l1]
    }

    /// Its name as chapter 9 or the class specification writes it, with what it is about: `GET_DESCRIPTOR(device)`.
    pub fn name(&self) -> String {
        match self.request_type >> 5 & 3 {
            0 => self.standard_name(),
            1 => self.class_name(),
            2 => format!(
                "vendor request 0x{:02x} (wValue 0x{:04x}, wIndex 0x{:04x})",
                self.request, self.value, self.index
            ),
            _ => format!("request of reserved type, bmRequestType 0x{:02x}", self.request_type),
        }
    }

    fn recipient(&self) -> String {
        match self.request_type & 0x1f {
            0 => "device".to_owned(),
            1 => format!("interface {}", self.index & 0xff),
            2 => format!("endpoint 0x{:02x}", self.index & 0xff),
            _ => format!("recipient {}", self.request_type & 0x1f),
        }
    }

    fn standard_name(&self) -> String {
        let who = self.recipient();
        match self.request {
            0 => format!("GET_STATUS({who})"),
            1 => format!("CLEAR_FEATURE({}, {who})", self.feature()),
            3 => format!("SET_FEATURE({}, {who})", self.feature()),
            5 => format!("SET_ADDRESS({})", self.value),
            GET_DESCRIPTOR => format!("GET_DESCRIPTOR({})", self.descriptor_name()),
            7 => format!("SET_DESCRIPTOR({})", self.descriptor_name()),
            8 => "GET_CONFIGURATION".to_owned(),
            9 => format!("SET_CONFIGURATION({})", self.value),
            10 => format!("GET_INTERFACE({})", self.index),
            11 => format!("SET_INTERFACE(interface {}, alternate setting {})", self.index, self.value),
            12 => format!("SYNCH_FRAME({who})"),
            other => format!("standard request 0x{other:02x} ({who})"),
        }
    }

    fn feature(&self) -> String {
        match (self.value, self.request_type & 0x1f) {
            (0, 2) => "ENDPOINT_HALT".to_owned(),
            (1, 0) => "DEVICE_REMOTE_WAKEUP".to_owned(),
            (feature, _) => format!("feature {feature}"),
        }
    }

    fn descriptor_name(&self) -> String {
        let number = self.value & 0xff;
        match (self.value >> 8) as u8 {
            descriptor_type::DEVICE => "device".to_owned(),
            descriptor_type::CONFIGURATION => format!("configuration {number}"),
            descriptor_type::STRING if number == 0 => "string languages".to_owned(),
            descriptor_type::STRING => format!("string {number}"),
            6 => "device qualifier".to_owned(),
            descriptor_type::BOS => "BOS".to_owned(),
            descriptor_type::HID => format!("HID, interface {}", self.index),
            descriptor_type::HID_REPORT => format!("HID report, interface {}", self.index),
            other => format!("type 0x{other:02x}, number {number}"),
        }
    }

    fn class_name(&self) -> String {
        // HID 1.11 section 7.2, CDC PSTN 1.2 section 6.3 and Bulk-Only Transport section 3 do not share a number.
        let name = match (self.request_type & 0x80 != 0, self.request) {
            (true, 0x01) => "GET_REPORT",
            (true, 0x02) => "GET_IDLE",
            (true, 0x03) => "GET_PROTOCOL",
            (false, 0x09) => "SET_REPORT",
            (false, 0x0a) => "SET_IDLE",
            (false, 0x0b) => "SET_PROTOCOL",
            (false, 0x20) => "SET_LINE_CODING",
            (true, 0x21) => "GET_LINE_CODING",
            (false, 0x22) => "SET_CONTROL_LINE_STATE",
            (false, 0x23) => "SEND_BREAK",
            (true, 0xfe) => "GET_MAX_LUN",
            (false, 0xff) => "BULK_ONLY_RESET",
            (_, other) => return format!("class request 0x{other:02x} ({})", self.recipient()),
        };
        format!("{name}({})", self.recipient())
    }
}
