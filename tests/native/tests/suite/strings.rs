//! String descriptors on the wire.

use native_tests::{App, Broken, Rig, SHAPES, Source, descriptors};

fn read(rig: &mut Rig, index: u8) -> String {
    let bytes = rig.descriptor(3, index, 255).unwrap();
    assert_eq!((usize::from(bytes[0]), bytes[1]), (bytes.len(), 3));
    let units: Vec<u16> = bytes[2..].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    String::from_utf16(&units).unwrap()
}

fn rig(shape: native_tests::Kind, size: u8, source: Source) -> Rig {
    let mut app = App::new(descriptors::vendor());
    app.device = descriptors::device(size);
    app.strings.insert(7, source);
    let mut rig = Rig::with(shape, app);
    rig.enumerate();
    rig
}

#[test]
fn texts_of_every_length_and_packet_size() {
    for shape in SHAPES {
        for size in [8, 16, 32, 64] {
            let mut rig = rig(shape, size, Source::Utf8(String::new()));
            for length in [0, 1, 2, 3, 7, 30, 31, 32, 125, 126, 127, 200] {
                for character in ['a', 'ü', '語', '🐍'] {
                    let text: String = std::iter::repeat_n(character, length).collect();
                    rig.app.strings.insert(7, Source::Utf8(text.clone()));
                    let got = read(&mut rig, 7);
                    let fits = length.min(126 / character.len_utf16());
                    assert_eq!(got, text.chars().take(fits).collect::<String>());
                }
            }
        }
    }
}

#[test]
fn every_wlength() {
    for shape in SHAPES {
        let mut rig = rig(shape, 8, Source::Utf8("Größe 🐍".into()));
        let whole = rig.descriptor(3, 7, 255).unwrap();
        for length in 0..=255 {
            let expected = &whole[..whole.len().min(length.into())];
            assert_eq!(rig.descriptor(3, 7, length).as_deref(), Ok(expected));
        }
    }
}

#[test]
fn bytes_are_units_up_to_a_nul() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, Source::Latin1(b"caf\xe9\0rest".to_vec()));
        assert_eq!(read(&mut rig, 7), "café");
    }
}

#[test]
fn languages_are_sent_as_they_are() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, Source::Utf8(String::new()));
        assert_eq!(rig.descriptor(3, 0, 255), Ok(vec![4, 3, 9, 4]));
        rig.app.strings.insert(0, Source::Raw(vec![6, 3, 9, 4, 7, 4]));
        assert_eq!(rig.descriptor(3, 0, 255), Ok(vec![6, 3, 9, 4, 7, 4]));
        rig.app.strings.insert(0, Source::Raw(vec![200, 3, 9, 4]));
        assert!(rig.descriptor(3, 0, 255).is_ok_and(|bytes| bytes.len() <= 4), "never past the end");
        rig.app.strings.insert(0, Source::Raw(vec![]));
        assert!(matches!(rig.descriptor(3, 0, 255), Err((_, Broken::Stall))));
    }
}

#[test]
fn a_string_that_only_the_task_knows() {
    for shape in SHAPES {
        let mut rig = rig(shape, 64, Source::Task(Some("from the task".into())));
        assert_eq!(read(&mut rig, 7), "from the task");
        rig.app.strings.insert(7, Source::Task(None));
        assert!(matches!(rig.descriptor(3, 7, 255), Err((_, Broken::Stall))));
        rig.app.strings.insert(7, Source::Task(Some("again".into())));
        rig.hold_task = true;
        rig.send_setup(native_tests::setup(0x80, 6, 0x0307, 0x0409, 255)).unwrap();
        assert_eq!(rig.control_data_in(255), Err(Broken::Nak));
        assert_eq!(rig.descriptor(1, 0, 18).map(|bytes| bytes.len()), Ok(18), "the host does not wait");
        rig.hold_task = false;
        rig.turn();
        assert_eq!(read(&mut rig, 7), "again");
    }
}
