//! What a mouse does, in words, and where it went as a picture.

use usb_simulator::bus::Bus;
use usb_simulator::class::mouse::{Mouse, Movement};
use usb_simulator::host::{Host, HostError};
use usb_simulator::time::BusTime;

use super::auto::Observer;

/// A path is told when the mouse has rested this long.
const REST: BusTime = BusTime::from_millis(100);
/// Characters of a picture; they are about twice as high as wide.
const COLUMNS: usize = 40;
const ROWS: usize = 20;

/// A mouse, and what has not been told of it.
pub struct Watcher {
    mouse: Mouse,
    buttons: u32,
    /// Points, the first of them where the path begins.
    path: Vec<(i64, i64)>,
    moved: BusTime,
}

impl Watcher {
    pub fn new(mouse: Mouse) -> Self {
        Self { mouse, buttons: 0, path: vec![(0, 0)], moved: BusTime::ZERO }
    }

    fn place(&self) -> (i64, i64) {
        self.path.last().copied().unwrap_or_default()
    }

    fn take(&mut self, movement: Movement) -> Vec<String> {
        let (x, y) = self.place();
        let name = format!("mouse on interface {}", self.mouse.device().interface());
        let mut lines = Vec::new();
        if (movement.x, movement.y) != (0, 0) {
            self.path.push((x + i64::from(movement.x), y + i64::from(movement.y)));
        }
        if movement.wheel != 0 {
            lines.push(format!("{name}: wheel turned by {}", movement.wheel));
        }
        let changed = self.buttons ^ movement.buttons;
        if changed != 0 {
            lines.splice(0..0, self.tell_path());
        }
        let (x, y) = self.place();
        for button in (0..32).filter(|bit| changed >> bit & 1 == 1) {
            let state = if movement.buttons >> button & 1 == 1 { "pressed" } else { "released" };
            lines.push(format!("{name}: {} {state} at ({x}, {y})", button_name(button)));
        }
        self.buttons = movement.buttons;
        lines
    }

    /// Tells the path since the last time, which ends there.
    fn tell_path(&mut self) -> Vec<String> {
        let [first, .., last] = self.path[..] else { return Vec::new() };
        let path = std::mem::replace(&mut self.path, vec![last]);
        let ends = if first == last {
            format!("from {first:?} and back there")
        } else {
            format!("from {first:?} to {last:?}")
        };
        let ((left, top), (width, height)) = frame(&path);
        let mut lines = vec![format!(
            "mouse on interface {}: {} movements {ends}, within {width} x {height} points from ({left}, {top})",
            self.mouse.device().interface(),
            path.len() - 1
        )];
        if path.len() > 2 {
            lines.extend(picture(&path));
        }
        lines
    }
}

impl Observer for Watcher {
    fn poll(&mut self, host: &mut Host<Bus>, last: bool) -> Result<Vec<String>, HostError> {
        let mut lines = Vec::new();
        while let Some(movement) = self.mouse.poll(host)? {
            lines.extend(self.take(movement));
            self.moved = host.now();
        }
        if last || host.now() > self.moved + REST {
            lines.extend(self.tell_path());
        }
        Ok(lines)
    }
}

fn button_name(bit: u32) -> String {
    match bit {
        0 => "left button".to_owned(),
        1 => "right button".to_owned(),
        2 => "middle button".to_owned(),
        other => format!("button {}", other + 1),
    }
}

/// The upper left corner of what the path covers, and its size.
fn frame(path: &[(i64, i64)]) -> ((i64, i64), (i64, i64)) {
    let range = |values: &mut dyn Iterator<Item = i64>| {
        values.fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (left, right) = range(&mut path.iter().map(|point| point.0));
    let (top, bottom) = range(&mut path.iter().map(|point| point.1));
    ((left, top), (right - left + 1, bottom - top + 1))
}

/// The points of a path as lines of text, in true proportion.
fn picture(path: &[(i64, i64)]) -> Vec<String> {
    let ((left, top), (width, height)) = frame(path);
    // A character stands for `scale` points across and twice as many down.
    let scale = (width as f64 / COLUMNS as f64).max(height as f64 / (2 * ROWS) as f64);
    let cell = |value: i64, size: f64| ((value as f64) / size) as usize;
    let mut rows = vec![vec![' '; cell(width - 1, scale) + 1]; cell(height - 1, 2.0 * scale) + 1];
    for (x, y) in path {
        rows[cell(y - top, 2.0 * scale)][cell(x - left, scale)] = '*';
    }
    rows.into_iter().map(|row| format!("    {}", String::from_iter(row).trim_end())).collect()
}
