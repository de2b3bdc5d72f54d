//! A host that does anything at all. Whatever it did, the device can be enumerated afterwards, has kept the controller's
//! contract and has written beside no buffer (the last two are checked by every rig).

use native_tests::{App, Reaction, Rig, SHAPES, descriptors, pattern, setup};
use proptest::collection::vec;
use proptest::prelude::*;
use usb_simulator::port::{Fault, Toggle, Token};

/// What a hostile host, a busy program and an impatient user do.
#[derive(Clone, Debug)]
enum Act {
    Transaction { token: Token, endpoint: u8, toggle: Toggle, data: Vec<u8>, fault: Option<Fault> },
    Setup([u8; 8]),
    In(u8),
    Out(u8, usize),
    ControlIn([u8; 8]),
    ControlOut([u8; 8], usize),
    Reset,
    Suspend,
    Resume,
    Frames(u32),
    Address(u8),
    HoldInterrupt(bool),
    HoldTask(bool),
    SubmitIn(u8, usize),
    SubmitOut(u8, usize),
    Halt(u8, bool),
    Wakeup,
    SerialWrite(usize),
    SerialRoom(usize),
    Move(u8, bool),
    React(u8),
    Reconnect,
    Truncate(usize),
}

fn endpoint() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 0u8..4, 1 => 0u8..16]
}

fn address() -> impl Strategy<Value = u8> {
    (endpoint(), any::<bool>()).prop_map(|(number, input)| number | if input { 0x80 } else { 0 })
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        6 => Just(None),
        1 => Just(Some(Fault::LoseToken)),
        1 => Just(Some(Fault::CorruptData)),
        1 => Just(Some(Fault::LoseHandshake)),
    ]
}

/// Requests that mean something, with fields that may not, and requests that mean nothing.
fn request() -> impl Strategy<Value = [u8; 8]> {
    let kinds = prop_oneof![Just(0x00u8), Just(0x01), Just(0x02), Just(0x21), Just(0x40), Just(0x41), Just(0x03)];
    let value = prop_oneof![0u16..4, Just(0x0100), Just(0x0200), Just(0x0302), Just(0x0f00), any::<u16>()];
    let index = prop_oneof![0u16..4, Just(0x81), Just(0x82), Just(0x83), Just(0x0409), any::<u16>()];
    let length = prop_oneof![Just(0u16), 1u16..20, Just(64), Just(255), any::<u16>()];
    let likely = (kinds, any::<bool>(), 0u8..13, value, index, length).prop_map(
        |(kind, input, request, value, index, length)| {
            setup(kind | if input { 0x80 } else { 0 }, request, value, index, length)
        },
    );
    let serial = (0x20u8..0x24, any::<bool>(), any::<u16>(), 0u16..9)
        .prop_map(|(request, input, value, length)| setup(if input { 0xa1 } else { 0x21 }, request, value, 0, length));
    prop_oneof![6 => likely, 2 => serial, 1 => any::<[u8; 8]>()]
}

fn act() -> impl Strategy<Value = Act> {
    let token = prop_oneof![Just(Token::Setup), Just(Token::Out), Just(Token::In)];
    let length = prop_oneof![Just(0usize), 1usize..70, Just(64), Just(128), 0usize..600];
    let transaction = (token, endpoint(), any::<bool>(), vec(any::<u8>(), 0..70), fault()).prop_map(
        |(token, endpoint, toggle, data, fault)| Act::Transaction {
            token,
            endpoint,
            toggle: Toggle::from_bit(toggle),
            data,
            fault,
        },
    );
    let wire = prop_oneof![
        4 => transaction,
        4 => request().prop_map(Act::Setup),
        4 => endpoint().prop_map(Act::In),
        4 => (endpoint(), 0usize..65).prop_map(|(endpoint, length)| Act::Out(endpoint, length)),
        3 => request().prop_map(Act::ControlIn),
        3 => (request(), 0usize..200).prop_map(|(packet, length)| Act::ControlOut(packet, length)),
        1 => Just(Act::Reset),
        1 => Just(Act::Suspend),
        1 => Just(Act::Resume),
        1 => (1u32..120).prop_map(Act::Frames),
        1 => (0u8..8).prop_map(Act::Address),
    ];
    let program = prop_oneof![
        1 => any::<bool>().prop_map(Act::HoldInterrupt),
        1 => any::<bool>().prop_map(Act::HoldTask),
        3 => (address(), length.clone()).prop_map(|(endpoint, length)| Act::SubmitIn(endpoint, length)),
        3 => (address(), length.clone()).prop_map(|(endpoint, length)| Act::SubmitOut(endpoint, length)),
        1 => (address(), any::<bool>()).prop_map(|(endpoint, halted)| Act::Halt(endpoint, halted)),
        1 => Just(Act::Wakeup),
        1 => length.prop_map(Act::SerialWrite),
        1 => (0usize..200).prop_map(Act::SerialRoom),
        1 => (address(), any::<bool>()).prop_map(|(endpoint, moved)| Act::Move(endpoint, moved)),
        1 => (0u8..5).prop_map(Act::React),
        1 => Just(Act::Reconnect),
        1 => (0usize..130).prop_map(Act::Truncate),
    ];
    prop_oneof![3 => wire, 1 => program]
}

fn perform(rig: &mut Rig, act: Act) {
    match act {
        Act::Transaction { token, endpoint, toggle, data, fault } => {
            rig.transaction(token, endpoint, toggle, &data, fault);
        }
        Act::Setup(packet) => drop(rig.send_setup(packet)),
        Act::In(endpoint) => drop(rig.fetch_packet(endpoint, 64)),
        Act::Out(endpoint, length) => drop(rig.send_packet(endpoint, &pattern(length))),
        Act::ControlIn(packet) => drop(rig.control_in(packet)),
        Act::ControlOut(packet, length) => drop(rig.control_out(packet, &pattern(length))),
        Act::Reset => rig.bus_reset(),
        Act::Suspend => rig.suspend(),
        Act::Resume => rig.resume(),
        Act::Frames(count) => rig.frames(count),
        Act::Address(address) => rig.wire.address = address,
        Act::HoldInterrupt(hold) => rig.hold_interrupt = hold,
        Act::HoldTask(hold) => rig.hold_task = hold,
        Act::SubmitIn(endpoint, length) => drop(rig.submit_in(endpoint, &pattern(length))),
        Act::SubmitOut(endpoint, length) => drop(rig.submit_out(endpoint, length)),
        Act::Halt(endpoint, halted) => rig.set_halt(endpoint, halted),
        Act::Wakeup => drop(rig.device.remote_wakeup()),
        Act::SerialWrite(length) => drop(rig.device.serial().write(&pattern(length))),
        Act::SerialRoom(room) => {
            rig.app.serial_room = room;
            let Rig { device, app, .. } = rig;
            device.serial().poll(app);
        }
        Act::Move(endpoint, moved) => {
            rig.app.buffer(usb_stack::EndpointAddress::from_byte(endpoint)).moved = moved;
        }
        Act::React(reaction) => {
            rig.app.on_setup = Box::new(move |setup| match reaction {
                0 => Reaction::Stall,
                1 => Reaction::Continue,
                2 => Reaction::Buffer(vec![]),
                3 => Reaction::Buffer(pattern(100)),
                _ => Reaction::Buffer(pattern(setup.length().into())),
            });
        }
        Act::Reconnect => {
            rig.device.disconnect();
            rig.device.connect();
        }
        Act::Truncate(length) => rig.app.configuration.truncate(length.max(1)),
    }
    rig.turn();
}

/// The device works as on its first day.
fn works(rig: &mut Rig) {
    rig.hold_interrupt = false;
    rig.hold_task = false;
    rig.turn();
    rig.app.configuration = descriptors::serial_and_vendor();
    rig.app.serial_room = usize::MAX;
    for endpoint in [0x00, 0x80, 0x03, 0x83] {
        rig.app.buffer(usb_stack::EndpointAddress::from_byte(endpoint)).moved = false;
    }
    rig.enumerate();
    rig.heard.clear();
    let queued = usb_stack::Submit::Queued;
    assert_eq!((rig.submit_in(3, &pattern(200)), rig.submit_out(3, 200)), (queued, queued));
    assert_eq!(rig.read(3, 64, 200), Ok(pattern(200)));
    assert_eq!(rig.write(3, 64, &pattern(200)), Ok(()));
    assert_eq!(rig.filled(3), pattern(200));
    assert_eq!(rig.take_complete().len(), 2);
    rig.app.serial_in.clear();
    assert_eq!(rig.write(2, 64, b"still here"), Ok(()));
    assert_eq!(rig.app.serial_in, b"still here");
}

proptest! {
    // PROPTEST_CASES says how many; 256 without it.
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_at_all(shape in 0usize..SHAPES.len(), acts in vec(act(), 1..120)) {
        let mut app = App::new(descriptors::serial_and_vendor());
        app.builtin = 2;
        let mut rig = Rig::with(SHAPES[shape], app);
        rig.enumerate();
        for act in acts {
            perform(&mut rig, act);
        }
        works(&mut rig);
    }

    #[test]
    fn any_eight_bytes_as_a_request(shape in 0usize..SHAPES.len(), packets in vec((request(), any::<bool>()), 1..60)) {
        let mut app = App::new(descriptors::serial_and_vendor());
        app.builtin = 2;
        let mut rig = Rig::with(SHAPES[shape], app);
        rig.enumerate();
        for (packet, input) in packets {
            if input {
                let _ = rig.control_in(packet);
            } else {
                let _ = rig.control_out(packet, &[0x55; 20]);
            }
        }
        works(&mut rig);
    }

    #[test]
    fn any_configuration_descriptor(shape in 0usize..SHAPES.len(), at in vec((0usize..110, any::<u8>()), 0..6), cut in 0usize..110) {
        let mut bytes = descriptors::serial_and_vendor();
        for (place, byte) in at {
            if let Some(slot) = bytes.get_mut(place) {
                *slot = byte;
            }
        }
        if cut < bytes.len() / 4 {
            bytes.truncate(bytes.len() - cut);
        }
        let mut app = App::new(bytes);
        app.builtin = 2;
        let mut rig = Rig::with(SHAPES[shape], app);
        rig.bus_reset();
        let _ = rig.descriptor(2, 0, 255);
        let _ = rig.set_address(5);
        let value = rig.app.configuration.get(5).copied().unwrap_or(1);
        if rig.set_configuration(value).is_ok() {
            for number in 0..16 {
                let _ = rig.submit_in(number, &pattern(100));
                let _ = rig.submit_out(number, 100);
                let _ = rig.fetch_packet(number, 64);
                let _ = rig.send_packet(number, &[1; 8]);
            }
        }
        works(&mut rig);
    }
}
