//! Clients that lie: both parsers and both sessions are given bytes that may be anything. Nothing may panic, nothing may grow
//! without bound, and the next client finds the device as if nobody had been there.
//!
//! PROPTEST_CASES sets how many cases there are of each property; `make soak` has thousands.

#[path = "remote/device.rs"]
mod device;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use device::{DEVICE, scripted};
use proptest::collection::vec;
use proptest::prelude::*;
use usb_simulator::bus::Bus;
use usb_simulator::scripted::Scripted;
use usb_simulator::station::server::{ClientId, Session, Trouble};
use usb_simulator::station::{News, Pace, Station};
use usb_simulator::usbip::UsbipSession;
use usb_simulator::usbip::message::Decoder as UsbipDecoder;
use usb_simulator::usbredir::RedirSession;
use usb_simulator::usbredir::message::Decoder as RedirDecoder;

/// What a message of a few hundred bytes may lead to in the output: some answers, each of a transfer's length at most.
const MOST_OUTPUT: usize = 8 << 20;

/// A station with a device that is ready, on a clock that does not make the test wait.
struct Bench {
    station: Station,
    device: Rc<RefCell<Scripted>>,
}

impl Bench {
    fn new(follows_holder: bool) -> Self {
        let device = Rc::new(RefCell::new(scripted()));
        let mut station = Station::new(Bus::new(Box::new(device.clone())), Pace::Free);
        if follows_holder {
            station.follow_holder().unwrap();
        } else {
            while station.settings().is_none() {
                station.run().unwrap();
            }
        }
        Self { station, device }
    }

    /// Gives bytes to a session, and lets it hear what comes of them. True while it is not to be dropped.
    fn give(&mut self, session: &mut dyn Session, id: ClientId, bytes: &[u8]) -> bool {
        let mut well = accepted(session.receive(bytes, &mut self.station));
        for _ in 0..6 {
            let news = self.station.run().unwrap();
            for one in &news {
                let concerned = !matches!(one, News::Ended(_)) || self.station.is_held_by(id);
                well &= !concerned || accepted(session.hear(one, &mut self.station));
            }
            if news.is_empty() {
                break;
            }
        }
        assert!(session.output().len() < MOST_OUTPUT);
        well && !session.is_over()
    }

    /// Waits until a session's output has what `fits` wants.
    fn wait(&mut self, session: &mut dyn Session, fits: impl Fn(&[u8]) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if fits(session.output()) {
                return;
            }
            for one in self.station.run().unwrap() {
                session.hear(&one, &mut self.station).unwrap();
            }
        }
        panic!("the next client is not served: {:?}", session.output());
    }
}

fn accepted(result: Result<(), Trouble>) -> bool {
    match result {
        Ok(()) => true,
        Err(Trouble::Client(text)) => {
            assert!(!text.is_empty());
            false
        }
        Err(Trouble::Port(error)) => panic!("the bus has ended: {error}"),
    }
}

/// How a sound message is spoilt.
#[derive(Clone, Debug)]
enum Spoil {
    Nothing,
    Byte(usize, u8),
    Cut(usize),
    Junk(Vec<u8>),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        6 => Just(Spoil::Nothing),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, value)| Spoil::Byte(at, value)),
        1 => any::<usize>().prop_map(Spoil::Cut),
        1 => vec(any::<u8>(), 0..200).prop_map(Spoil::Junk),
    ]
}

fn spoilt(mut bytes: Vec<u8>, how: &Spoil) -> Vec<u8> {
    match how {
        Spoil::Nothing => {}
        Spoil::Byte(at, value) => {
            let at = at % bytes.len();
            bytes[at] = *value;
        }
        Spoil::Cut(at) => bytes.truncate(at % bytes.len()),
        Spoil::Junk(junk) => bytes.extend(junk),
    }
    bytes
}

fn endpoint() -> impl Strategy<Value = u8> {
    prop_oneof![prop::sample::select(vec![0x01, 0x81, 0x82, 0x02, 0x83, 0x03, 0x80, 0x00]), any::<u8>()]
}

/// SETUP packets: some that a device knows, some that change what the station keeps, some that nobody knows.
fn setup() -> impl Strategy<Value = [u8; 8]> {
    prop_oneof![
        Just([0x80, 6, 0, 1, 0, 0, 18, 0]),
        Just([0x80, 6, 0, 2, 0, 0, 255, 0]),
        Just([0, 9, 1, 0, 0, 0, 0, 0]),
        Just([0, 9, 0, 0, 0, 0, 0, 0]),
        Just([1, 11, 1, 0, 1, 0, 0, 0]),
        (any::<u8>(), endpoint()).prop_map(|(request, endpoint)| [2, request % 4, 0, 0, endpoint, 0, 0, 0]),
        any::<u8>().prop_map(|address| [0, 5, address, 0, 0, 0, 0, 0]),
        any::<[u8; 8]>(),
    ]
}

fn redir_message() -> impl Strategy<Value = Vec<u8>> {
    let message = |kind: u32, id: u64, body: Vec<u8>| {
        [&kind.to_le_bytes()[..], &(body.len() as u32).to_le_bytes(), &id.to_le_bytes(), &body].concat()
    };
    let data = || vec(any::<u8>(), 0..300);
    prop_oneof![
        (setup(), data(), 0u64..8).prop_map(move |(setup, data, id)| {
            let [kind, request, v0, v1, i0, i1, l0, l1] = setup;
            let [l0, l1] = if kind & 0x80 == 0 { (data.len() as u16).to_le_bytes() } else { [l0, l1] };
            let header = [kind & 0x80, request, kind, 0, v0, v1, i0, i1, l0, l1];
            message(100, id, if kind & 0x80 == 0 { [&header, &data[..]].concat() } else { header.to_vec() })
        }),
        (endpoint(), data(), any::<u16>(), 0u64..8).prop_map(move |(endpoint, data, length, id)| {
            let length = if endpoint & 0x80 == 0 { data.len() as u16 } else { length };
            let [l0, l1] = length.to_le_bytes();
            let header = [endpoint, 0, l0, l1, 0, 0, 0, 0, 0, 0];
            message(101, id, if endpoint & 0x80 == 0 { [&header, &data[..]].concat() } else { header.to_vec() })
        }),
        (102u32..104, endpoint(), data(), 0u64..8).prop_map(move |(kind, endpoint, data, id)| {
            let [l0, l1] = (data.len() as u16).to_le_bytes();
            message(kind, id, [&[endpoint & 0x7f, 0, l0, l1], &data[..]].concat())
        }),
        (12u32..17, endpoint(), any::<u8>(), any::<u8>()).prop_map(move |(kind, endpoint, first, second)| {
            message(kind, 0, if kind == 12 { vec![endpoint, first, second] } else { vec![endpoint] })
        }),
        (endpoint(), any::<u16>(), any::<u8>()).prop_map(move |(endpoint, length, count)| {
            let [l0, l1] = length.to_le_bytes();
            message(25, 0, vec![0, 0, 0, 0, l0, l1, 0, 0, endpoint, count])
        }),
        endpoint().prop_map(move |endpoint| message(26, 0, vec![0, 0, 0, 0, endpoint])),
        (0u64..8).prop_map(move |id| message(21, id, Vec::new())),
        Just(message(3, 0, Vec::new())),
        Just(message(6, 1, vec![1])),
        any::<u8>().prop_map(move |value| message(6, 1, vec![value])),
        (any::<u8>(), any::<u8>()).prop_map(move |(interface, value)| message(9, 2, vec![interface % 3, value % 3])),
        (0u32..30, vec(any::<u8>(), 0..20)).prop_map(move |(kind, body)| message(kind, 3, body)),
    ]
}

fn redir_hello() -> Vec<u8> {
    let mut bytes = [&[0; 4][..], &68u32.to_le_bytes(), &[0; 4], &[b'x'; 64]].concat();
    bytes.extend(0xf2u32.to_le_bytes());
    bytes
}

fn usbip_message() -> impl Strategy<Value = Vec<u8>> {
    let words = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
    let data = || vec(any::<u8>(), 0..300);
    let sequence = || 1u32..12;
    prop_oneof![
        (sequence(), setup(), data()).prop_map(move |(sequence, setup, data)| {
            let is_in = u32::from(setup[0] >> 7);
            let length =
                if is_in == 1 { u32::from(u16::from_le_bytes([setup[6], setup[7]])) } else { data.len() as u32 };
            let mut bytes = words(&[1, sequence, 0x1_0002, is_in, 0, 0, length, 0, 0, 0]);
            let [l0, l1] = (length as u16).to_le_bytes();
            bytes.extend([setup[0], setup[1], setup[2], setup[3], setup[4], setup[5], l0, l1]);
            bytes.extend(if is_in == 1 { Vec::new() } else { data });
            bytes
        }),
        (sequence(), endpoint(), data(), any::<u16>(), any::<u32>()).prop_map(
            move |(sequence, endpoint, data, length, flags)| {
                let is_in = endpoint & 0x80 != 0;
                let length = if is_in { u32::from(length) } else { data.len() as u32 };
                let head = [1, sequence, 0x1_0002, u32::from(is_in), u32::from(endpoint & 15), flags, length, 0, 0, 1];
                let mut bytes = words(&head);
                bytes.extend([0; 8]);
                bytes.extend(if is_in { Vec::new() } else { data });
                bytes
            }
        ),
        (sequence(), any::<bool>(), vec(0u32..40, 1..20)).prop_map(move |(sequence, is_in, lengths)| {
            let total: u32 = lengths.iter().sum();
            let count = lengths.len() as u32;
            let mut bytes = words(&[1, sequence, 0x1_0002, u32::from(is_in), 3, 0, total, 0, count, 1]);
            bytes.extend([0; 8]);
            bytes.extend(std::iter::repeat_n(7u8, if is_in { 0 } else { total as usize }));
            let mut offset = 0;
            for length in lengths {
                bytes.extend(words(&[offset, length, 0, 0]));
                offset += length;
            }
            bytes
        }),
        (sequence(), sequence()).prop_map(move |(sequence, victim)| {
            let mut bytes = words(&[2, sequence, 0x1_0002, 0, 0, victim]);
            bytes.extend([0; 24]);
            bytes
        }),
        vec(any::<u32>(), 12).prop_map(move |all| words(&all)),
    ]
}

fn usbip_import() -> Vec<u8> {
    let mut bytes = vec![1, 0x11, 0x80, 3, 0, 0, 0, 0, b'1', b'-', b'1'];
    bytes.resize(40, 0);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_usb_redir_parser_finds_the_same_whatever_pieces_the_bytes_come_in(
        messages in vec((redir_message(), spoil()), 0..12), cuts in vec(1usize..40, 1..200), hello in any::<bool>(),
    ) {
        let mut bytes = if hello { redir_hello() } else { Vec::new() };
        bytes.extend(messages.into_iter().flat_map(|(message, how)| spoilt(message, &how)));
        let run = |cuts: &[usize]| {
            let (mut decoder, mut found, mut at) = (RedirDecoder::default(), Vec::new(), 0);
            for cut in cuts.iter().cycle() {
                let end = (at + cut).min(bytes.len());
                decoder.feed(&bytes[at..end]);
                loop {
                    match decoder.take() {
                        Ok(Some(message)) => found.push(format!("{message:?}")),
                        Ok(None) => break,
                        Err(error) => {
                            found.push(error.to_string());
                            return found;
                        }
                    }
                }
                at = end;
                if at == bytes.len() {
                    return found;
                }
            }
            found
        };
        prop_assert_eq!(run(&cuts), run(&[usize::MAX / 2]));
    }

    #[test]
    fn a_usbip_parser_finds_the_same_whatever_pieces_the_bytes_come_in(
        messages in vec((usbip_message(), spoil()), 0..12), cuts in vec(1usize..40, 1..200), import in any::<bool>(),
    ) {
        let mut bytes = if import { usbip_import() } else { Vec::new() };
        bytes.extend(messages.into_iter().flat_map(|(message, how)| spoilt(message, &how)));
        let run = |cuts: &[usize]| {
            let (mut decoder, mut found, mut at) = (UsbipDecoder::default(), Vec::new(), 0);
            let mut operations = import;
            for cut in cuts.iter().cycle() {
                let end = (at + cut).min(bytes.len());
                decoder.feed(&bytes[at..end]);
                loop {
                    let one = if operations {
                        decoder.take_operation().map(|one| one.map(|one| format!("{one:?}")))
                    } else {
                        decoder.take_command().map(|one| one.map(|one| format!("{one:?}")))
                    };
                    match one {
                        Ok(Some(text)) => {
                            operations = false;
                            found.push(text);
                        }
                        Ok(None) => break,
                        Err(error) => {
                            found.push(error.to_string());
                            return found;
                        }
                    }
                }
                at = end;
                if at == bytes.len() {
                    return found;
                }
            }
            found
        };
        prop_assert_eq!(run(&cuts), run(&[usize::MAX / 2]));
    }

    #[test]
    fn a_guest_that_lies_costs_nothing(messages in vec((redir_message(), spoil()), 0..30), thinking in 0u64..3) {
        let mut bench = Bench::new(true);
        bench.device.borrow_mut().thinking = usb_simulator::time::BusTime::from_millis(thinking * 3);
        let (liar, next) = (ClientId::new(1), ClientId::new(2));
        let mut session = RedirSession::new(liar);
        session.output().clear();
        let mut well = bench.give(&mut session, liar, &redir_hello());
        bench.wait(&mut session, |output| !output.is_empty());
        for (message, how) in &messages {
            well = well && bench.give(&mut session, liar, &spoilt(message.clone(), how));
        }
        bench.station.release(liar).unwrap();
        drop(session);
        let mut session = RedirSession::new(next);
        session.output().clear();
        session.receive(&redir_hello(), &mut bench.station).unwrap();
        // interface_info, ep_info and device_connect of a device that is as good as new.
        bench.wait(&mut session, |output| output.len() == 16 + 132 + 16 + 160 + 16 + 10);
        session.output().clear();
        let request = [&100u32.to_le_bytes()[..], &[10, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0], &[0x80, 6, 0x80, 0, 0, 1, 0, 0, 18, 0]];
        session.receive(&request.concat(), &mut bench.station).unwrap();
        bench.wait(&mut session, |output| output.len() == 16 + 10 + 18 && output.ends_with(&DEVICE));
    }

    #[test]
    fn a_usbip_client_that_lies_costs_nothing(messages in vec((usbip_message(), spoil()), 0..30), thinking in 0u64..3) {
        let mut bench = Bench::new(false);
        bench.device.borrow_mut().thinking = usb_simulator::time::BusTime::from_millis(thinking * 3);
        let (liar, next) = (ClientId::new(1), ClientId::new(2));
        let mut session = UsbipSession::new(liar);
        let mut well = bench.give(&mut session, liar, &usbip_import());
        prop_assert_eq!(session.output().len(), 320);
        for (message, how) in &messages {
            well = well && bench.give(&mut session, liar, &spoilt(message.clone(), how));
        }
        bench.station.release(liar).unwrap();
        drop(session);
        let mut session = UsbipSession::new(next);
        session.receive(&usbip_import(), &mut bench.station).unwrap();
        prop_assert_eq!(session.output().len(), 320);
        session.output().clear();
        let mut request: Vec<u8> = [1u32, 1, 0x1_0002, 1, 0, 0, 18, 0, 0, 0].iter().flat_map(|one| one.to_be_bytes()).collect();
        request.extend([0x80, 6, 0, 1, 0, 0, 18, 0]);
        session.receive(&request, &mut bench.station).unwrap();
        bench.wait(&mut session, |output| output.len() == 48 + 18 && output.ends_with(&DEVICE));
    }
}
