//! A program that only keeps buffers.

use std::collections::{BTreeMap, BTreeSet};
use std::string::String;
use std::vec::Vec;

use crate::application::{Application, StringLookup};
use crate::controller::EndpointAddress;
use crate::descriptor::Lie;
use crate::string::{Encoding, StringDescriptor};

/// A string of the fake program.
#[derive(Clone)]
pub enum FakeString {
    Text(String),
    Raw(Vec<u8>),
    Ask,
}

/// A program that only keeps buffers.
pub struct FakeApp {
    pub device: Vec<u8>,
    pub configuration: Vec<u8>,
    pub bos: Option<Vec<u8>>,
    pub strings: BTreeMap<u8, FakeString>,
    pub answered: Option<String>,
    pub builtin: u8,
    pub buffers: BTreeMap<u8, Vec<u8>>,
    pub moved: BTreeSet<u8>,
    pub woken: usize,
    pub input: Vec<u8>,
    pub input_room: usize,
    pub touched: usize,
    pub lies: Vec<Lie>,
}

impl Application for FakeApp {
    fn device_descriptor(&self) -> &[u8] {
        &self.device
    }

    fn configuration_descriptor(&self) -> &[u8] {
        &self.configuration
    }

    fn bos_descriptor(&self) -> Option<&[u8]> {
        self.bos.as_deref()
    }

    fn string(&self, index: u8, answered: bool, descriptor: &mut StringDescriptor) -> StringLookup {
        let (encoding, bytes) = match self.strings.get(&index) {
            Some(FakeString::Text(text)) => (Encoding::Utf8, text.as_bytes()),
            Some(FakeString::Raw(bytes)) => (Encoding::Raw, &bytes[..]),
            Some(FakeString::Ask) if answered => match &self.answered {
                Some(text) => (Encoding::Utf8, text.as_bytes()),
                None => return StringLookup::Absent,
            },
            Some(FakeString::Ask) => return StringLookup::AskTask,
            None => return StringLookup::Absent,
        };
        descriptor.write(encoding, bytes);
        StringLookup::Found
    }

    fn builtin_interfaces(&self) -> u8 {
        self.builtin
    }

    fn data_in(&self, endpoint: EndpointAddress) -> Option<&[u8]> {
        if self.moved.contains(&endpoint.byte()) {
            return None;
        }
        self.buffers.get(&endpoint.byte()).map(Vec::as_slice)
    }

    fn data_out(&mut self, endpoint: EndpointAddress) -> Option<&mut [u8]> {
        if self.moved.contains(&endpoint.byte()) {
            return None;
        }
        self.buffers.get_mut(&endpoint.byte()).map(Vec::as_mut_slice)
    }

    fn wake_task(&mut self) {
        self.woken += 1;
    }

    fn serial_input(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.input_room);
        self.input_room -= taken;
        self.input.extend_from_slice(&bytes[..taken]);
        taken
    }

    fn touch_1200(&mut self) {
        self.touched += 1;
    }

    fn descriptor_lies(&mut self, lie: Lie) {
        self.lies.push(lie);
    }
}
