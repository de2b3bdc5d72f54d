//! The controller notices what a stack must not do.

use super::*;
use crate::violation::Violation;

type Misuse = fn(&mut Bench);

/// What `misuse` is noted as, on a controller with bulk endpoints 1 OUT and 1 IN.
fn noted(shape: Shape, misuse: Misuse) -> Vec<Violation> {
    let mut bench = Bench::with(shape, 0x81, TransferType::Bulk, 64);
    bench.model.open(&config(1, TransferType::Bulk, 64)).unwrap();
    misuse(&mut bench);
    std::mem::take(&mut bench.model.violations)
}

#[test]
fn each_misuse_is_noted() {
    for shape in SHAPES {
        let cases: [(Misuse, Violation); 15] = [
            (|b| b.model.connect(), Violation::ConnectedTwice),
            (|b| assert_eq!(b.model.send(2, &[]), None), Violation::SendOnClosed(2)),
            (|b| assert_eq!(b.model.send(0, &[0; 65]), None), Violation::ControlRunTooLong(65)),
            (|b| b.model.arm(2, &[]), Violation::ArmOnClosed(2)),
            (|b| b.model.read(1, 0, &mut []), Violation::ReadOfNothing(1)),
            (|b| b.model.release(1), Violation::ReleaseOfNothing(1)),
            (|b| b.model.release(3), Violation::ReleaseOfNothing(3)),
            (|b| b.model.set_halt(ep(0x83), true), Violation::ChangeOfClosed(0x83)),
            (|b| b.model.reset_toggle(ep(0x03)), Violation::ChangeOfClosed(3)),
            (|b| b.model.set_address(128), Violation::AddressOutOfRange(128)),
            (|b| b.model.remote_wakeup(), Violation::WakeupWhileAwake),
            (
                |b| {
                    b.model.set_halt(ep(0x81), true);
                    assert_eq!(b.model.send(1, &[1]), None);
                },
                Violation::SendWhileHalted(1),
            ),
            (
                |b| {
                    b.model.set_halt(ep(1), true);
                    b.model.arm(1, &[1]);
                },
                Violation::ArmWhileHalted(1),
            ),
            (
                |b| {
                    b.model.send(0, &[]);
                    b.model.set_address(3);
                },
                Violation::AddressBeforeStatus,
            ),
            (
                |b| {
                    b.model.arm(1, &[0; 10]);
                    b.out(1, D0, &[1, 2]);
                    b.model.read(1, 2, &mut [0; 5]);
                    b.model.read(1, 3, &mut [0; 5]);
                },
                Violation::ReadBeyond { number: 1, offset: 3, len: 2 },
            ),
        ];
        for (misuse, expected) in cases {
            assert_eq!(noted(shape, misuse), [expected]);
        }
    }
}

#[test]
fn a_run_that_went_straight_into_its_room_is_read_there() {
    let noted = noted(Shape::SAMD, |bench| {
        let mut room = [0; 64];
        bench.model.arm(1, &room);
        bench.out(1, D0, &[1, 2]);
        bench.model.read(1, 0, &mut room);
        bench.model.read(1, 0, &mut [0; 64]);
    });
    assert_eq!(noted, [Violation::ReadElsewhere(1)]);
}

#[test]
fn nothing_can_be_opened_without_pull_up() {
    let noted = noted(Shape::RP2040, |bench| {
        bench.model.disconnect();
        assert!(bench.model.open(&config(0, TransferType::Control, 64)).is_err());
    });
    assert_eq!(noted, [Violation::NotConnected]);
}
