//! Blind injection: somebody who knows the addresses and ports of a connection, and nothing else, sends it segments.
//!
//! The connection carries octets both ways all the while. Every forged segment is judged by what it changed, and
//! whatever changed something is compared with what RFC 9293 §3.10.7.4 and RFC 5961 let through: so none may come
//! through beyond their odds, not one.

mod tally;
mod victim;

use std::time::Instant;

use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

use crate::Error;
use crate::forge::Forger;
pub use tally::{Kind, Tally};
use victim::Victim;

/// Forged segments between two moments at which the connection's own go on.
const AT_ONCE: u64 = 10;
/// Octets of data in a forged segment that has any.
const FORGED: [u8; 100] = [0xee; 100];
/// The window of a forged segment: once scaled less than the connection's own, so that nothing widens what old
/// acknowledgments are believed.
const WINDOW: u16 = 400;

/// How much of the truth the forger knows beforehand: numbers are drawn from 2^`bits` around the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// 32: nothing.
    pub bits: u32,
}

/// Prints what came of `segments` forged segments: half of them against a connection with timestamps.
///
/// # Errors
///
/// If one came through that should not have, or the odds are not what they should be.
pub fn measure(segments: u64) -> Result<(), Error> {
    for (bits, share) in [(32, segments), (18, (segments / 10).clamp(1_000, 10_000_000))] {
        for timestamps in [false, true] {
            let began = Instant::now();
            let tally = inject(Guess { bits }, timestamps, share / 2);
            let seconds = began.elapsed().as_secs_f64();
            let with = if timestamps { "with" } else { "without" };
            println!("  {} segments, numbers within 2^{bits}, {with} timestamps, {seconds:.1} s", share / 2);
            print!("{tally}");
            tally.check()?;
        }
    }
    Ok(())
}

/// Sends `segments` forged ones to both ends of a connection at work, in turns.
pub fn inject(guess: Guess, timestamps: bool, segments: u64) -> Tally {
    let mut forger = Forger::new(0x9e37_79b9_7f4a_7c15 ^ u64::from(guess.bits) << 1 ^ u64::from(timestamps));
    let mut victim = Victim::open(timestamps);
    let mut tally = Tally::default();
    let mut sent = 0;
    while sent < segments {
        for _ in 0..AT_ONCE.min(segments - sent) {
            let kind = Kind::ALL[(forger.draw() >> 32) as usize % Kind::ALL.len()];
            let at_server = sent % 2 == 0;
            let segment = forge(&mut forger, guess, kind, timestamps, &victim.truth(at_server));
            victim.inject(at_server, &mut forger, kind, &segment, &mut tally, guess);
            sent += 1;
        }
        victim.turn(&mut tally);
        if !victim.is_alive() {
            tally.killed += 1;
            tally.octets += victim.delivered();
            victim = Victim::open(timestamps);
        }
    }
    tally.octets += victim.delivered();
    tally
}

/// A segment with numbers near the truth, as near as the forger knows it.
fn forge(
    forger: &mut Forger,
    guess: Guess,
    kind: Kind,
    timestamps: bool,
    truth: &victim::Truth,
) -> Segment<'static> {
    let (one, other) = (forger.draw(), forger.draw());
    let options = Options {
        timestamps: timestamps.then_some(Timestamps { value: (other >> 32) as u32, echo: one as u32 }),
        ..Options::default()
    };
    let (flags, payload): (Flags, &'static [u8]) = match kind {
        Kind::Rst => (Flags::RST, &[]),
        Kind::RstAck => (Flags::RST | Flags::ACK, &[]),
        Kind::Syn => (Flags::SYN, &[]),
        Kind::Ack => (Flags::ACK, &[]),
        Kind::Data => (Flags::ACK | Flags::PSH, &FORGED),
        Kind::Fin => (Flags::ACK | Flags::FIN, &[]),
    };
    Segment {
        source: truth.from.1,
        destination: truth.to.1,
        seq: near(truth.rcv_nxt, guess, (one >> 32) as u32),
        ack_number: near(truth.snd_una, guess, other as u32),
        flags,
        window: WINDOW,
        options,
        payload,
        ..Segment::default()
    }
}

/// A number of which the forger knows all but the last bits: half of those it may be lie before the right one.
fn near(right: SeqNum, guess: Guess, drawn: u32) -> SeqNum {
    let span = 1_u64 << guess.bits;
    SeqNum((u64::from(right.0) + u64::from(drawn) % span).wrapping_sub(span / 2) as u32)
}
