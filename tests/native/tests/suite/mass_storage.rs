//! The built-in mass storage on the bus: with a host that keeps to Bulk-Only Transport, and with one that does anything.

use native_tests::{App, BLOCK, Broken, Kind, Rig, SHAPES, Storage, descriptors, pattern, setup};
use proptest::collection::vec;
use proptest::prelude::*;

const BLOCKS: usize = 40;
const OUT: u8 = 3;
const IN: u8 = 0x83;

/// The serial port, a disk on interface 2.
fn rig(kind: Kind, room: usize) -> Rig {
    let mut app = App::new(descriptors::serial_and_storage());
    app.builtin = 2;
    let mut rig = Rig::with(kind, app);
    rig.storage = Some(Storage::new(2, BLOCKS, room));
    rig.enumerate();
    rig
}

fn disk(rig: &mut Rig) -> &mut Vec<u8> {
    &mut rig.storage.as_mut().expect("a disk").disk.bytes
}

fn wrapper(command: &[u8], length: usize, is_in: bool) -> Vec<u8> {
    let mut bytes = b"USBCtag!".to_vec();
    bytes.extend((length as u32).to_le_bytes());
    bytes.extend([if is_in { 0x80 } else { 0 }, 0, command.len() as u8]);
    bytes.extend(command);
    bytes.resize(31, 0);
    bytes
}

fn blocks(operation: u8, first: usize, count: usize) -> [u8; 10] {
    let [a, b] = (first as u16).to_be_bytes();
    let [c, d] = (count as u16).to_be_bytes();
    [operation, 0, 0, 0, a, b, 0, c, d, 0]
}

/// What comes in the data stage, bCSWStatus and dCSWDataResidue.
type End = (Vec<u8>, u8, u32);

/// Name, command, bytes expected, bytes sent, and how it ends.
type Case<'a> = (&'a str, &'a [u8], usize, &'a [u8], End);

/// A command as a host sends it: data, status, and a halt is cleared wherever it is met.
fn command(rig: &mut Rig, command: &[u8], length: usize, data: &[u8]) -> Result<End, Broken> {
    let is_in = data.is_empty();
    rig.write(OUT, 64, &wrapper(command, length.max(data.len()), is_in)).map_err(|(_, broken)| broken)?;
    let mut came = Vec::new();
    if !data.is_empty() {
        match rig.write(OUT, 64, data) {
            Err((_, Broken::Stall)) => rig.clear_halt(OUT).map_err(|(_, broken)| broken)?,
            other => other.map_err(|(_, broken)| broken)?,
        }
    } else if length != 0 {
        came = match rig.read(IN, 64, length) {
            Err((came, Broken::Stall)) => {
                rig.clear_halt(IN).map_err(|(_, broken)| broken)?;
                came
            }
            other => other.map_err(|(_, broken)| broken)?,
        };
    }
    let status = match rig.read(IN, 64, 13) {
        Err((_, Broken::Stall)) => {
            rig.clear_halt(IN).map_err(|(_, broken)| broken)?;
            rig.read(IN, 64, 13)
        }
        other => other,
    };
    let status = status.map_err(|(_, broken)| broken)?;
    assert_eq!((status.len(), &status[..8]), (13, &b"USBStag!"[..]));
    Ok((came, status[12], u32::from_le_bytes([status[8], status[9], status[10], status[11]])))
}

/// Reset recovery (Bulk-Only Transport section 5.3.4).
fn recover(rig: &mut Rig) {
    assert_eq!(rig.control_out(setup(0x21, 0xff, 0, 2, 0), &[]), Ok(()), "Bulk-Only Mass Storage Reset");
    assert_eq!((rig.clear_halt(IN), rig.clear_halt(OUT)), (Ok(()), Ok(())));
}

/// The disk can be read and written.
fn works(rig: &mut Rig, seed: usize) {
    // Ejected or locked, by a host that has done anything: loaded, unlocked.
    for bytes in [[0x1b, 0, 0, 0, 3, 0], [0x1e, 0, 0, 0, 0, 0], [0; 6]] {
        assert_eq!(command(rig, &bytes, 0, &[]), Ok((vec![], 0, 0)));
    }
    let contents = disk(rig).clone();
    assert_eq!(command(rig, &blocks(0x28, 0, BLOCKS), contents.len(), &[]), Ok((contents, 0, 0)));
    let fresh: Vec<u8> = pattern(9 * BLOCK + seed).split_off(seed);
    assert_eq!(command(rig, &blocks(0x2a, seed % 30, 9), 0, &fresh), Ok((vec![], 0, 0)));
    assert_eq!(&disk(rig)[seed % 30 * BLOCK..][..fresh.len()], &fresh[..]);
    assert_eq!(command(rig, &blocks(0x28, seed % 30, 9), fresh.len(), &[]), Ok((fresh, 0, 0)));
}

#[test]
fn reads_and_writes_on_every_controller() {
    for kind in SHAPES {
        for room in [64, 512, 4096] {
            let mut rig = rig(kind, room);
            for seed in 0..4 {
                works(&mut rig, seed);
            }
            rig.app.serial_in.clear();
            assert_eq!(rig.write(2, 64, b"and the serial port"), Ok(()));
            assert_eq!(rig.app.serial_in, b"and the serial port");
        }
    }
}

/// Section 6.7: expected length and direction against what the command moves.
#[test]
fn the_thirteen_cases() {
    for kind in SHAPES {
        let mut rig = rig(kind, 4096);
        *disk(&mut rig) = pattern(BLOCKS * BLOCK);
        let first = pattern(BLOCK);
        let (read, write) = (|count| blocks(0x28, 0, count), |count| blocks(0x2a, 1, count));
        let data = vec![7; 2 * BLOCK];
        let cases: [Case; 13] = [
            ("1 Hn = Dn", &[0; 6], 0, &[], (vec![], 0, 0)),
            ("2 Hn < Di", &read(1), 0, &[], (vec![], 2, 0)),
            ("3 Hn < Do", &write(1), 0, &[], (vec![], 2, 0)),
            ("4 Hi > Dn", &[0; 6], 100, &[], (vec![], 0, 100)),
            ("5 Hi > Di", &read(1), 1024, &[], (first.clone(), 0, 512)),
            ("6 Hi = Di", &read(1), 512, &[], (first, 0, 0)),
            ("7 Hi < Di", &read(2), 512, &[], (vec![], 2, 512)),
            ("8 Hi <> Do", &write(1), 512, &[], (vec![], 2, 512)),
            ("9 Ho > Dn", &[0; 6], 0, &data[..100], (vec![], 0, 100)),
            ("10 Ho <> Di", &read(1), 0, &data[..512], (vec![], 2, 512)),
            ("11 Ho > Do", &write(1), 0, &data, (vec![], 0, 512)),
            ("12 Ho = Do", &write(1), 0, &data[..512], (vec![], 0, 0)),
            ("13 Ho < Do", &write(2), 0, &data[..512], (vec![], 2, 512)),
        ];
        for (name, bytes, length, data, end) in cases {
            assert_eq!(command(&mut rig, bytes, length, data), Ok(end), "case {name}");
        }
        let mut expected = pattern(BLOCKS * BLOCK);
        expected[BLOCK..2 * BLOCK].fill(7);
        assert_eq!(*disk(&mut rig), expected);
        works(&mut rig, 5);
    }
}

#[test]
fn what_is_no_command_halts_both_endpoints_until_a_reset() {
    for kind in SHAPES {
        let mut rig = rig(kind, 512);
        for bytes in [&b""[..], &[0; 31], &[0; 64], &wrapper(&[0; 6], 0, true)[..30]] {
            assert_eq!(rig.write(OUT, 64, bytes), Ok(()));
            for _ in 0..2 {
                assert_eq!(rig.read(IN, 64, 13), Err((vec![], Broken::Stall)));
                assert_eq!(rig.write(OUT, 64, &wrapper(&[0; 6], 0, true)), Err((0, Broken::Stall)));
                assert_eq!((rig.clear_halt(IN), rig.clear_halt(OUT)), (Ok(()), Ok(())));
            }
            recover(&mut rig);
            assert_eq!(command(&mut rig, &[0; 6], 0, &[]), Ok((vec![], 0, 0)));
        }
        works(&mut rig, 1);
    }
}

#[test]
fn a_reset_in_the_middle_of_the_data_leaves_toggles_and_halts() {
    for kind in SHAPES {
        let mut rig = rig(kind, 512);
        *disk(&mut rig) = pattern(BLOCKS * BLOCK);
        for packets in 0..20 {
            rig.write(OUT, 64, &wrapper(&blocks(0x28, 0, 2), 1024, true)).expect("READ");
            let got = if packets == 0 { Ok(vec![]) } else { rig.read(IN, 64, packets.min(16) * 64) };
            assert_eq!(got, Ok(pattern(packets.min(16) * 64)));
            // No halt is cleared, so the toggles have to go on.
            assert_eq!(rig.control_out(setup(0x21, 0xff, 0, 2, 0), &[]), Ok(()));
            assert_eq!(command(&mut rig, &[0; 6], 0, &[]), Ok((vec![], 0, 0)), "after {packets} packets to the host");
            rig.write(OUT, 64, &wrapper(&blocks(0x2a, 9, 2), 1024, false)).expect("WRITE");
            rig.write(OUT, 64, &vec![1; packets.clamp(1, 15) * 64]).expect("data");
            assert_eq!(rig.control_out(setup(0x21, 0xff, 0, 2, 0), &[]), Ok(()));
            assert_eq!(command(&mut rig, &[0; 6], 0, &[]), Ok((vec![], 0, 0)), "after {packets} packets from the host");
        }
        works(&mut rig, 2);
    }
}

#[test]
fn a_host_halts_the_endpoints_at_any_time_and_nothing_is_lost() {
    for kind in SHAPES {
        let mut rig = rig(kind, 512);
        *disk(&mut rig) = pattern(BLOCKS * BLOCK);
        for endpoint in [IN, OUT] {
            assert_eq!((rig.halt(endpoint), rig.clear_halt(endpoint)), (Ok(()), Ok(())));
            works(&mut rig, 3);
            // While the status waits.
            rig.write(OUT, 64, &wrapper(&[0; 6], 0, true)).expect("TEST UNIT READY");
            assert_eq!((rig.halt(endpoint), rig.clear_halt(endpoint)), (Ok(()), Ok(())));
            assert_eq!(rig.read(IN, 64, 13).map(|status| status[12]), Ok(0));
            works(&mut rig, 4);
        }
    }
}

#[test]
fn a_busy_program_delays_the_disk_and_breaks_nothing() {
    for kind in SHAPES {
        let mut rig = rig(kind, 4096);
        rig.hold_task = true;
        rig.write(OUT, 64, &wrapper(&blocks(0x28, 0, 4), 2048, true)).expect("READ");
        assert_eq!(rig.read(IN, 64, 2048), Err((vec![], Broken::Nak)));
        rig.app.serial_in.clear();
        assert_eq!(rig.write(2, 64, b"meanwhile"), Ok(()));
        assert_eq!(rig.app.serial_in, b"meanwhile");
        rig.hold_task = false;
        rig.turn();
        assert_eq!(rig.read(IN, 64, 2048), Ok(vec![0; 2048]));
        assert_eq!(rig.read(IN, 64, 13).map(|status| status[12]), Ok(0));
        works(&mut rig, 6);
    }
}

/// What a hostile host does, and a program that is busy at times.
#[derive(Clone, Debug)]
enum Act {
    /// Any bytes.
    Out(Vec<u8>),
    /// A wrapper that means something, perhaps, with any lengths.
    Wrapper {
        command: Vec<u8>,
        length: u32,
        is_in: bool,
        unit: u8,
    },
    In(usize),
    Halt(u8),
    ClearHalt(u8),
    BulkOnlyReset,
    MaxLun,
    Control([u8; 8]),
    SetInterface,
    SetConfiguration(u8),
    BusReset,
    HoldTask(bool),
    HoldInterrupt(bool),
    Suspend,
    Resume,
}

fn a_command() -> impl Strategy<Value = Vec<u8>> {
    let operations = vec![
        0x00u8, 0x03, 0x12, 0x1a, 0x1b, 0x1e, 0x23, 0x25, 0x28, 0x2a, 0x28, 0x2a, 0x2f, 0x35, 0x5a, 0x9e, 0xa0, 0xee,
    ];
    let number = prop_oneof![0u16..3, 0u16..60, any::<u16>()];
    let likely = (proptest::sample::select(operations), number.clone(), number, any::<[u8; 2]>(), 1usize..17).prop_map(
        |(operation, first, count, odd, length)| {
            let ([a, b], [c, d]) = (first.to_be_bytes(), count.to_be_bytes());
            let mut bytes = vec![operation, odd[0] & 0x13, 0, 0, a, b, odd[1] & 1, c, d, 0, 0, 0, 0, 36, 0, 0];
            bytes.truncate(length.max(10));
            bytes
        },
    );
    prop_oneof![4 => likely, 1 => vec(any::<u8>(), 0..17)]
}

fn act() -> impl Strategy<Value = Act> {
    let length = prop_oneof![Just(0u32), Just(512), Just(1024), 0u32..70, 0u32..5000, any::<u32>()];
    let endpoint = prop_oneof![Just(IN), Just(OUT)];
    prop_oneof![
        4 => vec(any::<u8>(), 0..65).prop_map(Act::Out),
        2 => (1usize..65).prop_map(|length| Act::Out(vec![0x55; length])),
        2 => Just(Act::Out(vec![0x77; 64])),
        6 => (a_command(), length, any::<bool>(), prop_oneof![6 => Just(0u8), 1 => any::<u8>()]).prop_map(
            |(command, length, is_in, unit)| Act::Wrapper { command, length, is_in, unit }
        ),
        6 => (1usize..65).prop_map(Act::In),
        3 => (1usize..40).prop_map(|packets| Act::In(packets * 64)),
        1 => endpoint.clone().prop_map(Act::Halt),
        3 => endpoint.prop_map(Act::ClearHalt),
        2 => Just(Act::BulkOnlyReset),
        1 => Just(Act::MaxLun),
        1 => any::<[u8; 8]>().prop_map(Act::Control),
        1 => Just(Act::SetInterface),
        1 => (0u8..2).prop_map(Act::SetConfiguration),
        1 => Just(Act::BusReset),
        1 => any::<bool>().prop_map(Act::HoldTask),
        1 => any::<bool>().prop_map(Act::HoldInterrupt),
        1 => Just(Act::Suspend),
        1 => Just(Act::Resume),
    ]
}

fn perform(rig: &mut Rig, act: Act) {
    match act {
        Act::Out(bytes) => drop(rig.write(OUT, 64, &bytes)),
        Act::Wrapper { command, length, is_in, unit } => {
            let mut bytes = wrapper(&command, length as usize, is_in);
            bytes[13] = unit;
            let _ = rig.write(OUT, 64, &bytes);
        }
        Act::In(length) => drop(rig.read(IN, 64, length)),
        Act::Halt(endpoint) => drop(rig.halt(endpoint)),
        Act::ClearHalt(endpoint) => drop(rig.clear_halt(endpoint)),
        Act::BulkOnlyReset => drop(rig.control_out(setup(0x21, 0xff, 0, 2, 0), &[])),
        Act::MaxLun => drop(rig.control_in(setup(0xa1, 0xfe, 0, 2, 1))),
        Act::Control(packet) => drop(rig.send_setup(packet)),
        Act::SetInterface => {
            if rig.set_interface(2, 0).is_ok() {
                rig.wire.reset_toggle(IN);
                rig.wire.reset_toggle(OUT);
            }
        }
        Act::SetConfiguration(value) => drop(rig.set_configuration(value)),
        Act::BusReset => rig.bus_reset(),
        Act::HoldTask(hold) => rig.hold_task = hold,
        Act::HoldInterrupt(hold) => rig.hold_interrupt = hold,
        Act::Suspend => rig.suspend(),
        Act::Resume => rig.resume(),
    }
    rig.turn();
}

proptest! {
    // PROPTEST_CASES says how many; 256 without it.
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a host does to the disk, reset recovery makes it work again, without a new enumeration.
    #[test]
    fn reset_recovery_always_works(
        shape in 0usize..SHAPES.len(),
        room in prop_oneof![Just(64usize), Just(512), Just(700), Just(4096)],
        acts in vec(act(), 1..80),
        seed in 0usize..1000,
    ) {
        let mut rig = rig(SHAPES[shape], room);
        *disk(&mut rig) = pattern(BLOCKS * BLOCK);
        for act in acts {
            perform(&mut rig, act);
        }
        rig.hold_interrupt = false;
        rig.hold_task = false;
        rig.turn();
        rig.resume();
        if rig.device.is_configured() && rig.wire.address == 5 {
            recover(&mut rig);
        } else {
            rig.enumerate();
        }
        works(&mut rig, seed);
    }
}
