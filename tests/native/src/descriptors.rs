//! Descriptors for the devices under test (USB 2.0 section 9.6).

/// bmAttributes of endpoint descriptors.
pub const ISOCHRONOUS: u8 = 1;
/// See [`ISOCHRONOUS`].
pub const BULK: u8 = 2;
/// See [`ISOCHRONOUS`].
pub const INTERRUPT: u8 = 3;

/// A device descriptor with the given bMaxPacketSize0, three strings and one configuration; class by interface with IADs.
pub fn device(max_packet_size_0: u8) -> Vec<u8> {
    vec![18, 1, 0x00, 0x02, 0xef, 2, 1, max_packet_size_0, 0x34, 0x12, 0x78, 0x56, 0x00, 0x01, 1, 2, 3, 1]
}

/// Builds a configuration descriptor; wTotalLength and bNumInterfaces are filled in as it grows.
#[derive(Clone, Debug)]
pub struct Configuration(Vec<u8>);

impl Configuration {
    /// bConfigurationValue 1, self-powered and remote wakeup.
    #[expect(clippy::new_without_default, reason = "a configuration without interfaces is not a default of anything")]
    pub fn new() -> Self {
        Self(vec![9, 2, 9, 0, 0, 1, 0, 0xe0, 50])
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        let total = self.0.len() as u16;
        self.0[2..4].copy_from_slice(&total.to_le_bytes());
        self
    }

    /// An interface association of `count` interfaces from `first` on.
    #[must_use]
    pub fn association(self, first: u8, count: u8, class: u8) -> Self {
        self.raw(&[8, 11, first, count, class, 2, 0, 0])
    }

    /// An interface descriptor.
    #[must_use]
    pub fn interface(mut self, number: u8, alternate: u8, endpoints: u8, class: u8) -> Self {
        self.0[4] = self.0[4].max(number + 1);
        let sub_class = if class == 2 { 2 } else { 0 };
        self.raw(&[9, 4, number, alternate, endpoints, class, sub_class, 0, 0])
    }

    /// An endpoint descriptor with bInterval 1.
    #[must_use]
    pub fn endpoint(self, address: u8, attributes: u8, size: u16) -> Self {
        let [low, high] = size.to_le_bytes();
        self.raw(&[7, 5, address, attributes, low, high, 1])
    }

    /// The built-in serial port: interfaces 0 and 1, endpoints 0x81 (notifications), 0x02, 0x82.
    #[must_use]
    pub fn serial(self) -> Self {
        self.association(0, 2, 2)
            .interface(0, 0, 1, 2)
            .raw(&[5, 0x24, 0, 0x20, 1, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 6, 5, 0x24, 6, 0, 1])
            .endpoint(0x81, INTERRUPT, 8)
            .interface(1, 0, 2, 10)
            .endpoint(0x02, BULK, 64)
            .endpoint(0x82, BULK, 64)
    }

    /// The bytes.
    pub fn build(self) -> Vec<u8> {
        self.0
    }
}

/// One vendor interface 0 with an endpoint of every kind and direction: bulk 1, interrupt 2, isochronous 3.
pub fn vendor() -> Vec<u8> {
    Configuration::new()
        .interface(0, 0, 6, 0xff)
        .endpoint(0x01, BULK, 64)
        .endpoint(0x81, BULK, 64)
        .endpoint(0x02, INTERRUPT, 64)
        .endpoint(0x82, INTERRUPT, 8)
        .endpoint(0x03, ISOCHRONOUS, 192)
        .endpoint(0x83, ISOCHRONOUS, 192)
        .build()
}

/// The built-in serial port, and behind it vendor interface 2 with bulk 3 both ways.
pub fn serial_and_vendor() -> Vec<u8> {
    Configuration::new()
        .serial()
        .association(2, 1, 0xff)
        .interface(2, 0, 2, 0xff)
        .endpoint(0x03, BULK, 64)
        .endpoint(0x83, BULK, 64)
        .build()
}

/// The built-in serial port, and behind it the built-in mass storage on interface 2 with bulk 3 both ways.
pub fn serial_and_storage() -> Vec<u8> {
    Configuration::new().serial().interface(2, 0, 2, 8).endpoint(0x03, BULK, 64).endpoint(0x83, BULK, 64).build()
}

/// Vendor interface 0 with alternate 0 (no endpoints), 1 (bulk 1 both ways) and 2 (the same numbers, interrupt), and
/// vendor interface 1 with bulk 2 both ways.
pub fn alternates() -> Vec<u8> {
    Configuration::new()
        .interface(0, 0, 0, 0xff)
        .interface(0, 1, 2, 0xff)
        .endpoint(0x01, BULK, 64)
        .endpoint(0x81, BULK, 64)
        .interface(0, 2, 2, 0xff)
        .endpoint(0x01, INTERRUPT, 16)
        .endpoint(0x81, INTERRUPT, 16)
        .interface(1, 0, 2, 0xff)
        .endpoint(0x02, BULK, 32)
        .endpoint(0x82, BULK, 32)
        .build()
}
