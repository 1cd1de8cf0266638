//! An ICMP message: `icmp unreachable frag_needed mtu 1200 [1:1461(1460)]`.

use super::{Cursor, Parsed};
use crate::script::{Icmp, IcmpKind, Number};
use crate::words;

/// Which of the two names stands here, gone past.
pub(super) fn starts(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    ["icmpv6", "icmp"].into_iter().find(|name| cursor.eat_word(name))
}

/// Type and code, in the numbers of one IP version.
type Numbers = Option<(u8, u8)>;

/// Names of types and codes, as scripts write them: type, code, IPv4's numbers, IPv6's.
#[rustfmt::skip]
const KINDS: &[(&str, &str, Numbers, Numbers)] = &[
    ("unreachable", "net_unreachable", Some((3, 0)), Some((1, 0))),
    ("unreachable", "host_unreachable", Some((3, 1)), Some((1, 3))),
    ("unreachable", "protocol_unreachable", Some((3, 2)), None),
    ("unreachable", "port_unreachable", Some((3, 3)), Some((1, 4))),
    ("unreachable", "frag_needed", Some((3, 4)), None),
    ("unreachable", "source_route_failed", Some((3, 5)), None),
    ("unreachable", "net_unknown", Some((3, 6)), None),
    ("unreachable", "host_unknown", Some((3, 7)), None),
    ("unreachable", "source_host_isolated", Some((3, 8)), None),
    ("unreachable", "net_prohibited", Some((3, 9)), None),
    ("unreachable", "host_prohibited", Some((3, 10)), None),
    ("unreachable", "net_unreachable_for_tos", Some((3, 11)), None),
    ("unreachable", "host_unreachable_for_tos", Some((3, 12)), None),
    ("unreachable", "packet_filtered", Some((3, 13)), Some((1, 1))),
    ("unreachable", "adm_prohibited", Some((3, 13)), Some((1, 1))),
    ("unreachable", "precedence_violation", Some((3, 14)), None),
    ("unreachable", "precedence_cutoff", Some((3, 15)), None),
    ("unreachable", "no_route", Some((3, 0)), Some((1, 0))),
    ("unreachable", "not_neighbour", None, Some((1, 2))),
    ("unreachable", "addr_unreachable", Some((3, 1)), Some((1, 3))),
    ("time_exceeded", "exc_ttl", Some((11, 0)), Some((3, 0))),
    ("time_exceeded", "exc_hoplimit", Some((11, 0)), Some((3, 0))),
    ("time_exceeded", "exc_fragtime", Some((11, 1)), Some((3, 1))),
    ("source_quench", "", Some((4, 0)), None),
    ("parameter_problem", "", Some((12, 0)), Some((4, 0))),
    ("packet_too_big", "", None, Some((2, 0))),
];

/// What follows the word `icmp`.
pub(super) fn message(cursor: &mut Cursor<'_>, family: &str) -> Parsed<Icmp> {
    cursor.space();
    let at = cursor.place();
    let name = cursor.name();
    cursor.space();
    let mut ahead = cursor.clone();
    let code = ahead.name();
    let known = |code: &str| {
        KINDS.iter().find(|(known, its, ..)| (*known, *its) == (name, code)).map(|kind| (kind.2, kind.3))
    };
    let (v4, v6) = match known(code) {
        Some(kind) if !code.is_empty() => {
            *cursor = ahead;
            kind
        }
        _ => known("").ok_or_else(|| cursor.expected_at(at, words::AN_ICMP_TYPE))?,
    };
    let kind = match family {
        "icmpv6" => IcmpKind { v4: None, v6 },
        _ => IcmpKind { v4, v6 },
    };
    let mut message = Icmp { kind, mtu: None, quoted: None };
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
