//! What a capture says besides segments, as objects of JSON.

use cordial_tcp::Phase;

use super::object::Object;
use super::span_milliseconds;
use crate::event::{LastSeen, OnWire, Predecessor, SumState};

/// The IP header around a segment.
pub(super) fn write_ip(ip: &mut Object<'_>, wire: &OnWire) {
    ip.number("ttl", wire.ttl.into());
    if let Some(id) = wire.ip_id {
        ip.number("id", id.into());
    }
    ip.number("ecn", wire.ecn.into());
    ip.raw("df", if wire.dont_fragment { "true" } else { "false" });
}

/// Where and how a packet was captured; what is as usual is left out.
pub(super) fn write_capture(capture: &mut Object<'_>, wire: &OnWire) {
    capture.number("packet", wire.packet);
    capture.number("length", wire.ip_len.into());
    capture.text("checksum", sum_name(wire.checksum));
    for (name, count) in
        [("missing", wire.missing), ("copies", wire.copies.into()), ("interface", wire.interface)]
    {
        if count > 0 {
            capture.number(name, count.into());
        }
    }
    if let Some(vlan) = wire.vlan {
        capture.number("vlan", vlan.into());
    }
    if wire.header_cut {
        capture.raw("header_cut", "true");
    }
}

const fn sum_name(state: SumState) -> &'static str {
    match state {
        SumState::Good => "good",
        SumState::Bad => "bad",
        SumState::PseudoOnly => "pseudo_only",
        SumState::Unknown => "unknown",
    }
}

/// The connection before.
pub(super) fn write_predecessor(object: &mut Object<'_>, before: &Predecessor) {
    object.text("group_id", &before.group.to_string());
    object.raw("quiet", &span_milliseconds(before.quiet));
    for (name, end) in [("client", before.client), ("server", before.server)] {
        object.object(name, |object| write_last_seen(object, end));
    }
}

fn write_last_seen(object: &mut Object<'_>, end: LastSeen) {
    object.text("state", end.state.map_or("?", Phase::name));
    if let Some(next) = end.next {
        object.number("next", next.0.into());
    }
    if let Some(timestamp) = end.timestamp {
        object.number("ts", timestamp.into());
    }
}
