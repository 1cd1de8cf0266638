//! What a stranger sends: nothing of it may do any harm.

use cordial_sim::{HostId, SERVER};
use cordial_trace::Group;
use cordial_wire::Flags;

use super::dice::Dice;
use crate::plan::PORT;
use crate::{Aim, Forgery, Number, Plan};

pub(super) fn draw(dice: &mut Dice, plan: &mut Plan) {
    if !dice.percent(35) {
        return;
    }
    if dice.percent(15) {
        flood(dice, plan);
    }
    let hosts: Vec<HostId> = plan.hosts().collect();
    for _ in 0..dice.number(1..=8) {
        let forgery = if dice.percent(80) { at_connection(dice, &hosts) } else { at_port(dice, plan) };
        plan.forgeries.push(forgery);
    }
}

/// Segments that seem to be of a connection. Those that would be believed are not among them: who knows the exact numbers
/// is no stranger.
fn at_connection(dice: &mut Dice, hosts: &[HostId]) -> Forgery {
    let near = |dice: &mut Dice| Number::Expected(dice.number(1..=400).into());
    let old = |dice: &mut Dice| Number::Expected(-i64::from(dice.number(1..=100_000)));
    let (flags, seq, ack, len) = match dice.number(0..=11) {
        // In the window, and not exact (RFC 5961 §3.2).
        0..=1 => (Flags::RST, near(dice), None, 0),
        2 => (Flags::RST, Number::Absolute(dice.any()), None, 0),
        3 => (Flags::SYN, Number::Absolute(dice.any()), None, 0),
        // It acknowledges what was never sent.
        4 => (Flags::ACK, Number::Expected(0), Some(Number::Expected(dice.number(1..=50_000_000).into())), 0),
        // Octets of long ago; octets with an acknowledgment of long ago (RFC 5961 §5.2).
        5 => (Flags::ACK, old(dice), Some(Number::Expected(0)), 0),
        6 => (Flags::ACK, Number::Expected(0), Some(Number::Expected(-(1 << 30))), dice.number(1..=100)),
        // No ACK bit.
        7 => (Flags::PSH, Number::Expected(0), None, dice.number(1..=100)),
        8 => (Flags::FIN, Number::Expected(0), None, 0),
        // It acknowledges a SYN, and has none.
        9 => (Flags::ACK, Number::Absolute(dice.any()), Some(Number::Expected(0)), 0),
        // A SYN from before the connection (RFC 6191 §2).
        10 => (Flags::SYN, old(dice), None, 0),
        _ => (Flags::SYN | Flags::FIN, near(dice), None, 0),
    };
    let group = Group(*dice.pick(&[1, 1, 1, 2, 3]));
    let aim = Aim::Connection(group);
    Forgery { at: dice.soon(), to: *dice.pick(hosts), aim, flags, seq, ack, len: len as u16, window: 0xffff }
}

/// Segments from an address at which nobody is, to where somebody listens, or nobody.
fn at_port(dice: &mut Dice, plan: &Plan) -> Forgery {
    // One in ten comes from where nobody can be.
    let address = if dice.percent(10) { plan.everybody() } else { plan.nowhere() };
    let from = (address, 1_000 + dice.number(0..=60_000) as u16).into();
    let port = if dice.percent(70) { PORT } else { 4_000 };
    let flags = match dice.number(0..=5) {
        0..=1 => Flags::SYN,
        2 => Flags::ACK,
        3 => Flags::RST,
        4 => Flags::FIN | Flags::ACK,
        _ => Flags::SYN | Flags::FIN,
    };
    let ack = flags.contains(Flags::ACK).then(|| Number::Absolute(dice.any()));
    let seq = Number::Absolute(dice.any());
    Forgery {
        at: dice.soon(),
        to: SERVER,
        aim: Aim::Port { from, port },
        flags,
        seq,
        ack,
        len: 0,
        window: 1_000,
    }
}

/// Many SYNs at once.
fn flood(dice: &mut Dice, plan: &mut Plan) {
    let (at, first) = (dice.soon(), dice.number(2_000..=50_000) as u16);
    for nth in 0..dice.number(3..=12) as u16 {
        let aim = Aim::Port { from: (plan.nowhere(), first + nth).into(), port: PORT };
        let (seq, flags) = (Number::Absolute(dice.any()), Flags::SYN);
        plan.forgeries.push(Forgery { at, to: SERVER, aim, flags, seq, ack: None, len: 0, window: 1_000 });
    }
}
