//! Noise that a test injects: which transaction is hit, and how.

use crate::port::{Fault, Token};

/// Hits transactions that match, after letting some pass.
#[derive(Clone, Copy, Debug)]
pub struct Injection {
    /// Only transactions with this token.
    pub token: Token,
    /// Only this endpoint number.
    pub endpoint: u8,
    /// Matching transactions to let pass first.
    pub skip: u32,
    /// How many to hit after that.
    pub times: u32,
    /// How.
    pub fault: Fault,
}

#[derive(Default)]
pub(super) struct Faults(Vec<Injection>);

impl Faults {
    pub fn add(&mut self, injection: Injection) {
        self.0.push(injection);
    }

    /// The fault for a transaction that is about to happen; the first injection that is due wins, all that match count
    /// it.
    pub fn strike(&mut self, token: Token, endpoint: u8) -> Option<Fault> {
        let mut hit = None;
        for injection in self.0.iter_mut().filter(|one| one.token == token && one.endpoint == endpoint) {
            if injection.skip > 0 {
                injection.skip -= 1;
            } else if hit.is_none() {
                injection.times = injection.times.saturating_sub(1);
                hit = Some(injection.fault);
            }
        }
        self.0.retain(|one| one.skip > 0 || one.times > 0);
        hit
    }
}
