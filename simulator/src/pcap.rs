//! Records URBs in a classic pcap file that Wireshark opens: LINKTYPE_USB_LINUX_MMAPPED (220), each packet with the
//! 64-byte header of Linux's usbmon, one at submission and one at completion. Time stamps are bus time, from the epoch
//! on.

use std::io::{self, Write};

use crate::bus::urb::{Completion, TransferType, Urb, UrbId};
use crate::time::BusTime;

const LINKTYPE_USB_LINUX_MMAPPED: u32 = 220;
const SNAPLEN: u32 = 0x4_0000;
/// Linux's EINPROGRESS, the status of a URB that was just submitted.
const IN_PROGRESS: i32 = -115;
/// Linux's EXDEV, the status of an isochronous packet that did not come.
const ISO_MISSED: i32 = -18;

/// Writes a pcap file.
pub struct PcapWriter {
    out: Box<dyn Write>,
}

/// What differs between the records of one URB.
struct Event<'a> {
    at: BusTime,
    id: UrbId,
    letter: u8,
    status: i32,
    length: usize,
    data: Option<&'a [u8]>,
    /// Status, offset and length of each isochronous packet.
    packets: Vec<(i32, usize, usize)>,
}

impl PcapWriter {
    /// Begins a file in `out`, which should be buffered.
    ///
    /// # Errors
    /// As `out` reports.
    pub fn new(mut out: Box<dyn Write>) -> io::Result<Self> {
        let mut head = Vec::with_capacity(24);
        head.extend(0xa1b2_c3d4u32.to_le_bytes());
        head.extend(2u16.to_le_bytes());
        head.extend(4u16.to_le_bytes());
        head.extend([0; 8]);
        head.extend(SNAPLEN.to_le_bytes());
        head.extend(LINKTYPE_USB_LINUX_MMAPPED.to_le_bytes());
        out.write_all(&head)?;
        Ok(Self { out })
    }

    pub(crate) fn submit(&mut self, at: BusTime, id: UrbId, urb: &Urb) -> io::Result<()> {
        let data = (!urb.is_in()).then_some(urb.data.as_slice());
        let mut offset = 0;
        let packets = urb.packets.iter().map(|length| {
            offset += length;
            (ISO_MISSED, offset - length, *length)
        });
        let packets = packets.collect();
        self.event(urb, &Event { at, id, letter: b'S', status: IN_PROGRESS, length: urb.length, data, packets })
    }

    pub(crate) fn complete(&mut self, urb: &Urb, completion: &Completion) -> io::Result<()> {
        let data = urb.is_in().then_some(completion.data.as_slice());
        let mut offset = 0;
        let packets = completion.packets.iter().zip(&urb.packets).map(|(packet, asked)| {
            let length = if urb.is_in() { packet.data.len() } else { *asked };
            offset += length;
            (if packet.ok { 0 } else { ISO_MISSED }, offset - length, length)
        });
        let event = Event {
            at: completion.at,
            id: completion.id,
            letter: b'C',
            status: completion.status.errno(),
            length: completion.actual,
            data,
            packets: packets.collect(),
        };
        self.event(urb, &event)
    }

    fn event(&mut self, urb: &Urb, event: &Event<'_>) -> io::Result<()> {
        let seconds = event.at.nanos() / 1_000_000_000;
        let micros = (event.at.nanos() / 1_000 % 1_000_000) as u32;
        let data = event.data.unwrap_or(&[]);
        let captured = 16 * event.packets.len() + data.len();
        let setup = urb.setup.filter(|_| event.letter == b'S');
        let transfer_type = match urb.transfer_type {
            TransferType::Isochronous => 0,
            TransferType::Interrupt => 1,
            TransferType::Control => 2,
            TransferType::Bulk => 3,
        };
        let mut packet = Vec::with_capacity(16 + 64 + captured);
        packet.extend((seconds as u32).to_le_bytes());
        packet.extend(micros.to_le_bytes());
        packet.extend([(64 + captured) as u32; 2].iter().flat_map(|length| length.to_le_bytes()));
        packet.extend(event.id.number().to_le_bytes());
        packet.extend([event.letter, transfer_type, urb.endpoint & 0x0f | if urb.is_in() { 0x80 } else { 0 }]);
        packet.push(urb.address);
        packet.extend(1u16.to_le_bytes());
        packet.push(if setup.is_some() { 0 } else { b'-' });
        packet.push(match event.data {
            Some(bytes) if !bytes.is_empty() => 0,
            _ if urb.is_in() => b'<',
            _ => b'>',
        });
        packet.extend(seconds.to_le_bytes());
        packet.extend(micros.to_le_bytes());
        packet.extend(event.status.to_le_bytes());
        packet.extend((event.length as u32).to_le_bytes());
        packet.extend((captured as u32).to_le_bytes());
        if urb.transfer_type == TransferType::Isochronous {
            let bad = event.packets.iter().filter(|packet| event.letter == b'C' && packet.0 != 0).count();
            packet.extend((bad as u32).to_le_bytes());
            packet.extend((event.packets.len() as u32).to_le_bytes());
        } else {
            packet.extend(setup.unwrap_or_default());
        }
        let interval = if matches!(transfer_type, 0 | 1) { urb.interval as u32 } else { 0 };
        packet.extend(interval.to_le_bytes());
        packet.extend([0; 8]);
        packet.extend((event.packets.len() as u32).to_le_bytes());
        for (status, offset, length) in &event.packets {
            packet.extend(status.to_le_bytes());
            packet.extend((*offset as u32).to_le_bytes());
            packet.extend((*length as u32).to_le_bytes());
            packet.extend([0; 4]);
        }
        packet.extend(data);
        self.out.write_all(&packet)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
