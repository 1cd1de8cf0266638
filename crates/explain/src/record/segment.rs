//! A segment of a line.

use cordial_trace::event::{Group, Head, OnWire, Segment, SumState};
use cordial_wire::{FastOpen, Flags, Options, SackBlocks, SeqNum, Timestamps};
use serde_json::Value;

use super::fields::{is_true, list, number, segment_id, text};
use super::numbers::Numbers;

/// The segment that the data of an event describe.
pub(super) fn segment(data: &Value, group: Group, numbers: &mut Numbers) -> Option<Segment> {
    let id = segment_id(text(data, "segment_id")?)?;
    let header = data.get("header")?;
    let copy_of = text(data, "copy_of").and_then(segment_id);
    // No connection carries more than half of what a count holds.
    let mut rel = list(header, "rel").filter_map(|number| number.as_u64().filter(|&rel| rel <= 1 << 63));
    Some(Segment {
        id,
        number: numbers.of(group, id),
        copy_of,
        again: copy_of.is_some() || is_true(data, "again"),
        flags: flags(header),
        seq: SeqNum(number(header, "seq")?),
        ack: number(header, "ack").map(SeqNum),
        rel: (rel.next()?, rel.next()),
        window: number(header, "win")?,
        options: options(header),
        // More than any packet holds would overflow the sums of those who count.
        payload_len: data.get("raw").and_then(|raw| number::<u32>(raw, "payload_length"))?.min(1 << 24),
        head: Head::default(),
        on_wire: on_wire(data, header),
    })
}

fn flags(header: &Value) -> Flags {
    const ALL: [Flags; 9] = [
        Flags::FIN,
        Flags::SYN,
        Flags::RST,
        Flags::PSH,
        Flags::ACK,
        Flags::URG,
        Flags::ECE,
        Flags::CWR,
        Flags::AE,
    ];
    let named =
        |name: &str| ALL.into_iter().find(|flag| flag.names().any(|own| own.eq_ignore_ascii_case(name)));
    let set = list(header, "flags").filter_map(Value::as_str).filter_map(named);
    set.fold(Flags::NONE, |sum, flag| sum | flag)
}

fn options(header: &Value) -> Options {
    let mut options = Options::default();
    for option in list(header, "options") {
        if option.as_str() == Some("sack_permitted") {
            options.sack_permitted = true;
        }
        options.malformed |= option.as_str() == Some("malformed");
        options.mss = options.mss.or_else(|| number(option, "mss"));
        options.window_scale = options.window_scale.or_else(|| number(option, "ws"));
        if let Some((value, echo)) = option.get("ts").and_then(pair) {
            options.timestamps = Some(Timestamps { value, echo });
        }
        options.fast_open = options.fast_open.or_else(|| text(option, "fo").and_then(fast_open));
        for (start, end) in list(option, "sack").filter_map(pair) {
            let blocks: &mut SackBlocks = &mut options.sack;
            blocks.push(SeqNum(start), SeqNum(end));
        }
    }
    options
}

/// `request`, or the octets of a cookie in hexadecimal digits.
fn fast_open(text: &str) -> Option<FastOpen> {
    if text == "request" {
        return Some(FastOpen::REQUEST);
    }
    let octet = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok();
    let octets: Option<Vec<u8>> = text.as_bytes().chunks(2).map(octet).collect();
    FastOpen::new(&octets?).filter(|read| !read.is_request())
}

fn pair(value: &Value) -> Option<(u32, u32)> {
    let number = |place: usize| u32::try_from(value.get(place)?.as_u64()?).ok();
    Some((number(0)?, number(1)?))
}

fn on_wire(data: &Value, header: &Value) -> Option<OnWire> {
    let (capture, ip) = (data.get("capture")?, header.get("ip")?);
    Some(OnWire {
        packet: number(capture, "packet")?,
        ttl: number(ip, "ttl")?,
        ip_id: number(ip, "id"),
        dont_fragment: is_true(ip, "df"),
        ecn: number(ip, "ecn").unwrap_or(0),
        ip_len: number(capture, "length")?,
        missing: number(capture, "missing").unwrap_or(0),
        header_cut: is_true(capture, "header_cut"),
        checksum: match text(capture, "checksum") {
            Some("good") => SumState::Good,
            Some("bad") => SumState::Bad,
            Some("pseudo_only") => SumState::PseudoOnly,
            _ => SumState::Unknown,
        },
        copies: number(capture, "copies").unwrap_or(0),
        interface: number(capture, "interface").unwrap_or(0),
        vlan: number(capture, "vlan"),
    })
}
