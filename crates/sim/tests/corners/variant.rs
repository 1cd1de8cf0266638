//! What befalls one packet of a scene.

use std::fmt;

use cordial_sim::HostId;
use cordial_trace::Group;
use cordial_trace::event::Side;
use cordial_wire::Segment;

/// What befalls a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It is lost.
    Lose,
    /// It arrives twice, right after each other.
    Duplicate,
    /// It changes places with the next one of its sender.
    Swap,
}

/// Which packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The how-manieth that left a host, from 0.
    Sent(usize),
    /// The how-manieth that the scene put before a host, from 0.
    Stray(usize),
}

/// One packet befallen by one deed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variant {
    pub deed: Deed,
    pub subject: Subject,
    /// `lose client SYN seq=100`; the second of several that are the same has ` #2` behind it.
    pub name: String,
}

/// A segment that left a host, or was put before one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Milliseconds since the scene began.
    pub at: u64,
    /// Who sent it; none: the scene itself.
    pub from: Option<HostId>,
    /// As it prints, without the options of a SYN.
    pub text: String,
    /// Its header.
    pub header: Segment<'static>,
    /// Its connection and sender in the record.
    pub of: Option<(Group, Side)>,
    /// The scene itself has something befall it, so nothing else will.
    pub is_befallen: bool,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.from {
            None => "stray",
            Some(HostId(0)) => "client",
            Some(HostId(1)) => "server",
            Some(_) => "other",
        };
        write!(f, "{from} {}", self.text)
    }
}

impl Variant {
    /// All of a run in which this was sent.
    pub fn all(sent: &[Sent]) -> Vec<Self> {
        let mut all = Vec::new();
        let (mut hosts, mut strays) = (0, 0);
        for (at, one) in sent.iter().enumerate() {
            let count = match one.from {
                Some(_) => &mut hosts,
                None => &mut strays,
            };
            let subject = if one.from.is_some() { Subject::Sent(*count) } else { Subject::Stray(*count) };
            *count += 1;
            if one.is_befallen {
                continue;
            }
            let (before, after) = (&sent[..at], &sent[at + 1..]);
            let again = before.iter().filter(|other| other.to_string() == one.to_string()).count();
            let mut add = |deed: Deed, verb: &str| {
                let number = if again == 0 { String::new() } else { format!(" #{}", again + 1) };
                all.push(Self { deed, subject, name: format!("{verb} {one}{number}") });
            };
            add(Deed::Lose, "lose");
            add(Deed::Duplicate, "duplicate");
            let has_next = match one.from {
                // One that no connection knows can only be told by its place.
                Some(_) => one.of.is_some() && after.iter().any(|next| next.of == one.of),
                None => after.iter().any(|next| next.from.is_none()),
            };
            if has_next {
                add(Deed::Swap, "swap");
            }
        }
        all
    }
}
