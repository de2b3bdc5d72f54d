//! What becomes of output when the host does not read, or is not there.

use board_tests::{Board, Options};
use usb_simulator::host::Request;
use usb_simulator::time::BusTime;

const SERIAL_IN: u8 = 0x82;
/// Bytes that are kept for a host that does not listen.
const KEPT: usize = 256;

/// SET_CONTROL_LINE_STATE: the port is open, and nobody reads.
fn raise_dtr(board: &mut Board) {
    let interface = u16::from(board.serial_interface());
    board.host.control_out(Request::new(0x21, 0x22, 3, interface, 0), &[]).expect("SET_CONTROL_LINE_STATE");
}

/// Prints numbered lines for ever, and the longest time that one of them took.
const COUNTING: &str = "import time\n\
    number = 0\n\
    worst = 0\n\
    while True:\n\
    \x20 before = time.ticks_ms()\n\
    \x20 print('number', number, 'worst', worst)\n\
    \x20 worst = max(worst, time.ticks_diff(time.ticks_ms(), before))\n\
    \x20 number += 1\n\
    \x20 time.sleep_ms(5)\n";

/// The whole lines of `text` that the program printed: number, and the worst time up to then. No number may come twice or out
/// of its place.
fn numbers(text: &[u8]) -> Vec<(u32, u32)> {
    let text = String::from_utf8_lossy(text);
    let parse = |line: &str| {
        let mut words = line.trim_end_matches('\r').split(' ');
        let words = [(); 5].map(|()| words.next());
        let [Some("number"), Some(number), Some("worst"), Some(worst), None] = words else { return None };
        Some((number.parse().ok()?, worst.parse().ok()?))
    };
    // The last line may not be whole.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let numbers: Vec<(u32, u32)> = whole.split('\n').filter_map(parse).collect();
    assert!(numbers.windows(2).all(|pair| pair[0].0 < pair[1].0), "numbers doubled or out of order: {text}");
    numbers
}

fn counting() -> Board {
    Board::open(Options::main(COUNTING))
}

/// The program goes on, and no line of it has waited longer than the port's limit.
fn check_goes_on(board: &mut Board, all: &mut Vec<u8>) {
    let before = all.len();
    all.extend(board.read_for(500));
    let seen = numbers(&all[before..]);
    assert!(seen.len() > 50, "the output is stuck: {:?}", String::from_utf8_lossy(&all[before..]));
    let (_, worst) = *numbers(all).last().expect("lines");
    assert!(worst <= 520, "a line took {worst} ms");
}

#[test]
fn newest_256_bytes_are_kept_until_a_terminal_listens() {
    let program = "import time\nfor i in range(200): print('%08d' % i)\ntime.sleep(1000)\n";
    let mut board = Board::start(Options::main(program));
    board.enumerate();
    board.wait(2_000);
    board.open_serial();
    let wanted: String = (0..200).map(|number| format!("{number:08}\r\n")).collect();
    assert_eq!(board.read_for(300), wanted.as_bytes()[wanted.len() - KEPT..]);
}

#[test]
fn a_terminal_has_100_ms_to_switch_its_echo_off() {
    let mut board = Board::start(Options::main("import time\nprint('hello')\ntime.sleep(1000)\n"));
    board.enumerate();
    board.wait(500);
    raise_dtr(&mut board);
    let raised = board.host.now();
    let reading = board.host.submit_read(SERIAL_IN, 64);
    let got = board.host.wait(reading, BusTime::from_millis(200)).expect("what was kept");
    assert_eq!(got.data, b"hello\r\n");
    let after = got.at.since(raised).millis();
    assert!((98..=102).contains(&after), "the first byte came {after} ms after DTR");
}

#[test]
fn nothing_is_lost_while_the_host_reads_slowly() {
    let program = "import time\ntime.sleep(1)\nfor i in range(100): print('%08d' % i)\ntime.sleep(1000)\n";
    let mut board = Board::start(Options::main(program));
    board.enumerate();
    raise_dtr(&mut board);
    let wanted: String = (0..100).map(|number| format!("{number:08}\r\n")).collect();
    let mut got = Vec::new();
    while got.len() < wanted.len() {
        board.wait(400);
        let packet = board.host.read(SERIAL_IN, 64, BusTime::from_millis(1_500)).expect("more output");
        got.extend(packet);
    }
    assert_eq!(String::from_utf8_lossy(&got), wanted);
}

#[test]
fn program_goes_on_when_the_host_stops_reading() {
    let mut board = counting();
    let mut all = board.read_for(500);
    let (last, _) = *numbers(&all).last().expect("lines");
    board.wait(10_000);
    let seen = board.read_for(1_000);
    all.extend(&seen);
    let lines = numbers(&all);
    let (end, worst) = *lines.last().expect("lines");
    assert!((500..=520).contains(&worst), "one line waits for half a second, and only one: {worst} ms");
    // 5 ms and a little for a line, and the one wait: everything else that was printed meanwhile is lost, not late.
    assert!(end - last > 1_500, "the program printed {} lines in 10 s", end - last);
    check_goes_on(&mut board, &mut all);
}

#[test]
fn one_wait_is_enough_for_a_host_that_never_reads() {
    // DTR is on, and nobody ever reads: 256 bytes fit, the next line waits, all others do not.
    let program = "import time\ntime.sleep(1)\nbefore = time.ticks_ms()\nfor i in range(1000): print('%08d' % i)\n\
                   took = time.ticks_diff(time.ticks_ms(), before)\ntime.sleep(1)\nwhile True:\n  print('took', took, '.')\n  time.sleep_ms(5)\n";
    let mut board = Board::start(Options::main(program));
    board.enumerate();
    raise_dtr(&mut board);
    board.wait(5_000);
    board.open_serial();
    board.expect("took ", 1_000);
    let took: u32 = board.expect(" .", 100).parse().expect("milliseconds");
    assert!((500..=700).contains(&took), "{took} ms");
}

#[test]
fn cable_pulled_and_put_back() {
    let mut board = counting();
    let mut all = board.read_for(200);
    for _ in 0..3 {
        board.host.unplug().expect("the cable is pulled");
        all.extend(board.read_for(1_000));
        board.host.plug().expect("the cable is put back");
        board.reconnect();
        check_goes_on(&mut board, &mut all);
    }
    let (_, worst) = *numbers(&all).last().expect("lines");
    assert!(worst < 520, "{worst} ms");
}

#[test]
fn cable_pulled_while_a_write_waits() {
    let mut board = counting();
    let mut all = board.read_for(200);
    // The host does not read for long enough that a line waits, but not so long that it is given up.
    board.wait(500);
    board.host.unplug().expect("the cable is pulled");
    all.extend(board.read_for(2_000));
    board.host.plug().expect("the cable is put back");
    board.reconnect();
    check_goes_on(&mut board, &mut all);
}

#[test]
fn suspended_and_resumed() {
    let mut board = counting();
    let mut all = board.read_for(200);
    for _ in 0..3 {
        let before = numbers(&all).last().expect("lines").0;
        board.host.suspend().expect("suspend");
        board.wait(1_000);
        board.host.resume().expect("resume");
        let seen = board.read_for(300);
        let resumed = numbers(&[&all[..], &seen[..]].concat());
        let gap = resumed.windows(2).map(|pair| pair[1].0 - pair[0].0).max().expect("lines");
        assert!(gap > 50, "what was printed meanwhile is not all there: {gap}");
        assert!(resumed.last().expect("lines").0 > before + 150, "the program went on");
        all.extend(seen);
        check_goes_on(&mut board, &mut all);
    }
}

#[test]
fn suspended_with_packets_on_their_way() {
    let mut board = counting();
    let mut all = board.read_for(200);
    // The host has stopped reading: packets wait in the controller when the bus is suspended.
    board.wait(400);
    board.host.suspend().expect("suspend");
    board.wait(1_000);
    board.host.resume().expect("resume");
    check_goes_on(&mut board, &mut all);
}

#[test]
fn suspended_briefly_nothing_is_lost() {
    // Fewer than 256 bytes are printed while the bus sleeps: all of them come.
    let program =
        "import time\ntime.sleep(1)\nfor i in range(300):\n  print('%08d' % i)\n  time.sleep_ms(5)\nprint('end')\n";
    let mut board = Board::open(Options::main(program));
    let mut all = board.read_for(1_000);
    for _ in 0..5 {
        board.host.suspend().expect("suspend");
        board.wait(30);
        board.host.resume().expect("resume");
        all.extend(board.read_for(100));
    }
    let rest = board.expect("end\r\n", 5_000);
    all.extend(rest.as_bytes());
    let wanted: String = (0..300).map(|number| format!("{number:08}\r\n")).collect();
    assert_eq!(String::from_utf8_lossy(&all), wanted);
}

#[test]
fn closed_and_opened() {
    let mut board = counting();
    let mut all = Vec::new();
    for round in 0..10 {
        all.extend(board.read_for(50 + round));
        board.close_serial();
        board.wait(50 * round);
        board.open_serial();
        check_goes_on(&mut board, &mut all);
    }
}

#[test]
fn closed_while_a_write_waits() {
    let mut board = counting();
    let mut all = board.read_for(200);
    board.wait(500);
    board.close_serial();
    board.wait(1_000);
    board.open_serial();
    check_goes_on(&mut board, &mut all);
}

#[test]
fn bus_reset_and_enumerated_again() {
    let mut board = counting();
    let mut all = board.read_for(200);
    for _ in 0..5 {
        board.reconnect();
        check_goes_on(&mut board, &mut all);
    }
}

#[test]
fn full_packets_are_followed_by_an_empty_one() {
    // A host that asked for more than a packet learns that this was all.
    let mut board = Board::start(Options::main(
        "import sys, time\ntime.sleep(1)\nsys.stdout.buffer.write(b'x' * 128)\ntime.sleep(1000)\n",
    ));
    board.enumerate();
    raise_dtr(&mut board);
    board.wait(150);
    let got = board.host.read(SERIAL_IN, 4096, BusTime::from_millis(2_000)).expect("a transfer that ends");
    assert_eq!(got.len(), 128);
}

#[test]
fn output_is_drained_while_a_callback_never_ends() {
    let program = "import device, time\nbuffer = bytearray(8)\n\
        def spin(*_):\n  print('x' * 150)\n  while True: pass\n\
        device.start(open_itf_cb=lambda _: device.usb.submit_xfer(3, buffer), xfer_cb=spin)\n\
        while True: time.sleep(1)\n";
    let mut board = Board::start(Options::main(program));
    board.enumerate();
    board.wait(10);
    board.host.write(3, b"go", false, BusTime::from_millis(100)).expect("the transfer");
    board.wait(500);
    board.open_serial();
    board.expect(&format!("{}\r\n", "x".repeat(150)), 300);
    board.send("\x03");
    board.expect(">>> ", 100);
}
