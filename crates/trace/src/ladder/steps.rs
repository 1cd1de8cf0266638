//! A ladder of steps: for runs that are counted rather than timed.

use cordial_tcp::{Instant, Phase};

use super::picture::Picture;
use super::row::{Lane, Reach, Row};
use super::style::{Colour, Style};
use crate::event::{Basis, End, Ends, Segment, Side};

/// One step.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// What stands where other ladders have the time; empty where a step takes more than one line.
    pub label: String,
    /// States that are news: the client's and the server's.
    pub states: [Option<Phase>; 2],
    /// What stands in the lane.
    pub lane: StepLane,
    /// What stands beside it.
    pub notes: Vec<String>,
}

/// What a step shows between the two ends.
#[derive(Clone, PartialEq, Debug)]
pub enum StepLane {
    /// Nothing.
    Blank,
    /// A segment, whose number is always said.
    Arrow {
        /// Who sent it.
        from: Side,
        /// Which.
        segment: Box<Segment>,
        /// How far it came.
        reach: Reach,
    },
    /// Something that one end says or does.
    Says {
        /// Which end.
        side: Side,
        /// What.
        text: String,
        /// It is what the picture is about.
        is_trouble: bool,
    },
    /// Time passes.
    Passes(String),
}

/// Draws steps as a box; `titles` stand above the first and the last column.
pub fn steps(steps: &[Step], style: &Style, titles: [&str; 2]) -> Vec<String> {
    let picture = Picture::new(*style, Instant::ZERO, None);
    let end = End { before: None, after: None, basis: Basis::Engine };
    let mut lines = vec![picture.titled(&Ends { client: end, server: end }, titles)];
    lines.extend(steps.iter().flat_map(|step| draw(&picture, step)));
    lines.push(picture.bottom(""));
    lines
}

fn draw(picture: &Picture, step: &Step) -> Vec<String> {
    // A state that is not given is no news; the row says that it is known.
    let known = [Some(Phase::Closed); 2];
    let blank = Row { states: step.states, after: known, ..Row::new(Instant::ZERO, Lane::Blank) };
    let lane = match &step.lane {
        StepLane::Blank => picture.lane(&blank),
        StepLane::Arrow { from, segment, reach } => {
            let arrow = Lane::Arrow { from: *from, segment: segment.clone(), reach: *reach, is_edge: true };
            picture.lane(&Row { lane: arrow, ..blank.clone() })
        }
        StepLane::Says { side, text, is_trouble } => {
            let colour = if *is_trouble { Colour::Pink } else { Colour::Plain };
            picture.said(&blank, *side, text, colour)
        }
        StepLane::Passes(text) => picture.passing(text),
    };
    picture.line(&picture.label(&step.label), &blank, &lane, &step.notes)
}
