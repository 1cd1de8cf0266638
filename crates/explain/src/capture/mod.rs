//! From a capture file to events, as if each connection had told them.
//!
//! ```text
//! octets ─▶ Reader ─▶ Frame ─▶ link ─▶ packet ─▶ flows ─────▶ connection ─▶ Event ─▶ Explainer ─▶ Story
//!           pcap,                      IP, TCP   whose it is  numbers, both
//!           pcapng                               ports reused ends inferred
//! ```
//!
//! Everything is seen at one point between the two ends and nothing is told by them: each packet is one event, "sent by
//! its sender", and both states are inferred by a shadow per end. What is kept is bounded whatever the file holds.

mod damage;
mod error;
mod frame;
mod pcap;
mod pcapng;
mod reader;

mod link;
mod packet;

mod connection;
mod copies;
mod doubt;
mod flows;
mod half;
mod lane;
mod past;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::IpAddr;
use std::time::Duration;

use cordial_tcp::Instant;
use cordial_trace::Event;

use crate::explainer::Explainer;
use crate::story::Story;
use flows::Flows;
use packet::Packet;

pub use damage::{Damage, DamageKind};
pub use error::{CaptureError, Looks};
pub use flows::FlowLimits;
pub use frame::{Frame, Link};
pub use reader::Reader;

/// A capture, turned into events packet by packet.
///
/// ```
/// use cordial_explain::Explainer;
/// use cordial_explain::capture::Capture;
///
/// # fn explain(file: impl std::io::Read) -> Result<(), cordial_explain::capture::CaptureError> {
/// let mut capture = Capture::new(file)?;
/// let mut explainer = Explainer::new();
/// let mut events = Vec::new();
/// while capture.next(&mut events)? {
///     for event in events.drain(..) {
///         if let Some(story) = explainer.event(&event) {
///             println!("{}: {}", story.group, story.headline(cordial_trace::Lang::En));
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Capture<R> {
    reader: Reader<R>,
    flows: Flows,
    counts: Counts,
    /// When the first packet passed, in nanoseconds since 1970.
    began: Option<u64>,
    is_finished: bool,
}

/// What a capture held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Packets in all.
    pub packets: u64,
    /// TCP segments.
    pub segments: u64,
    /// ICMP errors about TCP segments.
    pub icmp: u64,
    /// Fragments behind the first: what they carry is not looked at.
    pub fragments: u64,
    /// Packets that are something else than TCP.
    pub other: u64,
    /// Packets cut off or misshapen, so that nobody can say whose they are.
    pub unreadable: u64,
    /// Packets on a kind of link that is not read.
    pub unknown_link: u64,
    /// Packets that the capture holds twice.
    pub copies: u64,
    /// Packets that came after the story of their connection had been told.
    pub late: u64,
    /// Connections so far.
    pub connections: u32,
    /// Connections told before they were over, because too many were open.
    pub told_early: u64,
}

impl<R: Read> Capture<R> {
    /// Begins to read a pcap or pcapng file, or a stream of one.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] if it cannot be read, or is no capture.
    pub fn new(input: R) -> Result<Self, CaptureError> {
        Ok(Self::with_limits(Reader::new(input)?, FlowLimits::default()))
    }

    /// Goes on with a file that was opened, within other bounds than the default.
    pub fn with_limits(reader: Reader<R>, limits: FlowLimits) -> Self {
        Self { reader, flows: Flows::new(limits), counts: Counts::default(), began: None, is_finished: false }
    }

    /// Adds the events of the next packet to `events`; often that is one, after the last packet all that completes what
    /// is still open. False when there is nothing more.
    ///
    /// # Errors
    ///
    /// Those of the reader. A damaged file is no error: see [`damage`](Self::damage).
    pub fn next(&mut self, events: &mut Vec<Event>) -> io::Result<bool> {
        if self.is_finished {
            return Ok(false);
        }
        let Some(frame) = self.reader.next()? else {
            self.is_finished = true;
            self.flows.finish(events);
            return Ok(true);
        };
        self.counts.packets += 1;
        let began = *self.began.get_or_insert(frame.time);
        let time = Instant::from_nanos(frame.time.saturating_sub(began));
        let counter = match packet::read(&frame, self.counts.packets, time) {
            Packet::Tcp(tcp) => {
                self.flows.tcp(&tcp, events);
                &mut self.counts.segments
            }
            Packet::Icmp(error) => {
                self.flows.icmp(&error, events);
                &mut self.counts.icmp
            }
            Packet::Fragment => &mut self.counts.fragments,
            Packet::Other => &mut self.counts.other,
            Packet::Unreadable => &mut self.counts.unreadable,
            Packet::UnknownLink => &mut self.counts.unknown_link,
        };
        *counter += 1;
        Ok(true)
    }

    /// What it held so far.
    pub fn counts(&self) -> Counts {
        let Flows { copies, late, told_early, .. } = self.flows;
        Counts { copies, late, told_early, connections: self.flows.connections(), ..self.counts }
    }

    /// What was found wrong with the file so far.
    pub fn damage(&self) -> Option<Damage> {
        self.reader.damage()
    }

    /// Octets read so far.
    pub fn offset(&self) -> u64 {
        self.reader.offset()
    }

    /// When its first packet passed: the origin of all times, since 1970-01-01 UTC.
    pub fn began(&self) -> Option<Duration> {
        self.began.map(Duration::from_nanos)
    }

    /// What addresses are called, where the file says so.
    pub fn names(&self) -> Option<&BTreeMap<IpAddr, String>> {
        self.reader.names()
    }
}

/// The stories of a capture's connections, in the order in which they began.
///
/// # Errors
///
/// [`CaptureError`] if it cannot be read, or is no capture. Of a damaged one everything before the damage is told.
pub fn explain_capture(input: impl Read) -> Result<Vec<Story>, CaptureError> {
    let mut capture = Capture::new(input)?;
    let mut explainer = Explainer::new();
    let (mut events, mut stories) = (Vec::new(), Vec::new());
    while capture.next(&mut events)? {
        stories.extend(events.drain(..).filter_map(|event| explainer.event(&event)));
    }
    stories.sort_by_key(|story| story.group);
    Ok(stories)
}
