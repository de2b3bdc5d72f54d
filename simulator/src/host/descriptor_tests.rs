use super::*;

const DEVICE: [u8; 18] = [18, 1, 0, 2, 0, 0, 0, 64, 0x8a, 0x2e, 5, 0, 0, 1, 1, 2, 3, 1];
const KEYBOARD: [u8; 34] = [
    9, 2, 34, 0, 1, 1, 0, 0x80, 50, // configuration
    9, 4, 0, 0, 1, 3, 1, 1, 0, // interface
    9, 0x21, 0x11, 1, 0, 1, 0x22, 65, 0, // HID
    7, 5, 0x81, 3, 8, 0, 10, // endpoint
];

fn rule(result: Result<Configuration, DescriptorError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_device_descriptor_is_read_field_by_field() {
    let device = DeviceDescriptor::parse(&DEVICE).unwrap();
    assert_eq!((device.vendor, device.product, device.usb, device.max_packet0), (0x2e8a, 5, 0x0200, 64));
    assert_eq!(device.strings, [1, 2, 3]);
}

#[test]
fn device_descriptors_that_lie_are_refused_with_the_expectation() {
    let mut odd = DEVICE;
    odd[7] = 12;
    let error = DeviceDescriptor::parse(&odd).unwrap_err().to_string();
    assert_eq!(error, "device descriptor, byte 7: bMaxPacketSize0 is 12, expected 8, 16, 32 or 64");
    let error = DeviceDescriptor::parse(&DEVICE[..17]).unwrap_err().to_string();
    assert_eq!(error, "device descriptor, byte 17: 17 bytes came, 18 were expected");
}

#[test]
fn a_configuration_is_read_with_its_class_descriptors() {
    let configuration = Configuration::parse(&KEYBOARD).unwrap();
    let interface = configuration.setting(0, 0).unwrap();
    assert_eq!(interface.endpoints[0].address, 0x81);
    assert_eq!(interface.endpoints[0].interval(), 10);
    assert_eq!(configuration.extras(interface).next().unwrap()[1], 0x21);
    assert_eq!(configuration.milliamps, 100);
    assert!(configuration.warnings.is_empty());
}

#[test]
fn configurations_that_lie_are_refused_with_the_expectation() {
    let mut total = KEYBOARD;
    total[2] = 40;
    assert_eq!(
        rule(Configuration::parse(&total)),
        "configuration descriptor, byte 2: wTotalLength is 40, but 34 bytes came"
    );
    let mut zero = KEYBOARD;
    zero[18] = 0;
    assert!(rule(Configuration::parse(&zero)).contains("byte 18: bLength is 0"));
    let mut past = KEYBOARD;
    past[27] = 9;
    assert!(rule(Configuration::parse(&past)).contains("byte 27: bLength is 9, expected 2 to 7"));
    let mut endpoint = KEYBOARD;
    endpoint[29] = 0x80;
    assert!(rule(Configuration::parse(&endpoint)).contains("bEndpointAddress is 0x80"));
    let mut size = KEYBOARD;
    size[31] = 65;
    assert!(rule(Configuration::parse(&size)).contains("wMaxPacketSize is 65"));
}

#[test]
fn no_prefix_of_a_configuration_is_read_beyond_its_end() {
    for length in 0..KEYBOARD.len() {
        let mut cut = KEYBOARD[..length].to_vec();
        assert!(Configuration::parse(&cut).is_err());
        if length > 9 {
            cut[2] = length as u8;
            // A cut between two descriptors is a smaller configuration; anywhere else it is a lie.
            let whole = matches!(length, 18 | 27);
            assert_eq!(Configuration::parse(&cut).is_ok(), whole, "{length}");
        }
    }
}

#[test]
fn wrong_counts_are_remarked_on_only() {
    let mut count = KEYBOARD;
    count[4] = 2;
    count[13] = 2;
    let configuration = Configuration::parse(&count).unwrap();
    assert_eq!(configuration.warnings.len(), 2, "{:?}", configuration.warnings);
}

#[test]
fn strings_are_utf16_with_a_true_length() {
    assert_eq!(string(1, &[6, 3, b'h', 0, b'i', 0]).unwrap(), "hi");
    assert!(string(1, &[8, 3, b'h', 0, b'i', 0]).is_err());
    assert!(string(1, &[4, 3, 0, 0xd8]).is_err());
    assert_eq!(languages(&[4, 3, 9, 4]).unwrap(), vec![0x0409]);
    assert!(languages(&[2, 3]).is_err());
}
