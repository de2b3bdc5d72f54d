use std::io::{Cursor, Read};
use std::os::unix::net::UnixStream;
use std::thread;

use super::message::{Answer, Command, LONGEST, OwnedTransaction, State};
use super::*;
use crate::bus::Bus;
use crate::host::Host;
use crate::port::{Fault, Port, PortError, Reply, Toggle, Token, Transaction};
use crate::scripted::Scripted;
use crate::time::BusTime;

const DEVICE: [u8; 18] = [18, 1, 0, 2, 0, 0, 0, 64, 0x8a, 0x2e, 5, 0, 0, 1, 0, 0, 0, 1];
const CONFIGURATION: [u8; 32] =
    [9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 255, 0, 0, 0, 7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x81, 2, 64, 0, 0];

fn scripted() -> Scripted {
    Scripted::new(&DEVICE, &CONFIGURATION).with(|device| device.echo = true)
}

fn remote(stream: UnixStream) -> Result<RemotePort, PortError> {
    let input = stream.try_clone().unwrap();
    RemotePort::new(Box::new(input), Box::new(stream))
}

fn at(nanos: u64) -> BusTime {
    BusTime::from_nanos(nanos)
}

#[test]
fn every_message_comes_back_as_it_went() {
    let data = [1, 2, 3];
    let transaction = Transaction {
        start: at(5),
        token_end: at(6),
        data_end: at(7),
        token: Token::Out,
        address: 127,
        endpoint: 15,
        toggle: Toggle::Data1,
        data: &data,
        room: 64,
        isochronous: true,
        fault: Some(Fault::LoseHandshake),
    };
    let commands = [
        Command::Hello { version: 7 },
        Command::RunUntil(at(u64::MAX)),
        Command::Transaction(OwnedTransaction::from(&transaction)),
        Command::Reset(at(1), at(2)),
        Command::Suspend(at(3)),
        Command::Resume(at(4)),
        Command::StartOfFrame(at(5), 2047),
        Command::Cable(at(6), true),
        Command::Goodbye,
    ];
    for command in commands {
        let mut bytes = Vec::new();
        command.write(&mut bytes).unwrap();
        assert_eq!(Command::read(&mut bytes.as_slice()), Ok(command));
    }
    let state = State { changes: 1 << 40, pull_up: true, resume_requested: false };
    let answers = [
        Answer::Hello { version: 1, name: "device".to_owned() },
        Answer::Reached(state, at(9)),
        Answer::Reply(state, Reply::Nak),
        Answer::Reply(state, Reply::Data { toggle: Toggle::Data1, bytes: vec![1; 1023] }),
        Answer::Done(state),
        Answer::Failed("why".to_owned()),
    ];
    for answer in answers {
        let mut bytes = Vec::new();
        answer.write(&mut bytes).unwrap();
        assert_eq!(Answer::read(&mut bytes.as_slice()), Ok(answer));
    }
}

#[test]
fn the_bytes_are_those_of_the_document() {
    let mut bytes = Vec::new();
    Command::StartOfFrame(at(0x0102), 0x0304).write(&mut bytes).unwrap();
    assert_eq!(bytes, [11, 0, 0, 0, 0x07, 2, 1, 0, 0, 0, 0, 0, 0, 4, 3]);
    bytes.clear();
    Answer::Reply(
        State { changes: 5, pull_up: true, resume_requested: true },
        Reply::Data { toggle: Toggle::Data1, bytes: vec![0xaa] },
    )
    .write(&mut bytes)
    .unwrap();
    assert_eq!(bytes, [13, 0, 0, 0, 0x83, 5, 0, 0, 0, 0, 0, 0, 0, 3, 4, 1, 0xaa]);
}

#[test]
fn malformed_bytes_are_errors_and_never_a_panic() {
    let mut good = Vec::new();
    Command::RunUntil(at(1)).write(&mut good).unwrap();
    for length in 0..good.len() {
        assert_eq!(Command::read(&mut &good[..length]), Err(LinkError::Closed));
    }
    let too_long = ((LONGEST + 1) as u32).to_le_bytes();
    assert!(matches!(Command::read(&mut too_long.as_slice()), Err(LinkError::Malformed(_))));
    let mut random = 1u32;
    for _ in 0..20_000 {
        let mut message = vec![12, 0, 0, 0];
        for _ in 0..12 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            message.push((random >> 24) as u8 & 0x8f);
        }
        let _ = Command::read(&mut message.as_slice());
        let _ = Answer::read(&mut message.as_slice());
    }
}

#[test]
fn a_device_behind_a_link_is_the_same_as_one_in_the_process() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = thread::spawn(move || Server::over(theirs, "scripted").unwrap().serve(&mut scripted()));
    let port = remote(ours).unwrap();
    assert_eq!(port.name(), "scripted");
    let run = |bus: Bus| {
        let mut host = Host::new(bus);
        host.enumerate(BusTime::from_millis(500)).unwrap();
        host.write(1, &[5; 200], false, BusTime::from_millis(50)).unwrap();
        let back = host.read(0x81, 200, BusTime::from_millis(50)).unwrap();
        (back, host.now())
    };
    let far = run(Bus::new(Box::new(port)));
    assert_eq!(far, run(Bus::new(Box::new(scripted()))));
    assert_eq!(server.join().unwrap(), Ok(()));
}

#[test]
fn another_version_is_refused_on_both_sides() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    Answer::Hello { version: VERSION + 1, name: String::new() }.write(&mut &theirs).unwrap();
    let error = remote(ours).err().unwrap();
    assert!(error.to_string().contains("version 2 of the link protocol, this one 1"), "{error}");
    assert_eq!(Command::read(&mut &theirs), Ok(Command::Hello { version: VERSION }));
    let mut hello = Vec::new();
    Command::Hello { version: 9 }.write(&mut hello).unwrap();
    let error = Server::new(Box::new(Cursor::new(hello)), Box::new(Vec::new()), "").err().unwrap();
    assert_eq!(error, LinkError::Version { theirs: 9 });
}

#[test]
fn a_device_that_goes_away_or_talks_nonsense_is_a_clear_error() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    Answer::Hello { version: VERSION, name: String::new() }.write(&mut &theirs).unwrap();
    let mut port = remote(ours).unwrap();
    Answer::Done(State::default()).write(&mut &theirs).unwrap();
    let error = port.run_until(at(1)).unwrap_err();
    assert_eq!(error, PortError::Protocol("Done is no answer to RunUntil".to_owned()));
    Answer::Reached(State::default(), at(1)).write(&mut &theirs).unwrap();
    assert!(port.run_until(at(2)).unwrap_err().to_string().contains("earlier, but without a change"));
    Answer::Failed("the emulator met an unknown instruction".to_owned()).write(&mut &theirs).unwrap();
    assert_eq!(
        port.suspend(at(2)).unwrap_err().to_string(),
        "the device stopped: the emulator met an unknown instruction"
    );
    drop(theirs);
    assert_eq!(port.suspend(at(2)).unwrap_err(), PortError::Closed("during Suspend".to_owned()));
}

/// A program with its own main loop: it counts to a time, sleeps, and lets the bus in through the server.
fn program(stream: UnixStream) -> Result<Vec<BusTime>, LinkError> {
    let mut server = Server::over(stream, "program")?;
    let mut port = scripted();
    let mut now = BusTime::ZERO;
    let mut wakes = Vec::new();
    loop {
        // Runs for 100 us.
        now += BusTime::from_micros(100);
        port.run_until(now).unwrap();
        match server.advance(&mut port, now) {
            Err(LinkError::Closed) => return Ok(wakes),
            other => other?,
        }
        // Sleeps for 300 us, or until something happens.
        let until = now + BusTime::from_micros(300);
        while now < until {
            now = match server.sleep(&mut port, now, until) {
                Err(LinkError::Closed) => return Ok(wakes),
                other => other?,
            };
            let mut reached = port.run_until(now).unwrap();
            while reached < now {
                reached = port.run_until(now).unwrap();
            }
            wakes.push(now);
        }
    }
}

#[test]
fn a_program_with_its_own_main_loop_is_served_between_its_steps() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let device = thread::spawn(move || program(theirs));
    let mut host = Host::new(Bus::new(Box::new(remote(ours).unwrap())));
    host.enumerate(BusTime::from_millis(500)).unwrap();
    host.write(1, &[5; 200], false, BusTime::from_millis(50)).unwrap();
    assert_eq!(host.read(0x81, 200, BusTime::from_millis(50)).unwrap(), [5; 200]);
    let end = host.now();
    drop(host);
    let wakes = device.join().unwrap().unwrap();
    assert!(wakes.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(*wakes.last().unwrap() <= end);
}

#[test]
fn nothing_is_sent_before_the_device_is_known() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let waiting = thread::spawn(move || remote(ours).map(|_| ()));
    assert!(theirs.read(&mut [0; 1]).is_err());
    Answer::Hello { version: VERSION, name: String::new() }.write(&mut &theirs).unwrap();
    waiting.join().unwrap().unwrap();
}
