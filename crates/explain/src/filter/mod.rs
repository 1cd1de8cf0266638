//! Which connections are shown: `state:close_wait port:5432 !process:curl /re+gex/`.
//!
//! Terms are separated by spaces; a connection has to meet all of them. `!` before a term turns it round. One
//! expression serves every face: `run`, `explain` and the terminal's panes.

mod error;
mod network;
mod parse;

use cordial_tcp::Phase;
use cordial_trace::Lang;
use regex::Regex;

use crate::line::Line;
use crate::listing::peer;
use crate::verdict::Level;

pub use error::FilterError;
use network::Place;

/// A filter expression, ready to be applied.
///
/// ```
/// use cordial_explain::Filter;
///
/// let filter: Filter = "state:close_wait !port:443".parse()?;
/// assert!(!filter.is_empty());
/// assert!("prot:443".parse::<Filter>().is_err());
/// # Ok::<(), cordial_explain::FilterError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    /// It must not hold.
    is_negated: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// Either end is in this state; none: in one that is not known.
    State(Option<Phase>),
    /// Either end has a port in this range.
    Port(u16, u16),
    /// The other end is there.
    Peer(Place),
    /// An address of either end, or its name.
    Name(String),
    /// Part of the program's name.
    Process(String),
    Pid(u32),
    /// An id, a name, or the letter of a family.
    Verdict(String),
    /// At least as bad.
    Level(Level),
    Regex(Regex),
}

impl Filter {
    /// The fields of an expression, with what may stand behind each, for help and errors.
    pub const FIELDS: &[(&str, &str)] = &[
        ("state", "close_wait"),
        ("port", "5432 or 8000-8999"),
        ("peer", "10.0.0.1, 10.0.0.0/8 or 10.0.0.1:443"),
        ("host", "example.org"),
        ("process", "curl"),
        ("pid", "4711"),
        ("verdict", "C05, refused or C"),
        ("level", "warn (or worse)"),
    ];

    /// True if it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// True if the connection meets every term, as far as is known of it now.
    pub fn matches(&self, line: &Line) -> bool {
        self.terms.iter().all(|term| term.test.holds(line) != term.is_negated)
    }
}

impl Test {
    fn holds(&self, line: &Line) -> bool {
        match self {
            Self::State(state) => line.states.contains(state),
            Self::Port(first, last) => {
                let ports = [line.client.port(), line.server.port()];
                ports.iter().any(|port| (first..=last).contains(&port))
            }
            Self::Peer(place) => place.has(line.peer()),
            Self::Name(wanted) => {
                let names = line.names.iter().flatten().map(|name| name.to_lowercase());
                let addresses = line.addresses().map(|address| address.to_string());
                names.chain(addresses).any(|name| name.contains(wanted))
            }
            Self::Process(wanted) => {
                let name = line.process.as_ref().map(|(_, process)| process.name().to_lowercase());
                name.is_some_and(|name| name.contains(wanted))
            }
            Self::Pid(pid) => line.process.as_ref().is_some_and(|(_, process)| process.pid() == *pid),
            Self::Verdict(wanted) => line.verdicts().iter().any(|verdict| {
                let id = verdict.id();
                id.eq_ignore_ascii_case(wanted)
                    || verdict.slug().eq_ignore_ascii_case(wanted)
                    || verdict.name(Lang::Zh) == wanted
                    || wanted.len() == 1 && id[..1].eq_ignore_ascii_case(wanted)
            }),
            Self::Level(level) => line.level().is_some_and(|found| found >= *level),
            Self::Regex(regex) => texts(line).iter().any(|text| regex.is_match(text)),
        }
    }
}

/// Everything of a connection that a regular expression is tried on, piece by piece.
fn texts(line: &Line) -> Vec<String> {
    let mut texts = vec![line.client.to_string(), line.server.to_string()];
    texts.push(peer(line.peer(), line.peer_name()));
    texts.extend(line.names.iter().flatten().cloned());
    texts.extend(line.process.iter().map(|(_, process)| process.name().to_owned()));
    texts.extend(line.states.iter().flatten().map(|state| state.name().to_owned()));
    for verdict in line.verdicts() {
        texts.push(verdict.id().to_owned());
        texts.extend([Lang::En, Lang::Zh].map(|lang| verdict.name(lang).to_owned()));
    }
    texts
}
