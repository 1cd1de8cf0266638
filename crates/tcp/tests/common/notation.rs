//! Segments as text.

use std::time::Duration;

use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps, UserTimeout};

/// What every segment carries.
static OCTETS: [u8; 1 << 16] = [7; 1 << 16];

/// The notation is the one segments print in: `FIN+ACK seq=101 ack=301`, `DATA seq=101..111 ack=301`; besides,
/// `null` for no flag at all, `wnd=` for a window other than 5,000,
/// `mss=`, `ws=`, `sackok`, `sack=start..end`, `ts=value:echo`, `uto=seconds`, `urg=pointer`.
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
        if word == "sackok" {
            segment.options.sack_permitted = true;
            continue;
        }
        let (key, value) = word.split_once('=').expect("key=value");
        match key {
            "seq" => segment.seq = number(value.split("..").next().expect("start")),
            "ack" => {
                segment.flags |= Flags::ACK;
                segment.ack_number = number(value);
            }
            "wnd" => segment.window = value.parse().expect("window"),
            "ws" => segment.options.window_scale = Some(value.parse().expect("shift")),
            "urg" => segment.urgent = value.parse().expect("pointer"),
            "uto" => {
                let seconds = value.parse().expect("seconds");
                segment.options.user_timeout = Some(UserTimeout::new(Duration::from_secs(seconds)));
            }
            "sack" => {
                let (start, end) = value.split_once("..").expect("start..end");
                assert!(segment.options.sack.push(number(start), number(end)));
            }
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
