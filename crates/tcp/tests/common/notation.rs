//! Segments as text.

use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

/// What every segment carries.
static OCTETS: [u8; 1 << 16] = [7; 1 << 16];

/// The notation is the one segments print in: `FIN+ACK seq=101 ack=301`, `DATA seq=101..111 ack=301`; besides,
/// `null` for no flag at all, `wnd=` for a window other than 5,000,
/// `mss=`, `ts=value:echo`.
pub fn parse(text: &str) -> Segment<'static> {
    let mut segment = Segment { window: 5000, payload: &OCTETS[..payload_len(text)], ..Segment::default() };
    let mut words = text.split_whitespace();
    for flag in words.next().expect("flags").split('+') {
        segment.flags |= match flag {
            "SYN" => Flags::SYN,
            "FIN" => Flags::FIN,
            "RST" => Flags::RST,
            "PSH" => Flags::PSH,
            "URG" => Flags::URG,
            "ACK" => Flags::ACK,
            "DATA" | "null" => Flags::NONE,
            other => panic!("flag {other}"),
        };
    }
    for word in words {
        let (key, value) = word.split_once('=').expect("key=value");
        match key {
            "seq" => segment.seq = number(value.split("..").next().expect("start")),
            "ack" => {
                segment.flags |= Flags::ACK;
                segment.ack_number = number(value);
            }
            "wnd" => segment.window = value.parse().expect("window"),
            "mss" => segment.options.mss = Some(value.parse().expect("mss")),
            "ts" => {
                let (value, echo) = value.split_once(':').expect("value:echo");
                let timestamps =
                    Timestamps { value: value.parse().expect("value"), echo: echo.parse().expect("echo") };
                segment.options = Options { timestamps: Some(timestamps), ..segment.options };
            }
            other => panic!("key {other}"),
        }
    }
    segment
}

fn number(text: &str) -> SeqNum {
    SeqNum(text.parse().expect("a number"))
}

fn payload_len(text: &str) -> usize {
    let range = text.split_whitespace().find_map(|word| word.strip_prefix("seq="));
    let Some((start, end)) = range.and_then(|range| range.split_once("..")) else { return 0 };
    let syn = usize::from(text.starts_with("SYN"));
    number(end).since(number(start)) as usize - syn
}
