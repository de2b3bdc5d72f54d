//! A host that sends whatever comes to mind: packets in no order, to endpoints that are not there, requests that make no
//! sense, at bus level. Whatever it was, the board is there afterwards.

use board_tests::{Board, Options, amount};
use rand::{Rng, SeedableRng};
use rand_xorshift::XorShiftRng;
use usb_simulator::bus::RawTransaction;
use usb_simulator::host::HostError;
use usb_simulator::port::{Toggle, Token};
use usb_simulator::time::BusTime;

const OUT: u8 = 0x03;
const IN: u8 = 0x83;

/// A device that always has a transfer waiting in both directions, and that answers every request at random length. The
/// built-in serial port is beside it.
const FEEDING: &str = "import device
buffer = bytearray(200)
count = 0
calls = 0

def feed(*event):
    global calls
    calls += 1
    device.usb.submit_xfer(device.OUT, memoryview(buffer)[:calls % 200])
    device.usb.submit_xfer(device.IN, memoryview(buffer)[:calls * 7 % 200])

def on_control(stage, request):
    global count
    count += 1
    return (True, False, buffer, memoryview(buffer)[:count % 64], None)[count % 5]

device.configuration[7] |= 0x20
device.start(open_itf_cb=feed, xfer_cb=feed, reset_cb=feed, suspend_cb=feed, control_xfer_cb=on_control)
";

fn bytes(random: &mut XorShiftRng, most: usize) -> Vec<u8> {
    (0..random.random_range(0..=most)).map(|_| random.random()).collect()
}

/// Mostly requests that exist, with fields that fit or nearly fit.
fn setup(random: &mut XorShiftRng) -> Vec<u8> {
    if random.random_ratio(1, 8) {
        return (0..8).map(|_| random.random()).collect();
    }
    let kind = random.random_range(0..2_u8) << 7 | random.random_range(0..3) << 5 | random.random_range(0..4);
    let request = if random.random_ratio(1, 3) { random.random_range(0x20..0x24) } else { random.random_range(0..14) };
    let value = [random.random_range(0..4), random.random_range(0..16)];
    let length = [random.random(), random.random_range(0..2)];
    vec![kind, request, value[0], value[1], random.random_range(0..4), 0, length[0], length[1]]
}

fn packet(random: &mut XorShiftRng, address: u8) -> RawTransaction {
    let (token, data) = match random.random_range(0..10) {
        0..3 => (Token::Setup, setup(random)),
        3..7 => (Token::In, Vec::new()),
        // No endpoint takes more in a packet; what a longer one does is not said (rule longer-than-armed).
        _ => (Token::Out, bytes(random, 64)),
    };
    let endpoint = match (token, random.random_range(0..8)) {
        (Token::Setup, 0..7) => 0,
        (_, 0..7) => random.random_range(0..4),
        _ => random.random_range(0..16),
    };
    // Endpoint 1 is the notification endpoint of the serial port, with packets of 8 bytes.
    RawTransaction { token, address, endpoint, toggle: Toggle::from_bit(random.random()), data }
}

/// After a storm: everything is still there and works.
fn check_works(board: &mut Board, seed: u64) {
    assert_eq!(board.reconnect().configuration.interfaces.len(), 3, "seed {seed}");
    // The storm has typed into the REPL: Ctrl-C, and out of the raw one if that is where it is.
    board.listen(200);
    board.send("\r\x03\x02");
    board.listen(100);
    board.read_for(100);
    board.send("'sa' 'ne'\r");
    board.expect("'sane'\r\n", 5_000);
    board.prompt();
    board.send(
        "usb = device.usb; target = bytearray(1000); device.start(open_itf_cb=lambda _: \
         (usb.submit_xfer(3, target), usb.submit_xfer(0x83, b'?' * 1000)))\r",
    );
    board.wait_detached(1_000);
    board.reconnect();
    board.prompt();
    board.host.write(OUT, &[b'!'; 1000], false, BusTime::from_millis(100)).expect("OUT");
    assert_eq!(board.host.read(IN, 1000, BusTime::from_millis(100)).expect("IN"), [b'?'; 1000]);
    assert_eq!(board.run("target == b'!' * 1000"), "True\n", "seed {seed}");
}

/// Enumerates, and returns the address. What was typed into the REPL can have been a soft reset, also one that comes in the
/// middle of this.
fn enumerate(board: &mut Board) -> u8 {
    let found = board.host.enumerate(BusTime::from_millis(5_000));
    found.unwrap_or_else(|_| board.enumerate()).address
}

/// `count` packets, the bus sometimes reset, suspended or unplugged in between.
fn storm(board: &mut Board, random: &mut XorShiftRng, count: usize) {
    let mut address = board.host.address();
    for _ in 0..count {
        // After a soft reset the device has left the bus, and comes back.
        if !board.host.with_bus(|bus| bus.is_running()) {
            address = enumerate(board);
        }
        match random.random_range(0..400) {
            0 => address = enumerate(board),
            1 => match board.host.reset() {
                Ok(()) => address = 0,
                Err(error) => assert!(error.is_detached(), "bus reset: {error}"),
            },
            2 => {
                board.host.suspend().expect("suspend");
                board.wait(random.random_range(4..20));
                // A device that may has woken the bus meanwhile: then there is nothing to resume.
                let _ = board.host.resume();
            }
            3 => {
                board.host.unplug().expect("the cable is pulled");
                board.wait(random.random_range(0..20));
                board.host.plug().expect("the cable is put back");
                address = enumerate(board);
            }
            4..20 => board.wait(random.random_range(0..3)),
            _ => match board.host.transaction(packet(random, address)) {
                Err(HostError::Usage(_)) if !board.host.with_bus(|bus| bus.is_attached()) => {}
                answer => drop(answer.expect("a transaction")),
            },
        }
    }
}

#[test]
fn packets_in_no_order_do_no_harm() {
    for seed in 0..amount(2, 40) as u64 {
        let mut random = XorShiftRng::seed_from_u64(seed);
        let mut board = Board::open(Options::main(FEEDING));
        board.prompt();
        storm(&mut board, &mut random, amount(3_000, 20_000));
        check_works(&mut board, seed);
    }
}
