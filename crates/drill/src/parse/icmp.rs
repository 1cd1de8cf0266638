//! An ICMP message: `icmp unreachable frag_needed mtu 1200 [1:1461(1460)]`.

use super::{Cursor, Parsed};
use crate::script::{Icmp, IcmpKind, Number};
use crate::words;

/// Which of the two names stands here, gone past.
pub(super) fn starts(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    ["icmpv6", "icmp"].into_iter().find(|name| cursor.eat_word(name))
}

/// A number over IPv4 and one over IPv6.
type Numbers = (Option<u8>, Option<u8>);

/// Types as scripts name them.
#[rustfmt::skip]
const TYPES: &[(&str, Numbers)] = &[
    ("unreachable", (Some(3), Some(1))),
    ("time_exceeded", (Some(11), Some(3))),
    ("parameter_problem", (Some(12), Some(4))),
    ("packet_too_big", (None, Some(2))),
    ("source_quench", (Some(4), None)),
    ("redirect", (Some(5), Some(137))),
    ("echo_request", (Some(8), Some(128))),
    ("echo_reply", (Some(0), Some(129))),
    ("timestamp_request", (Some(13), None)),
    ("timestamp_reply", (Some(14), None)),
    ("information_request", (Some(15), None)),
    ("information_reply", (Some(16), None)),
    ("address_mask_request", (Some(17), None)),
    ("address_mask_reply", (Some(18), None)),
];

/// Codes of `unreachable` and `time_exceeded` as scripts name them.
#[rustfmt::skip]
const CODES: &[(&str, Numbers)] = &[
    ("net_unreachable", (Some(0), Some(0))),
    ("no_route", (Some(0), Some(0))),
    ("host_unreachable", (Some(1), Some(3))),
    ("addr_unreachable", (Some(1), Some(3))),
    ("protocol_unreachable", (Some(2), None)),
    ("port_unreachable", (Some(3), Some(4))),
    ("frag_needed", (Some(4), None)),
    ("source_route_failed", (Some(5), None)),
    ("net_unknown", (Some(6), None)),
    ("host_unknown", (Some(7), None)),
    ("source_host_isolated", (Some(8), None)),
    ("net_prohibited", (Some(9), None)),
    ("host_prohibited", (Some(10), None)),
    ("net_unreachable_for_tos", (Some(11), None)),
    ("host_unreachable_for_tos", (Some(12), None)),
    ("packet_filtered", (Some(13), Some(1))),
    ("adm_prohibited", (Some(13), Some(1))),
    ("precedence_violation", (Some(14), None)),
    ("precedence_cutoff", (Some(15), None)),
    ("not_neighbour", (None, Some(2))),
    ("exc_ttl", (Some(0), Some(0))),
    ("exc_hoplimit", (Some(0), Some(0))),
    ("exc_fragtime", (Some(1), Some(1))),
];

/// What follows the word `icmp`.
pub(super) fn message(cursor: &mut Cursor<'_>, family: &str) -> Parsed<Icmp> {
    cursor.space();
    let at = cursor.place();
    let kind = number_of(cursor.name(), "type_", TYPES);
    let kind = kind.ok_or_else(|| cursor.expected_at(at, words::AN_ICMP_TYPE))?;
    cursor.space();
    let mut ahead = cursor.clone();
    // A message without a code has the first one.
    let mut code = (Some(0), Some(0));
    if let Some(written) = number_of(ahead.name(), "code_", CODES) {
        (*cursor, code) = (ahead, written);
    }
    let v4 = kind.0.zip(code.0).filter(|_| family == "icmp");
    let mut message = Icmp { kind: IcmpKind { v4, v6: kind.1.zip(code.1) }, mtu: None, quoted: None };
    loop {
        cursor.space();
        if cursor.eat_word("mtu") {
            cursor.space();
            message.mtu = Some(cursor.u32()?);
        } else if cursor.eat("[") {
            message.quoted = Some(quoted(cursor)?);
        } else {
            return Ok(message);
        }
    }
}

/// What a name stands for, or a number behind `prefix`.
fn number_of(name: &str, prefix: &str, known: &[(&str, Numbers)]) -> Option<Numbers> {
    if let Some(digits) = name.strip_prefix(prefix) {
        let number = digits.parse().ok()?;
        return Some((Some(number), Some(number)));
    }
    known.iter().find(|(its, _)| *its == name).map(|(_, numbers)| *numbers)
}

/// `1:1461(1460)]`, perhaps with flags before it.
fn quoted(cursor: &mut Cursor<'_>) -> Parsed<(Number, u32)> {
    cursor.space();
    cursor.take_while(|c| c.is_ascii_alphabetic() || c == '.');
    cursor.space();
    let value = cursor.u32()?;
    let absolute = cursor.eat("!");
    cursor.expect(":")?;
    cursor.space();
    cursor.u32()?;
    cursor.eat("!");
    cursor.expect("(")?;
    cursor.space();
    let len = cursor.u32()?;
    cursor.expect(")")?;
    cursor.expect("]")?;
    Ok((Number { value, absolute }, len))
}
