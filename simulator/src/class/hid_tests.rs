use super::*;

/// The keyboard of HID 1.11 appendix B.1, without its LEDs.
pub(crate) const KEYBOARD: [u8; 45] = [
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, // generic desktop, keyboard, application
    0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, // modifiers
    0x95, 0x01, 0x75, 0x08, 0x81, 0x01, // reserved byte
    0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, // keys
    0xc0, 0x05, 0x01, // end; a trailing Usage Page changes nothing
];

fn map() -> KeyMap {
    KeyMap::new(ReportDescriptor::parse(&KEYBOARD).unwrap()).unwrap()
}

fn rule(bytes: &[u8]) -> String {
    ReportDescriptor::parse(bytes).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_boot_keyboard_has_modifiers_and_six_keys() {
    let map = map();
    assert_eq!(map.descriptor().longest_input(), 8);
    assert_eq!(map.keys(&[2, 0, 4, 5, 0, 0, 0, 0]), Ok(Some(vec![0xe1, 4, 5])));
    assert_eq!(map.keys(&[0; 8]), Ok(Some(vec![])));
}

#[test]
fn too_many_keys_at_once_are_no_keys() {
    assert_eq!(map().keys(&[0, 0, 1, 1, 1, 1, 1, 1]), Ok(None));
}

#[test]
fn a_report_of_another_length_is_an_error() {
    let error = map().keys(&[0; 7]).unwrap_err();
    assert_eq!(error, "an input report of 7 bytes, the report descriptor says 8");
}

#[test]
fn a_bit_map_keyboard_with_report_ids_is_read_too() {
    let bytes = [
        0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x85, 0x02, 0x05, 0x07, 0x19, 0x04, 0x29, 0x13, 0x15, 0x00, 0x25, 0x01,
        0x75, 0x01, 0x95, 0x10, 0x81, 0x02, 0xc0,
    ];
    let map = KeyMap::new(ReportDescriptor::parse(&bytes).unwrap()).unwrap();
    assert_eq!(map.keys(&[2, 0b101, 0x80]), Ok(Some(vec![4, 6, 0x13])));
    assert!(map.keys(&[3, 0, 0]).is_err());
}

#[test]
fn wrong_report_descriptors_are_errors_with_the_reason() {
    assert!(rule(&[]).contains("no application collection"));
    assert!(rule(&KEYBOARD[..42]).contains("1 collections are not closed"));
    assert!(rule(&KEYBOARD[..KEYBOARD.len() - 1]).contains("needs 1 data bytes, 0 are left"));
    assert!(rule(&[0xc0]).contains("End Collection without Collection"));
    let mut bits = KEYBOARD;
    bits[19] = 7;
    assert!(rule(&bits).contains("input report has 63 bits"), "{}", rule(&bits));
    let mut size = KEYBOARD;
    size[17] = 0;
    assert!(rule(&size).contains("byte 20: Input with Report Size 0"), "{}", rule(&size));
    let mouse = [
        0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x05, 0x09, 0x19, 1, 0x29, 8, 0x15, 0, 0x25, 1, 0x75, 1, 0x95, 8, 0x81, 2,
        0xc0,
    ];
    let error = KeyMap::new(ReportDescriptor::parse(&mouse).unwrap()).unwrap_err();
    assert!(error.to_string().contains("no input field has keys"));
}

#[test]
fn no_prefix_and_no_changed_byte_makes_the_parser_panic() {
    for length in 0..KEYBOARD.len() {
        let _ = ReportDescriptor::parse(&KEYBOARD[..length]).and_then(KeyMap::new);
        for value in [0, 1, 0x7f, 0x80, 0xfe, 0xff] {
            let mut changed = KEYBOARD;
            changed[length] = value;
            if let Ok(map) = ReportDescriptor::parse(&changed).and_then(KeyMap::new) {
                assert!(map.descriptor().longest_input() <= LARGEST_REPORT / 8 + 1);
                let _ = map.keys(&[0xff; 64]);
            }
        }
    }
}
