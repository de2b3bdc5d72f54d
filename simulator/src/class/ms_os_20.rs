//! Microsoft OS 2.0 descriptor sets in words, after the specification of that name.

use crate::host::HostError;

/// wDescriptorType (table 9).
const SET_HEADER: u16 = 0;
const CONFIGURATION_SUBSET: u16 = 1;
const FUNCTION_SUBSET: u16 = 2;
const COMPATIBLE_ID: u16 = 3;
const REGISTRY_PROPERTY: u16 = 4;
/// wPropertyDataType of a text and of a list of texts (table 15).
const REG_SZ: u16 = 1;
const REG_MULTI_SZ: u16 = 7;

fn broken<T>(offset: usize, rule: impl std::fmt::Display) -> Result<T, HostError> {
    Err(HostError::Unsuitable(format!("MS OS 2.0 descriptor set, byte {offset}: {rule}")))
}

fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes.get(at).copied().unwrap_or(0), bytes.get(at + 1).copied().unwrap_or(0)])
}

fn utf16(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16_lossy(&units)
}

/// What a set says, a line for each descriptor, indented as they are nested.
///
/// # Errors
/// [`HostError::Unsuitable`] with the byte and the rule that is broken.
pub fn words(set: &[u8]) -> Result<Vec<String>, HostError> {
    let mut lines = Vec::new();
    // Where the open headers' ranges end, from the outermost on.
    let mut ends: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < set.len() {
        while ends.last().is_some_and(|end| at >= *end) {
            ends.pop();
        }
        let (length, kind) = (usize::from(word(set, at)), word(set, at + 2));
        let Some(one) = set.get(at..at + length).filter(|one| one.len() >= 4) else {
            return broken(at, format!("wLength is {length}, {} bytes are left", set.len() - at));
        };
        if ends.last().is_some_and(|end| at + length > *end) {
            return broken(at, "the descriptor is longer than the subset that it is in");
        }
        let indent = "  ".repeat(ends.len());
        let text = match kind {
            SET_HEADER if at == 0 => {
                expect_length(at, length, 10)?;
                ends.push(range(set, at, word(one, 8))?);
                "descriptor set".to_owned()
            }
            _ if at == 0 => {
                return broken(0, format!("wDescriptorType is {kind}, expected {SET_HEADER}: the set's header"));
            }
            CONFIGURATION_SUBSET if ends.len() == 1 => {
                expect_length(at, length, 8)?;
                ends.push(range(set, at, word(one, 6))?);
                format!("configuration {}:", one[4])
            }
            FUNCTION_SUBSET if ends.len() == 2 => {
                expect_length(at, length, 8)?;
                ends.push(range(set, at, word(one, 6))?);
                format!("function from interface {} on:", one[4])
            }
            SET_HEADER..=FUNCTION_SUBSET => return broken(at, format!("a header of type {kind} in this place")),
            COMPATIBLE_ID => {
                expect_length(at, length, 20)?;
                let id = |range: std::ops::Range<usize>| {
                    String::from_utf8_lossy(&one[range]).trim_end_matches('\0').to_owned()
                };
                match id(12..20).as_str() {
                    "" => format!("compatible ID {}", id(4..12)),
                    sub => format!("compatible ID {}, {sub}", id(4..12)),
                }
            }
            REGISTRY_PROPERTY => property(one, at)?,
            other => format!("descriptor of type {other}, {length} bytes"),
        };
        lines.push(format!("{indent}{text}"));
        at += length;
    }
    Ok(lines)
}

fn expect_length(at: usize, length: usize, expected: usize) -> Result<(), HostError> {
    if length == expected { Ok(()) } else { broken(at, format!("wLength is {length}, expected {expected}")) }
}

/// Where a header's range ends.
fn range(set: &[u8], at: usize, total: u16) -> Result<usize, HostError> {
    let end = at + usize::from(total);
    if at == 0 && end != set.len() {
        return broken(8, format!("wTotalLength is {total}, the set has {} bytes", set.len()));
    }
    if end > set.len() || total < 8 {
        return broken(at + 6, format!("a subset of {total} bytes, {} are left", set.len() - at));
    }
    Ok(end)
}

fn property(one: &[u8], at: usize) -> Result<String, HostError> {
    let kind = word(one, 4);
    let name_length = usize::from(word(one, 6));
    let name = one.get(8..8 + name_length);
    let value_length = usize::from(word(one, 8 + name_length));
    let value = one.get(10 + name_length..10 + name_length + value_length);
    let (Some(name), Some(value)) = (name, value) else {
        return broken(at, "the property's name and data are longer than the descriptor");
    };
    if 10 + name_length + value_length != one.len() {
        return broken(at, "the property's name and data are shorter than the descriptor");
    }
    let name = utf16(name);
    let Some(name) = name.strip_suffix('\0') else {
        return broken(at + 8, format!("the property name {name:?} does not end in a NUL"));
    };
    let value = match kind {
        REG_SZ | REG_MULTI_SZ => {
            let text = utf16(value);
            let end = if kind == REG_SZ { "\0" } else { "\0\0" };
            let Some(text) = text.strip_suffix(end) else {
                return broken(at, format!("the data of property {name} do not end in {}", end.escape_default()));
            };
            text.split('\0').collect::<Vec<_>>().join(", ")
        }
        _ => format!("{value:02x?}"),
    };
    Ok(format!("registry property {name}: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn set() -> Vec<u8> {
        let (name, value) = (wide("Ids\0"), wide("{a}\0{b}\0\0"));
        let [n, v] = [name.len() as u8, value.len() as u8];
        let property = [&[10 + n + v, 0, 4, 0, 7, 0, n, 0][..], &name, &[v, 0], &value].concat();
        let function =
            [&[8, 0, 2, 0, 2, 0, 8 + 20 + 10 + n + v, 0][..], b"\x14\0\x03\0WINUSB\0\0SUB\0\0\0\0\0", &property];
        let function = function.concat();
        let configuration = [&[8, 0, 1, 0, 0, 0, 8 + function.len() as u8, 0][..], &function].concat();
        [&[10, 0, 0, 0, 0, 0, 3, 6, 10 + configuration.len() as u8, 0][..], &configuration].concat()
    }

    fn rule(set: &[u8]) -> String {
        words(set).map_or_else(|error| error.to_string(), |lines| lines.join("\n"))
    }

    #[test]
    fn a_nested_set_in_words() {
        let expected = [
            "descriptor set",
            "  configuration 0:",
            "    function from interface 2 on:",
            "      compatible ID WINUSB, SUB",
            "      registry property Ids: {a}, {b}",
        ];
        assert_eq!(words(&set()), Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = set();
        assert!(rule(&good[..good.len() - 1]).contains("wTotalLength is"));
        assert!(rule(&good[10..]).contains("byte 0: wDescriptorType is 1, expected 0"));
        let changed = |at: usize, value: u8| {
            let mut set = set();
            set[at] = value;
            rule(&set)
        };
        assert!(changed(16, 200).contains("byte 16: a subset of 200 bytes"));
        assert!(changed(26, 19).contains("byte 26: wLength is 19, expected 20"));
        assert!(changed(46, 0).contains("byte 46: wLength is 0"));
        assert!(changed(52, 200).contains("longer than the descriptor"));
        assert!(changed(52, 6).contains("shorter than the descriptor"));
        assert!(changed(20, 1).contains("byte 18: a header of type 1 in this place"));
    }

    #[test]
    fn no_prefix_and_no_changed_byte_makes_it_panic() {
        let good = set();
        for at in 0..good.len() {
            let _ = words(&good[..at]);
            for value in [0, 1, 4, 8, 0x7f, 0xff] {
                let mut changed = good.clone();
                changed[at] = value;
                let _ = words(&changed);
            }
        }
    }
}
