//! A packet: `[ect0] S. 0:0(0) ack 1 win 65535 <mss 1460>`.

use cordial_wire::Flags;

use super::{Cursor, ParseError, Parsed, icmp, options};
use crate::script::{Body, Ecn, Ip, Number, Packet, Place, TcpPacket};
use crate::{Said, words};

/// What follows the direction, which stands at `at`.
pub(super) fn packet(cursor: &mut Cursor<'_>, at: Place) -> Parsed<Packet> {
    let mut packet = Packet { at, ip: Ip::default(), ports: None, body: Body::Tcp(empty()) };
    loop {
        cursor.space();
        if cursor.eat("[") {
            bracket(cursor, &mut packet.ip)?;
        } else if cursor.eat("(") {
            parenthesis(cursor, &mut packet)?;
        } else {
            break;
        }
    }
    refuse_other_protocols(cursor)?;
    if let Some(kind) = icmp::starts(cursor) {
        packet.body = Body::Icmp(icmp::message(cursor, kind)?);
        return Ok(packet);
    }
    packet.body = Body::Tcp(segment(cursor)?);
    cursor.blanks();
    if cursor.starts_with("/") && !cursor.starts_with("//") && !cursor.starts_with("/*") {
        return Err(ParseError::dialect(cursor.place(), words::NO_ENCAPSULATION));
    }
    Ok(packet)
}

fn empty() -> TcpPacket {
    TcpPacket {
        flags: Flags::NONE,
        seq: Number { value: 0, absolute: false },
        len: 0,
        ack: None,
        window: None,
        urgent: None,
        options: options::none(),
    }
}

/// `[ect0]`, `[ce]`, `[noecn]`, `[ttl 64]`, `[flow 0x1]`, `[tos 0x2]`, several with commas.
fn bracket(cursor: &mut Cursor<'_>, ip: &mut Ip) -> Parsed<()> {
    loop {
        cursor.space();
        let at = cursor.place();
        match cursor.name() {
            "noecn" => ip.ecn = Some(Ecn::No),
            "ect0" => ip.ecn = Some(Ecn::Ect0),
            "ect1" => ip.ecn = Some(Ecn::Ect1),
            "ect01" => ip.ecn = Some(Ecn::Ect01),
            "ce" => ip.ecn = Some(Ecn::Ce),
            "ttl" => ip.ttl = Some(spaced(cursor).u8()?),
            "tos" => ip.tos = Some(spaced(cursor).u8()?),
            "flow" | "flowlabel" => ip.flow = Some(spaced(cursor).u32()?),
            _ => return Err(cursor.expected_at(at, words::AN_IP_FIELD)),
        }
        cursor.space();
        if !cursor.eat(",") {
            return cursor.expect("]");
        }
    }
}

fn spaced<'a, 'b>(cursor: &'a mut Cursor<'b>) -> &'a mut Cursor<'b> {
    cursor.space();
    cursor
}

/// `(tos 0x2)`, `(flowlabel 1)`, or ports: `(9090 > 8080)`.
fn parenthesis(cursor: &mut Cursor<'_>, packet: &mut Packet) -> Parsed<()> {
    cursor.space();
    if cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        let first = cursor.u16()?;
        cursor.expect(">")?;
        let second = spaced(cursor).u16()?;
        packet.ports = Some((first, second));
        return cursor.expect(")");
    }
    let at = cursor.place();
    match cursor.name() {
        "tos" => packet.ip.tos = Some(spaced(cursor).u8()?),
        "ttl" => packet.ip.ttl = Some(spaced(cursor).u8()?),
        "flow" | "flowlabel" => packet.ip.flow = Some(spaced(cursor).u32()?),
        _ => return Err(cursor.expected_at(at, words::AN_IP_FIELD)),
    }
    cursor.expect(")")
}

/// Protocols that scripts of other projects speak.
fn refuse_other_protocols(cursor: &Cursor<'_>) -> Parsed<()> {
    let at = cursor.place();
    let mut ahead = cursor.clone();
    let name = ahead.name();
    let known = ["udp", "udplite", "sctp", "mptcp", "psp", "gre", "ipv4", "ipv6", "mpls"];
    match known.contains(&name) {
        true => Err(ParseError::dialect(at, Said::new(words::NO_PROTOCOL).with("name", name))),
        false => Ok(()),
    }
}

fn segment(cursor: &mut Cursor<'_>) -> Parsed<TcpPacket> {
    let mut packet = TcpPacket { flags: flags(cursor)?, ..empty() };
    cursor.space();
    let seq_at = cursor.place();
    packet.seq = number(cursor)?;
    cursor.expect(":")?;
    cursor.space();
    let end = number(cursor)?;
    cursor.expect("(")?;
    cursor.space();
    packet.len = cursor.number(u64::from(MOST_DATA))? as u32;
    cursor.expect(")")?;
    if end.value.wrapping_sub(packet.seq.value) != packet.len {
        let said = Said::new(words::RANGE_MISMATCH).with("seq", packet.seq.value);
        return Err(ParseError::wrong(seq_at, said.with("end", end.value).with("len", packet.len)));
    }
    loop {
        cursor.space();
        if cursor.eat_word("ack") {
            cursor.space();
            packet.ack = Some(number(cursor)?);
        } else if cursor.eat_word("win") {
            packet.window = Some(spaced(cursor).u16()?);
        } else if cursor.eat_word("urg") || cursor.eat_word("up") {
            packet.urgent = Some(spaced(cursor).u16()?);
        } else if cursor.starts_with("<") && options::starts(cursor) {
            packet.options = options::list(cursor)?;
        } else {
            return Ok(packet);
        }
    }
}

/// A super-segment in an IPv4 packet, header aside.
const MOST_DATA: u32 = 65_535 - 120;

/// A position; `!` before or behind it says that it is one of the wire's.
fn number(cursor: &mut Cursor<'_>) -> Parsed<Number> {
    let before = cursor.eat("!");
    let value = cursor.u32()?;
    let behind = cursor.eat("!");
    Ok(Number { value, absolute: before || behind })
}

/// `S`, `S.`, `.`, `FP.`, `-` for none at all.
fn flags(cursor: &mut Cursor<'_>) -> Parsed<Flags> {
    let at = cursor.place();
    let letters = cursor.take_while(|c| c.is_ascii_alphabetic() || matches!(c, '.' | '-'));
    if letters.is_empty() {
        // Accurate ECN writes its counter as a digit among the flags.
        let error = match cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
            true => ParseError::dialect(at, words::NO_ACCURATE_ECN),
            false => cursor.expected_at(at, words::FLAGS),
        };
        return Err(error);
    }
    let mut flags = Flags::NONE;
    for letter in letters.chars() {
        flags |= match letter {
            'S' => Flags::SYN,
            'F' => Flags::FIN,
            'R' => Flags::RST,
            'P' => Flags::PSH,
            'U' => Flags::URG,
            'E' => Flags::ECE,
            'W' => Flags::CWR,
            'A' => Flags::AE,
            '.' => Flags::ACK,
            '-' => Flags::NONE,
            _ => return Err(cursor.expected_at(at, words::FLAGS)),
        };
    }
    if cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        return Err(ParseError::dialect(at, words::NO_ACCURATE_ECN));
    }
    Ok(flags)
}
