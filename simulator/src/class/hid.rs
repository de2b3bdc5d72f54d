//! Report descriptors (HID 1.11 section 6.2.2), read far enough to know where everything is in the input reports.

use thiserror::Error;

/// Usage page of keyboards and keypads (HID Usage Tables, section 10).
pub const PAGE_KEYBOARD: u16 = 0x07;

/// A report descriptor that breaks a rule, or does not describe what is needed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("HID report descriptor, byte {offset}: {rule}")]
pub struct ReportError {
    /// Offset of the item.
    pub offset: usize,
    /// What was found and what was expected.
    pub rule: String,
}

/// Some fields of an input report that lie side by side and have the same shape (one Input item).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Report ID, if the descriptor uses them: then the first byte of the report.
    pub report_id: Option<u8>,
    /// First bit, not counting the report ID.
    pub bit: usize,
    /// Bits of one.
    pub size: usize,
    /// How many.
    pub count: usize,
    /// Padding.
    pub constant: bool,
    /// One control each (bit maps), as against an array of indices.
    pub variable: bool,
    /// Says how far something went, as against where it is.
    pub relative: bool,
    /// Smallest value; of an array: the value that means the first usage.
    pub logical_minimum: i32,
    /// Largest value.
    pub logical_maximum: i32,
    /// Usage page and usage in order.
    pub usages: Vec<(u16, u16)>,
}

impl Field {
    /// The raw value of number `index` in a report without its ID.
    pub fn value(&self, report: &[u8], index: usize) -> u32 {
        let first = self.bit + index * self.size;
        (0..self.size.min(32)).fold(0, |value, bit| {
            let at = first + bit;
            let set = report.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
            value | u32::from(set) << bit
        })
    }

    /// The usage of number `index`, or the last one, which serves for the rest (HID 1.11 section 6.2.2.8).
    pub fn usage(&self, index: usize) -> Option<(u16, u16)> {
        self.usages.get(index).or(self.usages.last()).copied()
    }
}

/// A report descriptor, input side.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReportDescriptor {
    /// Input fields in order.
    pub inputs: Vec<Field>,
    /// Usage page and usage of each top-level collection.
    pub applications: Vec<(u16, u16)>,
}

#[derive(Clone, Default)]
struct Globals {
    page: u16,
    logical_minimum: i32,
    logical_maximum: i32,
    size: usize,
    count: usize,
    report_id: Option<u8>,
}

#[derive(Default)]
struct Locals {
    usages: Vec<(u16, u16)>,
    minimum: Option<(u16, u16)>,
}

#[derive(Default)]
struct Parser {
    result: ReportDescriptor,
    globals: Globals,
    stack: Vec<Globals>,
    locals: Locals,
    depth: usize,
    /// Bits of each report ID so far.
    bits: Vec<(Option<u8>, usize)>,
}

/// No report is longer than this many bits: an interrupt transfer of 4 KiB, far more than any keyboard has.
const LARGEST_REPORT: usize = 4096 * 8;

fn broken<T>(offset: usize, rule: impl Into<String>) -> Result<T, ReportError> {
    Err(ReportError { offset, rule: rule.into() })
}

impl ReportDescriptor {
    /// Reads it.
    ///
    /// # Errors
    /// [`ReportError`] with the byte and the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        let mut parser = Parser::default();
        let mut at = 0;
        while at < bytes.len() {
            let prefix = bytes[at];
            if prefix == 0xfe {
                // A long item: its second byte is its data length; nothing in use has one.
                at += 3 + usize::from(bytes.get(at + 1).copied().unwrap_or(0));
                continue;
            }
            let length = [0, 1, 2, 4][usize::from(prefix & 3)];
            let Some(data) = bytes.get(at + 1..at + 1 + length) else {
                return broken(
                    at,
                    format!("item 0x{prefix:02x} needs {length} data bytes, {} are left", bytes.len() - at - 1),
                );
            };
            parser.item(at, prefix, data)?;
            at += 1 + length;
        }
        if parser.depth != 0 {
            return broken(bytes.len(), format!("{} collections are not closed", parser.depth));
        }
        if parser.result.applications.is_empty() {
            return broken(0, "no application collection");
        }
        for (id, bits) in &parser.bits {
            if bits % 8 != 0 {
                let which = id.map_or_else(String::new, |id| format!(" {id}"));
                return broken(bytes.len(), format!("input report{which} has {bits} bits, expected whole bytes"));
            }
        }
        Ok(parser.result)
    }

    /// Length in bytes of the input report with this ID (or without one), its ID byte included; `None` if there is
    /// none.
    pub fn input_length(&self, report_id: Option<u8>) -> Option<usize> {
        let of_id = self.inputs.iter().filter(|field| field.report_id == report_id);
        let bits = of_id.map(|field| field.bit + field.size * field.count).max()?;
        Some(bits.div_ceil(8) + usize::from(report_id.is_some()))
    }

    /// The longest input report, its ID byte included.
    pub fn longest_input(&self) -> usize {
        self.inputs.iter().filter_map(|field| self.input_length(field.report_id)).max().unwrap_or(0)
    }

    /// The ID of an input report, if there are IDs, and what follows it.
    ///
    /// # Errors
    /// With the reason, when the descriptor has no report of that ID or length.
    pub fn split<'a>(&self, report: &'a [u8]) -> Result<(Option<u8>, &'a [u8]), String> {
        let (id, body) = match report.split_first() {
            Some((id, body)) if self.has_report_ids() => (Some(*id), body),
            _ => (None, report),
        };
        let Some(length) = self.input_length(id) else {
            return Err(match id {
                Some(id) => format!("an input report with ID {id}, which the report descriptor does not have"),
                None => "an empty input report".to_owned(),
            });
        };
        if report.len() != length {
            return Err(format!("an input report of {} bytes, the report descriptor says {length}", report.len()));
        }
        Ok((id, body))
    }

    /// Whether reports begin with an ID.
    pub fn has_report_ids(&self) -> bool {
        self.inputs.iter().any(|field| field.report_id.is_some())
    }
}

fn unsigned(data: &[u8]) -> u32 {
    data.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn signed(data: &[u8]) -> i32 {
    match data {
        [a] => i32::from(*a as i8),
        [a, b] => i32::from(i16::from_le_bytes([*a, *b])),
        _ => unsigned(data) as i32,
    }
}

impl Parser {
    fn item(&mut self, at: usize, prefix: u8, data: &[u8]) -> Result<(), ReportError> {
        match prefix & 0xfc {
            0x80 => self.input(at, unsigned(data))?,
            // Output and Feature: not looked at, but their usages are used up.
            0x90 | 0xb0 => {}
            0xa0 => {
                if self.depth == 0 {
                    self.result.applications.push(self.locals.usages.first().copied().unwrap_or_default());
                }
                self.depth += 1;
            }
            0xc0 => {
                if self.depth == 0 {
                    return broken(at, "End Collection without Collection");
                }
                self.depth -= 1;
            }
            0x04 => self.globals.page = unsigned(data) as u16,
            0x14 => self.globals.logical_minimum = signed(data),
            0x24 => self.globals.logical_maximum = self.maximum(data),
            0x74 => self.globals.size = unsigned(data) as usize,
            0x84 => match unsigned(data) {
                id @ 1..=255 => self.globals.report_id = Some(id as u8),
                id => return broken(at, format!("Report ID {id}, expected 1 to 255")),
            },
            0x94 => self.globals.count = unsigned(data) as usize,
            0xa4 => self.stack.push(self.globals.clone()),
            0xb4 => match self.stack.pop() {
                Some(globals) => self.globals = globals,
                None => return broken(at, "Pop without Push"),
            },
            0x08 => {
                let usage = self.usage(data);
                self.locals.usages.push(usage);
            }
            0x18 => self.locals.minimum = Some(self.usage(data)),
            0x28 => self.usage_range(at, data)?,
            0x34 | 0x44 | 0x54 | 0x64 | 0x38 | 0x48 | 0x58 | 0x78 | 0x88 | 0x98 | 0xa8 => {}
            _ => return broken(at, format!("item 0x{prefix:02x} is reserved")),
        }
        if prefix & 0x0c == 0 {
            self.locals = Locals::default();
        }
        Ok(())
    }

    /// A maximum is signed only if its minimum is negative: descriptors in the field write 0xff for 255.
    fn maximum(&self, data: &[u8]) -> i32 {
        if self.globals.logical_minimum < 0 { signed(data) } else { unsigned(data) as i32 }
    }

    fn usage(&self, data: &[u8]) -> (u16, u16) {
        let value = unsigned(data);
        if data.len() == 4 { ((value >> 16) as u16, value as u16) } else { (self.globals.page, value as u16) }
    }

    fn usage_range(&mut self, at: usize, data: &[u8]) -> Result<(), ReportError> {
        let (page, last) = self.usage(data);
        let Some((_, first)) = self.locals.minimum.take() else {
            return broken(at, "Usage Maximum without Usage Minimum");
        };
        if first > last {
            return broken(at, format!("Usage Maximum 0x{last:02x} is below Usage Minimum 0x{first:02x}"));
        }
        self.locals.usages.extend((first..=last).map(|usage| (page, usage)));
        Ok(())
    }

    fn input(&mut self, at: usize, flags: u32) -> Result<(), ReportError> {
        let Globals { size, count, report_id, logical_minimum, logical_maximum, .. } = self.globals;
        if self.depth == 0 {
            return broken(at, "Input outside of a collection");
        }
        if size == 0 || count == 0 {
            return broken(at, format!("Input with Report Size {size} and Report Count {count}, expected 1 at least"));
        }
        if logical_minimum > logical_maximum {
            return broken(at, format!("Input with Logical Minimum {logical_minimum} above Maximum {logical_maximum}"));
        }
        let index = self.bits.iter().position(|(id, _)| *id == report_id).unwrap_or_else(|| {
            self.bits.push((report_id, 0));
            self.bits.len() - 1
        });
        let bit = self.bits[index].1;
        let end = size.checked_mul(count).and_then(|bits| bits.checked_add(bit)).filter(|end| *end <= LARGEST_REPORT);
        let Some(end) = end else {
            return broken(at, format!("Input with Report Size {size} and Report Count {count}: too long"));
        };
        self.bits[index].1 = end;
        let usages = std::mem::take(&mut self.locals.usages);
        self.result.inputs.push(Field {
            report_id,
            bit,
            size,
            count,
            constant: flags & 1 != 0,
            variable: flags & 2 != 0,
            relative: flags & 4 != 0,
            logical_minimum,
            logical_maximum,
            usages,
        });
        Ok(())
    }
}

/// Which keys (usages of [`PAGE_KEYBOARD`]) are down in an input report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyMap {
    descriptor: ReportDescriptor,
}

impl KeyMap {
    /// # Errors
    /// When the descriptor has no keys.
    pub fn new(descriptor: ReportDescriptor) -> Result<Self, ReportError> {
        let is_key = |(page, usage): &(u16, u16)| *page == PAGE_KEYBOARD && (0x04..0xe0).contains(usage);
        let has_keys = descriptor.inputs.iter().any(|field| !field.constant && field.usages.iter().any(is_key));
        if !has_keys {
            return broken(0, "no input field has keys (usage page 0x07, usages from 0x04 on)");
        }
        Ok(Self { descriptor })
    }

    /// The report descriptor.
    pub const fn descriptor(&self) -> &ReportDescriptor {
        &self.descriptor
    }

    /// Usages of the keys that are down, in the order of the report. `None`: the report is not about keys, or the
    /// keyboard reports that too many are down.
    ///
    /// # Errors
    /// With the lengths, when the report is not as long as the descriptor says.
    pub fn keys(&self, report: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let (id, body) = self.descriptor.split(report)?;
        let mut down = Vec::new();
        let mut about_keys = false;
        for field in self.descriptor.inputs.iter().filter(|field| field.report_id == id && !field.constant) {
            if !field.usages.iter().any(|(page, _)| *page == PAGE_KEYBOARD) {
                continue;
            }
            about_keys = true;
            for index in 0..field.count {
                let value = field.value(body, index);
                let usage = if field.variable {
                    field.usage(index).filter(|_| value != 0)
                } else {
                    let place = i64::from(value) - i64::from(field.logical_minimum);
                    usize::try_from(place).ok().and_then(|place| field.usages.get(place).copied())
                };
                match usage {
                    Some((PAGE_KEYBOARD, 1..=3)) => return Ok(None),
                    Some((PAGE_KEYBOARD, usage)) if usage > 3 && usage < 0x100 => down.push(usage as u8),
                    _ => {}
                }
            }
        }
        Ok(about_keys.then_some(down))
    }
}

#[cfg(test)]
#[path = "hid_tests.rs"]
pub(crate) mod tests;
