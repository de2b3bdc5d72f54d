//! From keys to text: the US layout.

/// Left and right Shift.
const SHIFTS: [u8; 2] = [0xe1, 0xe5];
const CAPS_LOCK: u8 = 0x39;

/// The digits' row, from usage 0x1e on: plain and shifted.
const DIGITS: [(char, char); 10] = [
    ('1', '!'),
    ('2', '@'),
    ('3', '#'),
    ('4', '$'),
    ('5', '%'),
    ('6', '^'),
    ('7', '&'),
    ('8', '*'),
    ('9', '('),
    ('0', ')'),
];

/// From usage 0x2d on: plain and shifted. (0x32 is the key that only non-US keyboards have.)
const PUNCTUATION: [(char, char); 12] = [
    ('-', '_'),
    ('=', '+'),
    ('[', '{'),
    (']', '}'),
    ('\\', '|'),
    ('#', '~'),
    (';', ':'),
    ('\'', '"'),
    ('`', '~'),
    (',', '<'),
    ('.', '>'),
    ('/', '?'),
];

/// The keypad from usage 0x54 on.
const KEYPAD: [char; 16] = ['/', '*', '-', '+', '\n', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '.'];

/// The character of a key, `None` if it types nothing. Enter is `'\n'`, Backspace `'\u{8}'`, Tab `'\t'`.
pub fn character(usage: u8, shift: bool, caps_lock: bool) -> Option<char> {
    let pick = |(plain, shifted): (char, char)| if shift { shifted } else { plain };
    match usage {
        0x04..=0x1d => {
            let letter = char::from(b'a' + usage - 0x04);
            Some(if shift != caps_lock { letter.to_ascii_uppercase() } else { letter })
        }
        0x1e..=0x27 => Some(pick(DIGITS[usize::from(usage - 0x1e)])),
        0x28 => Some('\n'),
        0x2a => Some('\u{8}'),
        0x2b => Some('\t'),
        0x2c => Some(' '),
        0x2d..=0x38 => Some(pick(PUNCTUATION[usize::from(usage - 0x2d)])),
        0x54..=0x63 => Some(KEYPAD[usize::from(usage - 0x54)]),
        _ => None,
    }
}

/// Turns successive sets of pressed keys into text: a key types once, when it goes down.
#[derive(Clone, Debug, Default)]
pub struct Typist {
    down: Vec<u8>,
    caps_lock: bool,
}

impl Typist {
    /// The text that this report adds.
    pub fn keys(&mut self, keys: &[u8]) -> String {
        let shift = keys.iter().any(|key| SHIFTS.contains(key));
        let mut text = String::new();
        for key in keys.iter().filter(|key| !self.down.contains(key)) {
            if *key == CAPS_LOCK {
                self.caps_lock = !self.caps_lock;
            }
            text.extend(character(*key, shift, self.caps_lock));
        }
        self.down = keys.to_vec();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printable_ascii_character_has_a_key() {
        for wanted in ' '..='~' {
            let found = (0..=0x63u8)
                .any(|usage| [false, true].iter().any(|shift| character(usage, *shift, false) == Some(wanted)));
            assert!(found, "{wanted:?}");
        }
    }

    #[test]
    fn a_key_types_when_it_goes_down_and_not_while_it_is_held() {
        let mut typist = Typist::default();
        assert_eq!(typist.keys(&[0xe1, 0x0b]), "H");
        assert_eq!(typist.keys(&[0x0b, 0x0c]), "i");
        assert_eq!(typist.keys(&[]), "");
        assert_eq!(typist.keys(&[0xe5, 0x1e]), "!");
        assert_eq!(typist.keys(&[]), "");
        assert_eq!(typist.keys(&[0x28]), "\n");
    }

    #[test]
    fn caps_lock_turns_letters_only() {
        let mut typist = Typist::default();
        assert_eq!(typist.keys(&[CAPS_LOCK]), "");
        assert_eq!(typist.keys(&[0x04]), "A");
        assert_eq!(typist.keys(&[0x1e]), "1");
        assert_eq!(typist.keys(&[0xe1, 0x05]), "b");
    }
}
