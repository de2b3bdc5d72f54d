//! The program above the stack: descriptors, buffers, and what its task answers.

use std::collections::BTreeMap;

use usb_stack::application::BuiltinInterfaces;
use usb_stack::descriptor::Lie;
use usb_stack::string::{Encoding, StringDescriptor};
use usb_stack::{Application, Direction, EndpointAddress, SetupPacket, StringLookup};

const GUARD: usize = 32;
const GUARD_BYTE: u8 = 0xa5;

/// A transfer's buffer, with bytes before and behind it that nobody may touch.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// The object "has moved": the stack gets no buffer any more.
    pub moved: bool,
}

impl Buffer {
    /// A buffer with these contents.
    pub fn new(contents: &[u8]) -> Self {
        let guard = [GUARD_BYTE; GUARD];
        Self { bytes: [&guard, contents, &guard].concat(), moved: false }
    }

    /// Its contents.
    pub fn contents(&self) -> &[u8] {
        self.bytes.get(GUARD..self.bytes.len() - GUARD).unwrap_or(&[])
    }

    fn contents_mut(&mut self) -> &mut [u8] {
        let end = self.bytes.len() - GUARD;
        &mut self.bytes[GUARD..end]
    }

    fn is_intact(&self) -> bool {
        let end = self.bytes.len().saturating_sub(GUARD);
        self.bytes.iter().take(GUARD).chain(&self.bytes[end..]).all(|&byte| byte == GUARD_BYTE)
    }
}

/// A string of the device.
#[derive(Clone, Debug)]
pub enum Source {
    /// In the interrupt, from UTF-8.
    Utf8(String),
    /// In the interrupt, one unit for each byte.
    Latin1(Vec<u8>),
    /// In the interrupt, a whole descriptor.
    Raw(Vec<u8>),
    /// The task knows it.
    Task(Option<String>),
}

/// What the task says to a control request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reaction {
    /// `False`.
    Stall,
    /// `True`.
    Continue,
    /// A buffer: to be sent, or to be filled.
    Buffer(Vec<u8>),
}

type OnSetup = Box<dyn FnMut(&SetupPacket) -> Reaction>;

/// The program.
pub struct App {
    /// GET_DESCRIPTOR(DEVICE).
    pub device: Vec<u8>,
    /// GET_DESCRIPTOR(CONFIGURATION).
    pub configuration: Vec<u8>,
    /// GET_DESCRIPTOR(BOS).
    pub bos: Option<Vec<u8>>,
    /// Strings by index.
    pub strings: BTreeMap<u8, Source>,
    /// Interfaces of built-in drivers.
    pub builtin: u8,
    /// What control requests are answered with at SETUP.
    pub on_setup: OnSetup,
    /// What they are answered with at DATA.
    pub at_data: bool,
    /// Bytes that the serial port has delivered.
    pub serial_in: Vec<u8>,
    /// How many more it takes.
    pub serial_room: usize,
    /// 1200-baud touches.
    pub touches: u32,
    /// Descriptors that lie.
    pub lies: Vec<Lie>,
    /// The stack asked for the task.
    pub woken: bool,
    pub(crate) text: Option<String>,
    buffers: [[Buffer; 16]; 2],
}

impl App {
    /// A program with the given configuration that answers every control request with what it wants: zeros to be sent,
    /// room to be filled, and yes to what has no data.
    pub fn new(configuration: Vec<u8>) -> Self {
        let text = |text: &str| Source::Utf8(text.into());
        Self {
            device: crate::descriptors::device(64),
            configuration,
            bos: None,
            strings: [
                (0, Source::Raw(vec![4, 3, 9, 4])),
                (1, text("Maker")),
                (2, text("Thing")),
                (3, text("0123456789")),
            ]
            .into(),
            builtin: 0,
            on_setup: Box::new(|setup| match setup.length() {
                0 => Reaction::Continue,
                length => Reaction::Buffer(vec![0; length.into()]),
            }),
            at_data: true,
            serial_in: Vec::new(),
            serial_room: usize::MAX,
            touches: 0,
            lies: Vec::new(),
            woken: false,
            text: None,
            buffers: Default::default(),
        }
    }

    /// The buffer of an endpoint.
    pub fn buffer(&mut self, endpoint: EndpointAddress) -> &mut Buffer {
        let side = usize::from(endpoint.direction() == Direction::In);
        &mut self.buffers[side][usize::from(endpoint.number())]
    }

    /// No byte outside any buffer was written.
    pub fn guards_are_intact(&self) -> bool {
        self.buffers.iter().flatten().all(Buffer::is_intact)
    }
}

impl Application for App {
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
            Some(Source::Utf8(text)) => (Encoding::Utf8, text.as_bytes()),
            Some(Source::Latin1(bytes)) => (Encoding::Latin1, &bytes[..]),
            Some(Source::Raw(bytes)) => (Encoding::Raw, &bytes[..]),
            Some(Source::Task(_)) if answered => match &self.text {
                Some(text) => (Encoding::Utf8, text.as_bytes()),
                None => return StringLookup::Absent,
            },
            Some(Source::Task(_)) => return StringLookup::AskTask,
            None => return StringLookup::Absent,
        };
        descriptor.write(encoding, bytes);
        StringLookup::Found
    }

    fn builtin_interfaces(&self) -> BuiltinInterfaces {
        self.builtin
    }

    fn data_in(&self, endpoint: EndpointAddress) -> Option<&[u8]> {
        let buffer = &self.buffers[1][usize::from(endpoint.number())];
        (!buffer.moved).then(|| buffer.contents())
    }

    fn data_out(&mut self, endpoint: EndpointAddress) -> Option<&mut [u8]> {
        let buffer = &mut self.buffers[0][usize::from(endpoint.number())];
        if buffer.moved || buffer.bytes.is_empty() { None } else { Some(buffer.contents_mut()) }
    }

    fn wake_task(&mut self) {
        self.woken = true;
    }

    fn serial_input(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.serial_room);
        self.serial_room -= taken;
        self.serial_in.extend_from_slice(&bytes[..taken]);
        taken
    }

    fn touch_1200(&mut self) {
        self.touches += 1;
    }

    fn descriptor_lies(&mut self, lie: Lie) {
        self.lies.push(lie);
    }
}
