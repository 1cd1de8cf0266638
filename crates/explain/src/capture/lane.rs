//! Entries in the order in which something last happened to them.

/// Places of entries, the longest untouched first. Every operation takes the same few steps however many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    links: Vec<Link>,
    ends: [Ends; 2],
}

/// Which of two lines an entry stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lane {
    /// Those that go on.
    Open,
    /// Those that are over and wait for what may come late.
    Over,
}

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
    lane: Option<Lane>,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: u32,
    last: u32,
}

impl Default for Ends {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl Lanes {
    /// Puts an entry at the end of a line, wherever it stood.
    pub(super) fn touch(&mut self, place: u32, lane: Lane) {
        let link = self.links.get(place as usize);
        let is_there = link.is_some_and(|link| link.lane == Some(lane) && link.after == NONE);
        if is_there && self.ends[index(lane)].last == place {
            return;
        }
        self.remove(place);
        let wanted = place as usize + 1;
        if self.links.len() < wanted {
            self.links.resize(wanted, Link { before: NONE, after: NONE, lane: None });
        }
        let last = self.ends[index(lane)].last;
        self.set(place, |link| *link = Link { before: last, after: NONE, lane: Some(lane) });
        self.set(last, |link| link.after = place);
        let ends = &mut self.ends[index(lane)];
        ends.last = place;
        if ends.first == NONE {
            ends.first = place;
        }
    }

    /// Takes an entry out of its line.
    pub(super) fn remove(&mut self, place: u32) {
        let Some(&Link { before, after, lane: Some(lane) }) = self.links.get(place as usize) else { return };
        self.set(before, |link| link.after = after);
        self.set(after, |link| link.before = before);
        let ends = &mut self.ends[index(lane)];
        if ends.first == place {
            ends.first = after;
        }
        if ends.last == place {
            ends.last = before;
        }
        self.set(place, |link| link.lane = None);
    }

    /// The entry of a line that was untouched for longest.
    pub(super) fn oldest(&self, lane: Lane) -> Option<u32> {
        let first = self.ends[index(lane)].first;
        (first != NONE).then_some(first)
    }

    fn set(&mut self, place: u32, change: impl FnOnce(&mut Link)) {
        if let Some(link) = self.links.get_mut(place as usize) {
            change(link);
        }
    }
}

const fn index(lane: Lane) -> usize {
    match lane {
        Lane::Open => 0,
        Lane::Over => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Empties a line from its front.
    fn drain(lanes: &mut Lanes, lane: Lane) -> Vec<u32> {
        let mut places = Vec::new();
        while let Some(place) = lanes.oldest(lane) {
            places.push(place);
            lanes.remove(place);
        }
        places
    }

    #[test]
    fn the_longest_untouched_comes_first() {
        let mut lanes = Lanes::default();
        for place in [0, 1, 2, 3] {
            lanes.touch(place, Lane::Open);
        }
        lanes.touch(1, Lane::Open);
        lanes.touch(2, Lane::Over);
        lanes.touch(1, Lane::Open);
        assert_eq!(drain(&mut lanes, Lane::Open), [0, 3, 1]);
        assert_eq!(drain(&mut lanes, Lane::Over), [2]);
        lanes.remove(7);
        lanes.touch(2, Lane::Over);
        lanes.touch(0, Lane::Over);
        lanes.remove(2);
        assert_eq!(drain(&mut lanes, Lane::Over), [0]);
    }
}
