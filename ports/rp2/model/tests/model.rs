//! The model itself: what goes in comes out, and what a driver must not do is noticed.

use port_rp2::registers::Register;
use port_rp2::{Chip, Registers, memory};
use rp2_model::{ModelRegisters, Violation, pair};

#[test]
fn unaligned_bytes_come_out_of_the_packet_memory_as_they_went_in() {
    let (registers, bus) = pair(Chip::Rp2350);
    let mut registers = registers;
    registers.restart();
    let bytes: Vec<u8> = (1..=61).collect();
    registers.copy_in(memory::BUFFERS, &bytes);
    for from in 0..8 {
        for to in from..61 {
            let mut out = vec![0; to - from];
            registers.copy_out(memory::BUFFERS + from as u16, &mut out);
            assert_eq!(out, bytes[from..to]);
        }
    }
    assert_eq!(bus.model().violations(), []);
    registers.word(memory::BUFFERS + 2);
    assert_eq!(bus.model().violations(), [Violation::Unaligned(memory::BUFFERS + 2)]);
}

#[test]
fn the_model_sees_what_a_driver_must_not_do() {
    let at = memory::Slot::output(1).buffer_control(0);
    let broken = |chip, act: &dyn Fn(&mut ModelRegisters)| {
        let (mut registers, bus) = pair(chip);
        registers.restart();
        registers.set_word(at, 0);
        registers.write(Register::Main, 1);
        registers.set_word(memory::Slot::output(1).endpoint_control(), 1 << 31 | 2 << 26 | 0x180);
        registers.set_half(at, 64);
        act(&mut registers);
        bus.model().violations().to_vec()
    };
    let hand_over = |registers: &mut ModelRegisters| {
        registers.settle();
        registers.set_half(at, 64 | 1 << 10);
    };
    assert_eq!(broken(Chip::Rp2040B2, &hand_over), []);
    assert_eq!(
        broken(Chip::Rp2040B2, &|registers| registers.set_half(at, 64 | 1 << 10)),
        [Violation::AvailableTooEarly(at)]
    );
    let together = |registers: &mut ModelRegisters| {
        registers.settle();
        registers.set_half(at, 32 | 1 << 10);
    };
    assert_eq!(broken(Chip::Rp2040B2, &together), [Violation::AvailableTooEarly(at)]);
    let taken = |registers: &mut ModelRegisters| {
        hand_over(registers);
        registers.set_half(at, 0);
    };
    assert_eq!(broken(Chip::Rp2040B2, &taken), [Violation::BufferTaken(at)]);
    let written = |registers: &mut ModelRegisters| {
        hand_over(registers);
        registers.set_word(0x184, 0);
    };
    assert_eq!(broken(Chip::Rp2040B2, &written), [Violation::DataTaken(0x184)]);
    let aborted = |registers: &mut ModelRegisters| registers.set(Register::Abort, 8);
    assert_eq!(broken(Chip::Rp2040B1, &aborted), [Violation::AbortThatNeverEnds]);
}
