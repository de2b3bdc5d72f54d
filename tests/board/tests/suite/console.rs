//! The REPL on the built-in serial port.

use board_tests::{Board, Options};

/// How long the board may take from a Ctrl-C to the prompt, in milliseconds.
const PROMPTLY: u64 = 30;

#[test]
fn banner_comes_before_the_prompt() {
    let mut board = Board::open(Options::default());
    let banner = board.prompt();
    assert!(banner.starts_with("MicroPython v"), "{banner:?}");
    assert!(banner.ends_with("Type \"help()\" for more information.\r\n"), "{banner:?}");
}

#[test]
fn expressions_are_answered() {
    let mut board = Board::repl();
    assert_eq!(board.run("1 + 1"), "2\n");
    assert_eq!(board.run("print('a' * 300)"), format!("{}\n", "a".repeat(300)));
    assert!(board.run("1 / 0").ends_with("ZeroDivisionError: divide by zero\n"));
}

#[test]
fn ctrl_c_ends_an_endless_loop() {
    let mut board = Board::repl();
    board.send("while True: pass\r\r");
    board.wait(100);
    board.send("\x03");
    assert!(board.expect(">>> ", PROMPTLY).ends_with("KeyboardInterrupt: \r\n"));
}

#[test]
fn ctrl_c_ends_a_sleep() {
    let mut board = Board::repl();
    board.run("import time");
    board.type_line("time.sleep(1000)");
    board.wait(100);
    board.send("\x03");
    assert!(board.expect(">>> ", PROMPTLY).ends_with("KeyboardInterrupt: \r\n"));
}

#[test]
fn ctrl_c_in_main_py_gives_the_prompt() {
    let mut board = Board::open(Options::main("import time\nwhile True:\n    print('tick')\n    time.sleep(1)\n"));
    board.expect("tick", 2_000);
    board.send("\x03");
    assert!(board.expect(">>> ", PROMPTLY).contains("KeyboardInterrupt"));
}

#[test]
fn ctrl_c_at_the_prompt_clears_the_line() {
    let mut board = Board::repl();
    board.send("nonsense");
    board.expect("nonsense", 100);
    board.send("\x03");
    assert_eq!(board.expect(">>> ", PROMPTLY), "\r\n");
    assert_eq!(board.run("2 + 2"), "4\n");
}

#[test]
fn paste_mode_runs_what_was_pasted() {
    let mut board = Board::repl();
    assert_eq!(board.paste("for i in range(3):\n    print(i)\n\nprint('end')"), "0\n1\n2\nend\n");
    board.send("\x05");
    board.expect("=== ", 100);
    board.send("print(1)\x03");
    board.expect(">>> ", 100);
    assert_eq!(board.run("3"), "3\n");
}

#[test]
fn raw_repl_tells_output_from_errors() {
    let mut board = Board::repl();
    board.enter_raw();
    assert_eq!(board.raw("print(1)\nprint(2)").ok(), "1\n2\n");
    let failed = board.raw("print('before')\nraise ValueError('on purpose')");
    assert_eq!(failed.output, "before\n");
    assert!(failed.error.ends_with("ValueError: on purpose\n"), "{failed:?}");
    board.start_raw("while True: pass");
    board.wait(50);
    board.send("\x03");
    assert!(board.end_raw(PROMPTLY).error.ends_with("KeyboardInterrupt: \n"));
    board.leave_raw();
    assert_eq!(board.run("'friendly'"), "'friendly'\n");
}

#[test]
fn raw_paste_takes_programs_longer_than_its_window() {
    let mut board = Board::repl();
    board.enter_raw();
    let program: String = (0..200).map(|number| format!("x{number} = {number}\n")).collect();
    assert_eq!(board.raw_paste(&(program + "print(x0, x199)")).ok(), "0 199\n");
    let failed = board.raw_paste("print('before')\nraise ValueError('on purpose')");
    assert_eq!(failed.output, "before\n");
    assert!(failed.error.ends_with("ValueError: on purpose\n"), "{failed:?}");
    board.leave_raw();
}

#[test]
fn raw_paste_ends_with_ctrl_c() {
    let mut board = Board::repl();
    board.enter_raw();
    board.begin_raw_paste();
    board.send("print(1)\n\x03");
    let ended = board.read_for(50);
    assert!(ended.ends_with(b"\x04>"), "{:?}", String::from_utf8_lossy(&ended));
    assert_eq!(board.raw_paste("print(2)").ok(), "2\n");
}
