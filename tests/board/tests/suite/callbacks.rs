//! Callbacks and the console: Ctrl-C, exceptions, printing.

use board_tests::{Board, Feature, Options, Target};
use usb_simulator::time::BusTime;

const OUT: u8 = 0x03;
const PROMPTLY: u64 = 30;

/// A board whose xfer_cb is the function `on_transfer` of `source`, with a transfer waiting on the OUT endpoint, and whose
/// main program is `main`.
fn board(source: &str, main: &str) -> Board {
    let program = format!(
        "import device, time\n\
         buffer = bytearray(64)\n\
         {source}\n\
         device.start(open_itf_cb=lambda _: device.usb.submit_xfer(device.OUT, buffer),\n\
        \x20 xfer_cb=lambda *_: on_transfer())\n\
         {main}\n"
    );
    Board::open(Options::main(program))
}

/// Makes xfer_cb run.
fn call(board: &mut Board) {
    board.host.write(OUT, b"now", false, BusTime::from_millis(1_000)).expect("the transfer that xfer_cb is called for");
}

const SPIN: &str = "def on_transfer():\n  print('spinning')\n  while True: pass\n";
const MAIN: &str =
    "print('main')\ntry:\n  while True: time.sleep(1)\nexcept KeyboardInterrupt:\n  print('interrupted')";

#[test]
fn ctrl_c_ends_a_callback_that_never_returns() {
    let mut board = board(SPIN, MAIN);
    board.expect("main\r\n", 1_000);
    call(&mut board);
    board.expect("spinning\r\n", 100);
    board.wait(1_000);
    board.send("\x03");
    board.expect("interrupted\r\n", PROMPTLY);
    board.prompt();
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn ctrl_c_ends_a_callback_that_sleeps() {
    let mut board = board("def on_transfer():\n  time.sleep(1000)\n", MAIN);
    board.expect("main\r\n", 1_000);
    call(&mut board);
    board.wait(1_000);
    board.send("\x03");
    board.expect("interrupted\r\n", PROMPTLY);
    board.prompt();
}

#[test]
fn ctrl_c_ends_a_callback_that_never_returns_at_the_prompt() {
    let mut board = board(SPIN, "");
    board.prompt();
    call(&mut board);
    board.expect("spinning\r\n", 100);
    board.wait(1_000);
    board.send("\x03");
    board.wait(100);
    board.send("\r");
    board.prompt();
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn ctrl_c_at_the_prompt_clears_the_line_whether_or_not_a_callback_runs() {
    let mut board = board("def on_transfer():\n  time.sleep_ms(20)\n  device.usb.submit_xfer(3, buffer)\n", "");
    board.prompt();
    for delay in [0, 1, 5, 19, 20, 21, 40] {
        call(&mut board);
        board.wait(delay);
        board.send("nonsense\x03");
        board.listen(100);
        board.prompt();
        assert_eq!(board.run("1 + 1").lines().last(), Some("2"), "{delay} ms after the callback began");
        // A callback that was interrupted has not submitted again.
        board.run("device.usb.submit_xfer(3, buffer)");
    }
}

#[test]
fn keyboard_interrupt_that_a_callback_raises_reaches_the_main_program() {
    let mut board = board("def on_transfer():\n  raise KeyboardInterrupt\n", MAIN);
    board.expect("main\r\n", 1_000);
    call(&mut board);
    board.expect("interrupted\r\n", PROMPTLY);
    board.prompt();
}

#[test]
fn system_exit_that_a_callback_raises_reaches_the_main_program() {
    let mut board = board("def on_transfer():\n  raise SystemExit\n", "print('main')\ntime.sleep(1000)");
    board.expect("main\r\n", 1_000);
    call(&mut board);
    // The main program ends with it, and that is a soft reset.
    board.wait_detached(1_000);
    board.reconnect();
    board.expect("MPY: soft reboot\r\n", 1_000);
}

#[test]
fn keyboard_interrupt_that_a_callback_raises_at_the_prompt_is_printed() {
    let mut board = board("def on_transfer():\n  raise KeyboardInterrupt\n", "");
    board.prompt();
    call(&mut board);
    board.expect("KeyboardInterrupt", 1_000);
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn system_exit_that_a_callback_raises_at_the_prompt_is_printed() {
    let mut board = board("def on_transfer():\n  raise SystemExit\n", "");
    board.prompt();
    call(&mut board);
    board.expect("SystemExit", 1_000);
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn keyboard_interrupt_of_reset_cb_in_a_scheduled_function_at_the_prompt_is_printed() {
    let program = "import device, micropython\n\
         buffer = bytearray(64)\n\
         def reset():\n  raise KeyboardInterrupt\n\
         def replug(_):\n  device.usb.active(False); device.usb.active(True)\n\
         device.start(open_itf_cb=lambda _: device.usb.submit_xfer(device.OUT, buffer), reset_cb=reset,\n\
        \x20 xfer_cb=lambda *_: micropython.schedule(replug, 0))\n";
    let mut board = Board::open(Options::main(program.to_owned()));
    board.prompt();
    call(&mut board);
    board.wait_detached(1_000);
    board.reconnect();
    board.send("\r");
    board.prompt();
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn exception_in_a_callback_prints_its_traceback() {
    let mut board = board("def on_transfer():\n  raise ValueError('on purpose')\n", MAIN);
    board.expect("main\r\n", 1_000);
    call(&mut board);
    let said = board.expect("ValueError: on purpose\r\n", 100);
    assert!(said.starts_with("Traceback (most recent call last):\r\n"), "{said:?}");
    assert!(said.contains("in on_transfer"), "{said:?}");
    board.send("\x03");
    board.expect("interrupted\r\n", PROMPTLY);
}

#[test]
fn traceback_of_a_callback_comes_at_the_prompt_too() {
    let mut board = board("def on_transfer():\n  raise ValueError('on purpose')\n", "");
    board.prompt();
    call(&mut board);
    board.expect("ValueError: on purpose\r\n", 100);
    assert_eq!(board.run("1 + 1"), "2\n");
}

/// Ten thousand bytes in numbered lines.
const CHATTER: &str = "def on_transfer():\n  for i in range(625): print('<%08d>....' % i)\n  print('last')\n";

/// Checks that no number comes twice or out of its place, and returns how many came.
fn check_rising(text: &str) -> usize {
    let number = |line: &str| line.strip_prefix('<')?.strip_suffix(">....")?.parse().ok();
    let numbers: Vec<u32> = text.split("\r\n").filter_map(number).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "numbers doubled or out of order: {numbers:?}");
    numbers.len()
}

#[test]
fn callback_may_print_ten_thousand_bytes_while_the_host_reads() {
    let mut board = board(CHATTER, MAIN);
    board.expect("main\r\n", 1_000);
    call(&mut board);
    let said = String::from_utf8_lossy(&board.read_for(500)).into_owned();
    assert!(check_rising(&said) > 100, "{said:?}");
    assert!(!said.contains("recurse") && !said.contains("Traceback"), "{said:?}");
    board.send("\x03");
    board.expect("interrupted\r\n", PROMPTLY);
}

#[test]
fn callback_that_prints_waits_for_no_host() {
    let source = format!("{CHATTER}  global took\n  took = time.ticks_diff(time.ticks_ms(), before)\n");
    let main = "took = -1\nwhile took < 0:\n  before = time.ticks_ms()\n  time.sleep_ms(1)\n";
    let mut board = board(&source, main);
    board.wait(300);
    call(&mut board);
    // Nobody reads: what the host has asked for already and the port's own 256 bytes is all that can get out.
    board.wait(2_000);
    // What the host has asked for is over with the first packet that is not full. On the unix port, where printing takes
    // no time between two packets, that is a later one.
    let least = Target::from_environment().choose(100, 16);
    // The prompt was printed when there was no room for it, either.
    let said = String::from_utf8_lossy(&board.read_for(100)).into_owned();
    assert!(check_rising(&said) > least, "{said:?}");
    board.send("\r");
    board.prompt();
    let took: u32 = board.run("took").trim().parse().expect("milliseconds");
    assert!(took < 400, "the callback took {took} ms");
    assert_eq!(board.run("1 + 1"), "2\n");
}

#[test]
fn callback_that_prints_while_the_main_program_prints() {
    let source = "n = 0\ndef on_transfer():\n  global n\n  n += 1\n  print('callback', n)\n  device.usb.submit_xfer(device.OUT, buffer)\n";
    let main = "while not n: time.sleep_ms(1)\ni = 0\nwhile n < 50:\n  print('main', i)\n  i += 1\nprint('end', n)";
    let mut board = board(source, main);
    for _ in 0..50 {
        call(&mut board);
        board.listen(0);
    }
    board.expect("end 50\r\n", 20_000);
    board.prompt();
}

#[test]
fn other_threads_print_and_submit_while_callbacks_print() {
    if !Target::from_environment().has(Feature::Threads) {
        println!("not on this board: it has no threads");
        return;
    }
    let source = "n = 0\nfinished = False\n\
        def on_transfer():\n  global n\n  n += 1\n  print('callback', n)\n  device.usb.submit_xfer(device.OUT, buffer)\n\
        def work():\n  global finished\n  for i in range(200):\n    print('thread', i)\n    device.usb.submit_xfer(device.IN, b'x')\n  finished = True\n";
    let main = "import _thread\nwhile not n: time.sleep_ms(1)\n_thread.start_new_thread(work, ())\nwhile not finished or n < 20: time.sleep_ms(1)\nprint('end', n)";
    let mut board = board(source, main);
    board.wait(150);
    for _ in 0..20 {
        call(&mut board);
        board.listen(5);
    }
    board.expect("end 20\r\n", 20_000);
    board.prompt();
}
