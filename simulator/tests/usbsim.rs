//! The tool as a person runs it: what it prints, and how it ends.

#[path = "remote/redir_client.rs"]
mod redir_client;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use redir_client::{Guest, SUCCESS};

const TOOL: &str = env!("CARGO_BIN_EXE_usbsim");

fn device() -> PathBuf {
    let folder = Path::new(TOOL).parent().unwrap();
    let path = folder.join("examples/keyboard_device");
    assert!(path.exists(), "{} is missing: run the whole of `cargo test`, which builds examples", path.display());
    path
}

fn usbsim(options: &[&str], device_arguments: &[&str]) -> Output {
    let mut command = Command::new(TOOL);
    command.arg("run").args(options).arg("--device").arg(device()).args(device_arguments);
    command.output().unwrap()
}

/// Ends with failure; returns what it says on stderr.
fn failure(options: &[&str], device_arguments: &[&str]) -> String {
    let output = usbsim(options, device_arguments);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{name}-{}", std::process::id()))
}

#[test]
fn a_keyboard_is_enumerated_in_words_and_its_typing_decoded() {
    for link in [&[][..], &["--stdio"]] {
        let options = [&["--host", "keyboard", "--line", "Hello, World! {~}"], link].concat();
        let output = usbsim(&options, &["Hello, World! {~}"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        for step in ["bus reset", "SET_ADDRESS(1): done", "product: \"Keyboard\"", "SET_CONFIGURATION(1): done"] {
            assert!(text.contains(step), "{step} is missing in:\n{text}");
        }
        assert!(text.ends_with("typed:\nHello, World! {~}\n"), "{text}");
    }
}

#[test]
fn two_runs_give_the_same_trace_and_the_same_pcap() {
    let mut runs = Vec::new();
    for run in 0..2 {
        let (trace, pcap) = (temporary(&format!("trace{run}")), temporary(&format!("pcap{run}")));
        let files = [trace.to_str().unwrap(), pcap.to_str().unwrap()];
        let output = usbsim(&["--line", "same", "--trace", files[0], "--pcap", files[1]], &["same"]);
        assert!(output.status.success());
        runs.push((std::fs::read(&trace).unwrap(), std::fs::read(&pcap).unwrap()));
        std::fs::remove_file(trace).unwrap();
        std::fs::remove_file(pcap).unwrap();
    }
    assert!(runs[0].0.len() > 1000 && runs[0].1.len() > 1000);
    assert!(runs[0] == runs[1]);
}

#[test]
fn a_descriptor_that_lies_is_named_with_the_expectation() {
    let text = failure(&["--host", "none"], &["", "lie"]);
    assert_eq!(
        text,
        "usbsim: data stage of GET_DESCRIPTOR: configuration descriptor, byte 2: wTotalLength is 40, but 34 bytes came\n"
    );
}

#[test]
fn a_wrong_report_descriptor_is_an_error_also_when_drivers_are_chosen_by_the_host() {
    for host in ["keyboard", "auto"] {
        let text = failure(&["--host", host], &["", "report"]);
        assert_eq!(
            text,
            "usbsim: interface 0: HID report descriptor, byte 42: item 0x05 needs 1 data bytes, 0 are left\n"
        );
    }
}

#[test]
fn a_line_that_does_not_come_is_an_error_with_what_came() {
    let text = failure(&["--host", "keyboard", "--line", "Hello", "--seconds", "2"], &["Hell"]);
    assert_eq!(text, "usbsim: the line \"Hello\" was not received within 2 s; received: \"Hell\"\n");
}

#[test]
fn a_device_that_never_attaches_is_an_error() {
    assert_eq!(failure(&["--seconds", "1"], &["", "absent"]), "usbsim: no device attached within 1000 ms\n");
}

#[test]
fn a_device_process_that_dies_is_an_error_and_its_traceback_stays_visible() {
    let text = failure(&["--host", "keyboard", "--line", "x"], &["", "die"]);
    assert!(
        text.starts_with("Traceback: the device program has met an exception\nusbsim: the device process"),
        "{text}"
    );
    assert!(text.contains("exit status: 3"), "{text}");
}

#[test]
fn a_driver_that_finds_no_interface_says_so() {
    let text = failure(&["--host", "serial"], &[""]);
    assert_eq!(text, "usbsim: none of the 1 interfaces is a serial port (class 02, subclass 02)\n");
}

#[test]
fn what_a_killed_run_with_the_same_process_id_has_left_is_no_obstacle() {
    let folder = temporary("stale");
    std::fs::create_dir(&folder).unwrap();
    // The shell's process id is that of the tool which it becomes.
    let script =
        r#"for name in usbsim-$$ usbsim-$$-0; do mkdir "$TMPDIR/$name" && : > "$TMPDIR/$name/link"; done; exec "$@""#;
    let mut command = Command::new("sh");
    command.env("TMPDIR", &folder).args(["-c", script, "sh", TOOL, "run", "--line", "x", "--device"]);
    let output = command.arg(device()).arg("x").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = std::fs::read_dir(&folder).unwrap().count();
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(left, 2);
}

#[test]
fn an_unplugged_device_is_left_alone() {
    let output = usbsim(&["--unplugged", "--seconds", "2"], &["x"]);
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().ends_with("2 s without a host: the device lives\n"));
}

#[test]
fn a_device_is_given_to_a_guest_and_plugged_by_hand() {
    let (socket, pcap) = (temporary("redir"), temporary("redir-pcap"));
    let mut command = Command::new(TOOL);
    command.args(["redir", "--commands", "--socket"]).arg(&socket).arg("--pcap").arg(&pcap);
    command.arg("--device").arg(device()).arg("H").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut tool = command.spawn().unwrap();
    let mut say = tool.stdin.take().unwrap();
    let mut guest = Guest::plugged(&socket);
    assert_eq!(guest.configure(1), (SUCCESS, 1));
    guest.ask(15, &[0x81]);
    // Shift and H: usage 0x0b of the keyboard page.
    assert_eq!(guest.wait_kind(103).body, [0x81, 0, 8, 0, 2, 0, 0x0b, 0, 0, 0, 0, 0]);
    say.write_all(b"unplug\nplug it\n").unwrap();
    guest.wait_gone();
    say.write_all(b"plug\n").unwrap();
    guest.wait_device();
    say.write_all(b"quit\n").unwrap();
    let output = tool.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("usb-redir on "));
    assert!(!socket.exists() && std::fs::metadata(&pcap).unwrap().len() > 200);
    std::fs::remove_file(pcap).unwrap();
}

#[test]
fn a_socket_that_is_in_use_is_an_error_and_one_left_behind_is_not() {
    let path = temporary("taken");
    let taken = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let run = || {
        let mut command = Command::new(TOOL);
        command.args(["redir", "--commands", "--socket"]).arg(&path).arg("--device").arg(device()).arg("");
        command.stdin(Stdio::null()).output().unwrap()
    };
    let output = run();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("usbsim: ") && text.contains("in use"), "{text}");
    drop(taken);
    assert!(run().status.success(), "the file is there, but nobody listens");
}

#[test]
fn usbip_listens_on_this_machine_alone_unless_told_in_so_many_words() {
    let run = |options: &[&str]| {
        let mut command = Command::new(TOOL);
        command.arg("usbip").args(options).args(["--commands", "--device"]).arg(device()).arg("");
        command.stdin(Stdio::null()).output().unwrap()
    };
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:3240"] {
        let output = run(&["--bind", address]);
        assert!(!output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("USB/IP knows no password; say --expose-to-network as well"), "{text}");
    }
    for options in [&["--bind", "127.0.0.1:0"][..], &["--bind", "0.0.0.0:0", "--expose-to-network"]] {
        let output = run(options);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("USB/IP on ") && text.contains("attach --remote "), "{text}");
    }
}
