//! What the stack sent beside what a script expects.

use std::fmt::Write as _;

use cordial_wire::Flags;

use crate::flow::{Flow, stamp};
use crate::host::Sent;
use crate::script::{Ecn, Ip, Options, Packet, TcpOption, TcpPacket};
use crate::{Profile, Said, words};

/// What counts as different.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) profile: Profile,
    /// Nothing is forgiven: the order of options, PSH, every window that is written.
    pub(crate) exact: bool,
}

/// Everything in which a segment that was sent differs from the one expected; nothing, and it is the one.
pub(crate) fn differences(
    expected: &TcpPacket,
    ip: &Ip,
    sent: &Sent,
    flow: &Flow,
    rules: Rules,
) -> Vec<Said> {
    let mut found = Vec::new();
    let mut differ = |field: &str, got: String, wanted: String| {
        if got != wanted {
            let said = Said::new(words::DIFFERS).with("field", field);
            found.push(said.with("got", got).with("expected", wanted));
        }
    };
    let header = &sent.header;
    let kept = |flags: Flags| if rules.exact { flags } else { flags.without(Flags::PSH) };
    differ("flags", letters(kept(header.flags)), letters(kept(expected.flags)));
    let relative = |number: crate::script::Number, wire| match number.absolute {
        true => format!("{wire}!"),
        false => flow.to_script(wire).to_string(),
    };
    differ("seq", relative(expected.seq, header.seq), expected.seq.to_string());
    differ("length", sent.len.to_string(), expected.len.to_string());
    let acked = |number: u32| number.to_string();
    if let (Some(ack), true) = (expected.ack, header.flags.contains(Flags::ACK)) {
        // What we acknowledge is the script's own, and goes by its numbers.
        differ("ack", acked(header.ack_number.0), acked(ack.value));
    }
    if let Some(window) = expected.window {
        differ_window(window, header.window, expected.flags, rules, &mut differ);
    }
    if let Some(urgent) = expected.urgent {
        differ("urg", header.urgent.to_string(), urgent.to_string());
    }
    differ_ip(ip, sent, &mut differ);
    if let Options::These(options) = &expected.options {
        let wanted = option_words(options, expected.flags, rules);
        let got = option_words(&read_options(&sent.options), header.flags, rules);
        differ("options", format!("<{}>", got.join(",")), format!("<{}>", wanted.join(",")));
    }
    if !sent.is_zero {
        found.push(words::PAYLOAD.into());
    }
    found
}

/// A timestamp that is not as far from the first one as the script says, where the script is precise about that.
pub(crate) fn stamp_difference(
    expected: &TcpPacket,
    sent: &Sent,
    flow: &Flow,
    tick: std::time::Duration,
    tolerance: std::time::Duration,
) -> Option<Said> {
    let ((first, first_live), value) = (flow.first_stamp()?, stamp(expected)?);
    let live = sent.header.options.timestamps?.value;
    // Our clock counts milliseconds.
    let passed = std::time::Duration::from_millis(live.wrapping_sub(first_live).into());
    let wanted = tick.checked_mul(value.wrapping_sub(first))?;
    let is_near = passed.abs_diff(wanted) <= tolerance.max(tick);
    (!is_near).then(|| {
        let said = Said::new(words::DIFFERS).with("field", "TS val");
        let got = first.wrapping_add((passed.as_nanos() / tick.as_nanos().max(1)) as u32);
        said.with("got", got).with("expected", value)
    })
}

/// A window of zero and one that is open are different in every profile.
fn differ_window(
    expected: u16,
    got: u16,
    flags: Flags,
    rules: Rules,
    differ: &mut impl FnMut(&str, String, String),
) {
    let is_fixed = match flags.contains(Flags::SYN) {
        true => rules.profile.fixes_first_window(),
        false => rules.profile.fixes_every_window(),
    };
    if rules.exact || is_fixed || (expected == 0) != (got == 0) {
        differ("win", got.to_string(), expected.to_string());
    }
}

fn differ_ip(expected: &Ip, sent: &Sent, differ: &mut impl FnMut(&str, String, String)) {
    if let Some(ecn) = expected.ecn {
        let name = |ecn: Ecn| match ecn {
            Ecn::No => "noecn",
            Ecn::Ect0 => "ect0",
            Ecn::Ect1 => "ect1",
            Ecn::Ect01 => "ect01",
            Ecn::Ce => "ce",
        };
        let got = match sent.tos & 3 {
            0 => Ecn::No,
            _ if ecn == Ecn::Ect01 && sent.tos & 3 != 3 => Ecn::Ect01,
            1 => Ecn::Ect1,
            2 => Ecn::Ect0,
            _ => Ecn::Ce,
        };
        differ("ecn", name(got).to_owned(), name(ecn).to_owned());
    }
    if let Some(tos) = expected.tos {
        differ("tos", format!("0x{:02x}", sent.tos), format!("0x{tos:02x}"));
    }
    if let Some(flow) = expected.flow {
        differ("flow", format!("0x{:x}", sent.flow), format!("0x{flow:x}"));
    }
    if let Some(ttl) = expected.ttl {
        differ("ttl", sent.ttl.to_string(), ttl.to_string());
    }
}

/// Options in words that are compared: all of them as they stand where that is asked for, else the ones that mean
/// something, in an order of their own.
fn option_words(options: &[TcpOption], flags: Flags, rules: Rules) -> Vec<String> {
    let word = |option: &TcpOption| match option {
        // The value is compared apart, where it can be: its clock is not the script's.
        TcpOption::Timestamps { echo, .. } => format!("TS ecr {echo}"),
        TcpOption::WindowScale(_) if !rules.exact && !rules.profile.fixes_shift() => "wscale".to_owned(),
        other => other.to_string(),
    };
    if rules.exact {
        return options.iter().map(word).collect();
    }
    let means_something = |option: &&TcpOption| match option {
        TcpOption::Nop | TcpOption::End => false,
        // A shift on anything but a SYN means nothing (RFC 7323 §2.2).
        TcpOption::WindowScale(_) => flags.contains(Flags::SYN),
        _ => true,
    };
    let mut words: Vec<String> = options.iter().filter(means_something).map(word).collect();
    words.sort();
    words
}

/// Options as a script would write them.
fn read_options(mut area: &[u8]) -> Vec<TcpOption> {
    let mut options = Vec::new();
    while let Some((&kind, rest)) = area.split_first() {
        let (option, rest) = match kind {
            0 => (TcpOption::End, rest),
            1 => (TcpOption::Nop, rest),
            _ => {
                let len = usize::from(rest.first().copied().unwrap_or(0));
                let Some(value) = len.checked_sub(1).and_then(|end| rest.get(1..end)) else { break };
                (known_option(kind, value), rest.get(len - 1..).unwrap_or_default())
            }
        };
        options.push(option);
        area = rest;
    }
    options
}

fn known_option(kind: u8, value: &[u8]) -> TcpOption {
    let word = |octets: &[u8]| octets.first_chunk().map_or(0, |&octets| u32::from_be_bytes(octets));
    match (kind, value) {
        (2, &[high, low]) => TcpOption::Mss(u16::from_be_bytes([high, low])),
        (3, &[shift]) => TcpOption::WindowScale(shift),
        (4, []) => TcpOption::SackPermitted,
        (5, blocks) => {
            let edges = blocks.as_chunks::<8>().0;
            TcpOption::Sack(edges.iter().map(|edge| (word(edge), word(&edge[4..]))).collect())
        }
        (8, octets @ &[_, _, _, _, ref echo @ ..]) => {
            TcpOption::Timestamps { value: word(octets), echo: word(echo) }
        }
        (34, cookie) => TcpOption::FastOpen { cookie: cookie.to_vec(), experimental: false },
        (kind, value) => TcpOption::Raw { kind, value: value.to_vec() },
    }
}

/// Control bits as scripts write them.
pub(crate) fn letters(flags: Flags) -> String {
    let names = [
        (Flags::SYN, 'S'),
        (Flags::FIN, 'F'),
        (Flags::RST, 'R'),
        (Flags::PSH, 'P'),
        (Flags::URG, 'U'),
        (Flags::ECE, 'E'),
        (Flags::CWR, 'W'),
        (Flags::AE, 'A'),
        (Flags::ACK, '.'),
    ];
    let letters: String =
        names.into_iter().filter(|&(flag, _)| flags.contains(flag)).map(|(_, letter)| letter).collect();
    if letters.is_empty() { "-".to_owned() } else { letters }
}

/// A packet that was sent, as a script would write it.
pub(crate) fn written(sent: &Sent, flow: &Flow) -> String {
    if !sent.is_tcp {
        return "> icmp".to_owned();
    }
    let header = &sent.header;
    let start = flow.to_script(header.seq);
    let end = start.wrapping_add(sent.len);
    let mut text = format!("> {} {start}:{end}({})", letters(header.flags), sent.len);
    if header.flags.contains(Flags::ACK) {
        let _ = write!(text, " ack {}", header.ack_number);
    }
    let _ = write!(text, " win {}", header.window);
    let options = read_options(&sent.options);
    if !options.is_empty() {
        let words: Vec<String> = options.iter().map(ToString::to_string).collect();
        let _ = write!(text, " <{}>", words.join(","));
    }
    text
}

/// A packet that is expected, in short.
pub(crate) fn expected_word(packet: &Packet) -> String {
    match &packet.body {
        crate::script::Body::Tcp(tcp) => {
            let end = tcp.seq.value.wrapping_add(tcp.len);
            let mut text = format!("> {} {}:{end}({})", letters(tcp.flags), tcp.seq, tcp.len);
            if let Some(ack) = tcp.ack {
                let _ = write!(text, " ack {ack}");
            }
            text
        }
        crate::script::Body::Icmp(_) => "> icmp".to_owned(),
    }
}
