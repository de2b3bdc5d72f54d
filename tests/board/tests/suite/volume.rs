//! Much data through the serial port: not a byte is lost, doubled or out of place.

use board_tests::{Board, amount};

/// Bytes each way.
fn total() -> usize {
    amount(256 * 1024, 1024 * 1024)
}

const BLOCK: usize = 256;

/// Blocks that tell their number.
fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes / BLOCK).flat_map(|number| format!("{number:08x}").repeat(BLOCK / 8).into_bytes()).collect()
}

/// The first difference is easier to read than two megabytes.
fn check_same(got: &[u8], wanted: &[u8]) {
    let same = got.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    let around =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[same.min(bytes.len())..bytes.len().min(same + 32)]).into_owned();
    assert!(got == wanted, "from byte {same} on: {:?} instead of {:?}", around(got), around(wanted));
}

#[test]
fn to_the_host() {
    let mut board = Board::repl();
    board.enter_raw();
    let blocks = total() / BLOCK;
    board.start_raw(&format!("import sys\nfor i in range({blocks}):\n  sys.stdout.buffer.write(b'%08x' % i * 32)\n"));
    let got = board.read_exactly(total(), 60_000);
    check_same(&got, &pattern(total()));
    assert_eq!(board.end_raw(1_000).ok(), "");
}

#[test]
fn to_the_device() {
    let mut board = Board::repl();
    board.enter_raw();
    let blocks = total() / BLOCK;
    board.start_raw(&format!(
        "import sys, micropython\n\
         micropython.kbd_intr(-1)\n\
         buffer = bytearray({BLOCK})\n\
         wrong = 0\n\
         print('ready')\n\
         for i in range({blocks}):\n\
        \x20 sys.stdin.buffer.readinto(buffer)\n\
        \x20 wrong += buffer != b'%08x' % i * 32\n\
         print('wrong', wrong)\n"
    ));
    board.expect("ready\r\n", 1_000);
    for piece in pattern(total()).chunks(4096) {
        board.send(piece);
    }
    assert_eq!(board.end_raw(1_000).ok(), "wrong 0\n");
}

#[test]
fn both_ways_at_once() {
    let bytes = total() / 4;
    let mut board = Board::repl();
    board.enter_raw();
    board.start_raw(&format!(
        "import sys, micropython\n\
         micropython.kbd_intr(-1)\n\
         buffer = bytearray(64)\n\
         print('ready')\n\
         for i in range({}):\n\
        \x20 sys.stdin.buffer.readinto(buffer)\n\
        \x20 sys.stdout.buffer.write(buffer)\n",
        bytes / 64
    ));
    board.expect("ready\r\n", 1_000);
    let wanted = pattern(bytes);
    let mut got = Vec::new();
    for piece in wanted.chunks(1024) {
        board.send(piece);
        got.extend(board.read_for(0));
    }
    let left = bytes - got.len();
    got.extend(board.read_exactly(left, 10_000));
    check_same(&got, &wanted);
    assert_eq!(board.end_raw(1_000).ok(), "");
}
