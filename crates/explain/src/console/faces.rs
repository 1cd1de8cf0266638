//! What a console shows, and how.

use std::collections::BTreeMap;
use std::net::IpAddr;

use cordial_trace::ladder::Style;

use crate::filter::Filter;

/// When connections are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Row by row, as things happen.
    Live,
    /// When everything is over: a few connections as a whole, the worst above all, the others in a line each.
    End,
    /// Not at all.
    Never,
}

/// What is shown, and how.
#[derive(Clone, Debug)]
pub struct Faces {
    /// When connections are drawn.
    pub when: When,
    /// How many have their ladder at the end; the others have a line each.
    pub ladders: usize,
    /// Which connections are shown.
    pub filter: Filter,
    /// How ladders look. Segments are numbered where a verdict speaks of them, whatever this says.
    pub style: Style,
    /// Every segment and timer has its row.
    pub exact: bool,
    /// What is watched: the command.
    pub title: String,
    /// What addresses are called.
    pub names: BTreeMap<IpAddr, String>,
}

impl Faces {
    /// Ladders that are drawn at the end unless told otherwise: more than a screen or two nobody reads.
    pub const LADDERS: usize = 5;
}
