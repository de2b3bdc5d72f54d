//! A text trace: one line for each transaction, the same bytes for the same run.
//!
//! ```text
//!   123.456789 ms  frame    23  IN    addr   1 ep  1  DATA1   64  ACK
//!   123.512345 ms  frame    23  IN    addr   1 ep  1  NAK
//! ```
//!
//! NAKs to the same endpoint that follow one another with nothing between are one line with their number.

use std::io::{self, Write};

use crate::bus::urb::token_name;
use crate::port::{Fault, Reply, Token, Transaction};
use crate::time::BusTime;

/// Writes the trace.
pub struct Trace {
    out: Box<dyn Write>,
    /// A NAK line that may still grow: its text, its endpoint, how often.
    pending: Option<(String, (Token, u8, u8), u64)>,
}

impl Trace {
    /// Writes to `out`, which should be buffered.
    pub fn new(out: Box<dyn Write>) -> Self {
        Self { out, pending: None }
    }

    pub(crate) fn transaction(&mut self, frame: u64, transaction: &Transaction<'_>, reply: &Reply) -> io::Result<()> {
        let key = (transaction.token, transaction.address, transaction.endpoint);
        if *reply == Reply::Nak
            && transaction.fault.is_none()
            && let Some((_, same, count)) = &mut self.pending
            && *same == key
        {
            *count += 1;
            return Ok(());
        }
        self.end_pending()?;
        let line = line(frame, transaction, reply);
        if *reply == Reply::Nak && transaction.fault.is_none() {
            self.pending = Some((line, key, 1));
            return Ok(());
        }
        writeln!(self.out, "{line}")
    }

    pub(crate) fn note(&mut self, at: BusTime, frame: u64, text: &str) -> io::Result<()> {
        self.end_pending()?;
        writeln!(self.out, "{}{text}", head(at, frame))
    }

    fn end_pending(&mut self) -> io::Result<()> {
        match self.pending.take() {
            Some((line, _, 1)) => writeln!(self.out, "{line}"),
            Some((line, _, count)) => writeln!(self.out, "{line} x{count}"),
            None => Ok(()),
        }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.end_pending()?;
        self.out.flush()
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // An error here has nowhere to go; whoever cares calls `Bus::finish_recording`.
        let _ = self.flush();
    }
}

fn head(at: BusTime, frame: u64) -> String {
    format!("{:>19}  frame {frame:>5}  ", at.to_string())
}

fn line(frame: u64, transaction: &Transaction<'_>, reply: &Reply) -> String {
    let token = token_name(transaction.token);
    let mut line = format!(
        "{}{token:<5} addr {:>3} ep {:>2}",
        head(transaction.start, frame),
        transaction.address,
        transaction.endpoint
    );
    if transaction.token != Token::In {
        line += &format!("  DATA{} {:>4}", transaction.toggle.number(), transaction.data.len());
    }
    line += &match reply {
        Reply::Ack => "  ACK".to_owned(),
        Reply::Nak => "  NAK".to_owned(),
        Reply::Stall => "  STALL".to_owned(),
        Reply::Silent if transaction.isochronous && transaction.token == Token::Out => String::new(),
        Reply::Silent => "  no answer".to_owned(),
        Reply::Data { toggle, bytes } => {
            let seen = transaction.fault.is_none_or(|fault| fault == Fault::LoseHandshake);
            let end = match (transaction.isochronous, seen && bytes.len() <= transaction.room) {
                (true, _) => "",
                (false, true) => "  ACK",
                (false, false) => "  not acknowledged",
            };
            format!("  DATA{} {:>4}{end}", toggle.number(), bytes.len())
        }
    };
    line += match transaction.fault {
        None => "",
        Some(Fault::LoseToken) => "  (token lost)",
        Some(Fault::CorruptData) => "  (data damaged)",
        Some(Fault::LoseHandshake) => "  (handshake lost)",
    };
    line
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::port::Toggle;

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_transaction_is_a_line_and_naks_in_a_row_are_one_line_with_their_number() {
        let transaction = |micros, token, data| Transaction {
            start: BusTime::from_micros(micros),
            token_end: BusTime::from_micros(micros),
            data_end: BusTime::from_micros(micros),
            token,
            address: 1,
            endpoint: 2,
            toggle: Toggle::Data1,
            data,
            room: 64,
            isochronous: false,
            fault: None,
        };
        let out = Shared::default();
        let mut trace = Trace::new(Box::new(out.clone()));
        let poll = |micros| transaction(micros, Token::In, &[]);
        for micros in [1_000, 2_000, 3_000] {
            trace.transaction(micros / 1_000, &poll(micros), &Reply::Nak).unwrap();
        }
        let data = Reply::Data { toggle: Toggle::Data0, bytes: vec![1; 8] };
        trace.transaction(4, &poll(4_000), &data).unwrap();
        trace.transaction(4, &transaction(4_100, Token::Out, &[5]), &Reply::Stall).unwrap();
        let noisy = Transaction { fault: Some(Fault::CorruptData), ..poll(4_200) };
        trace.transaction(4, &noisy, &data).unwrap();
        drop(trace);
        let text = String::from_utf8(out.0.borrow().clone()).unwrap();
        let expected = [
            "        1.000000 ms  frame     1  IN    addr   1 ep  2  NAK x3",
            "        4.000000 ms  frame     4  IN    addr   1 ep  2  DATA0    8  ACK",
            "        4.100000 ms  frame     4  OUT   addr   1 ep  2  DATA1    1  STALL",
            "        4.200000 ms  frame     4  IN    addr   1 ep  2  DATA0    8  not acknowledged  (data damaged)",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }
}
