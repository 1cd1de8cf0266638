//! Stories that wait for what may still be told of their connection.

use std::collections::VecDeque;

use cordial_explain::Story;

/// Events that a record may tell between a connection's end and the name of its program, which is looked for while other
/// things happen.
const LATE: u64 = 4_096;

/// Stories of a record, in the order of their ends. Those of a capture do not wait.
pub struct Waiting {
    patience: u64,
    events: u64,
    stories: VecDeque<(u64, Story)>,
}

impl Waiting {
    /// For a capture, which tells nothing late, or a record, which may.
    pub fn new(is_capture: bool) -> Self {
        Self { patience: if is_capture { 0 } else { LATE }, events: 0, stories: VecDeque::new() }
    }

    /// An event, and the story that it completes.
    pub fn take(&mut self, story: Option<Story>) {
        self.events += 1;
        self.stories.extend(story.map(|story| (self.events + self.patience, story)));
    }

    /// Nothing more is told.
    pub fn end(&mut self) {
        self.events = u64::MAX;
    }

    /// The next story that has waited long enough.
    pub fn due(&mut self) -> Option<Story> {
        self.stories.pop_front_if(|(due, _)| *due <= self.events).map(|(_, story)| story)
    }
}
