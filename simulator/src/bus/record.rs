//! Where the bus writes what happened: a pcap file of URBs, a text trace of transactions.

use std::io;

use super::urb::{Completion, Urb, UrbId};
use crate::pcap::PcapWriter;
use crate::port::{Reply, Transaction};
use crate::time::BusTime;
use crate::trace::Trace;

#[derive(Default)]
pub(super) struct Recorder {
    pub pcap: Option<PcapWriter>,
    /// The pcap file gets nothing.
    pub paused: bool,
    pub trace: Option<Trace>,
    /// The first error; recording ends there.
    pub error: Option<io::Error>,
}

impl Recorder {
    fn keep(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
            self.pcap = None;
            self.trace = None;
        }
    }

    pub fn submitted(&mut self, at: BusTime, id: UrbId, urb: &Urb) {
        if let Some(pcap) = self.pcap.as_mut().filter(|_| !self.paused) {
            let result = pcap.submit(at, id, urb);
            self.keep(result);
        }
    }

    pub fn completed(&mut self, urb: &Urb, completion: &Completion) {
        if let Some(pcap) = self.pcap.as_mut().filter(|_| !self.paused) {
            let result = pcap.complete(urb, completion);
            self.keep(result);
        }
    }

    pub fn transaction(&mut self, frame: u64, transaction: &Transaction<'_>, reply: &Reply) {
        if let Some(trace) = &mut self.trace {
            let result = trace.transaction(frame, transaction, reply);
            self.keep(result);
        }
    }

    pub fn note(&mut self, at: BusTime, frame: u64, text: &str) {
        if let Some(trace) = &mut self.trace {
            let result = trace.note(at, frame, text);
            self.keep(result);
        }
    }

    pub fn flush(&mut self) -> io::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if let Some(trace) = &mut self.trace {
            trace.flush()?;
        }
        if let Some(pcap) = &mut self.pcap {
            pcap.flush()?;
        }
        Ok(())
    }
}
