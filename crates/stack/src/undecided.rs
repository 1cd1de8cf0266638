//! SYNs that wait for the application's word.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_tcp::Instant;
use cordial_wire::{Segment, SeqNum};

use crate::key::Key;
use crate::slab::Slab;
use crate::{Bind, LinkId, ListenerId, SynId};

/// A SYN nobody has decided on.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: Key,
    /// The SYN as it came last, without data: its sender sends that again.
    pub syn: Segment<'static>,
    pub listener: ListenerId,
    pub link: LinkId,
    /// Set if it takes the place of a connection in TIME-WAIT: its ISS must lie after this.
    pub above: Option<SeqNum>,
    last_came: Instant,
    withdrawn_at: Instant,
    /// Its place among those the application has not been told of.
    serial: Option<u64>,
}

/// The least time a SYN is taken to be wanted: three times the first timeout of the peer's SYN.
const PATIENCE: Duration = Duration::from_secs(3);

/// Few by their bound, so plain ordered maps serve.
#[derive(Clone, Debug)]
pub(crate) struct Undecided {
    entries: Slab<Entry>,
    by_time: BTreeSet<(Instant, u32)>,
    untold: BTreeMap<u64, u32>,
    serials: u64,
    withdrawn: VecDeque<SynId>,
}

impl Undecided {
    pub const fn new() -> Self {
        Self {
            entries: Slab::new(),
            by_time: BTreeSet::new(),
            untold: BTreeMap::new(),
            serials: 0,
            withdrawn: VecDeque::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn insert(
        &mut self,
        now: Instant,
        key: Key,
        syn: Segment<'static>,
        (listener, link): (ListenerId, LinkId),
        above: Option<SeqNum>,
    ) -> u32 {
        let withdrawn_at = now + PATIENCE;
        self.serials += 1;
        let serial = Some(self.serials);
        let entry = Entry { key, syn, listener, link, above, last_came: now, withdrawn_at, serial };
        let (index, _) = self.entries.insert(entry);
        self.by_time.insert((withdrawn_at, index));
        self.untold.insert(self.serials, index);
        index
    }

    /// The SYN came again: it is wanted for twice as long as the sender waited.
    pub fn again(&mut self, now: Instant, index: u32, syn: Segment<'static>) {
        let Some(entry) = self.entries.get_mut(index) else { return };
        self.by_time.remove(&(entry.withdrawn_at, index));
        let gap = now.since(entry.last_came);
        (entry.syn, entry.last_came) = (syn, now);
        entry.withdrawn_at = now + gap.saturating_mul(2).max(PATIENCE);
        self.by_time.insert((entry.withdrawn_at, index));
    }

    pub fn get(&self, index: u32) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// The index of a SYN that was put before the application.
    pub fn find(&self, id: SynId) -> Option<u32> {
        self.entries.get_named(id.0, id.1).map(|_| id.0)
    }

    /// Takes it out: it was decided on.
    pub fn remove(&mut self, index: u32) -> Option<Entry> {
        let entry = self.entries.remove(index)?;
        self.by_time.remove(&(entry.withdrawn_at, index));
        if let Some(serial) = entry.serial {
            self.untold.remove(&serial);
        }
        Some(entry)
    }

    /// Takes it out: it is not wanted any more. The application is told, if it was told of the SYN.
    pub fn withdraw(&mut self, index: u32) -> Option<Entry> {
        let id = SynId(index, self.entries.generation(index)?);
        let entry = self.remove(index)?;
        if entry.serial.is_none() {
            self.withdrawn.push_back(id);
        }
        Some(entry)
    }

    /// One whose sender has given up.
    pub fn due(&self, now: Instant) -> Option<u32> {
        self.by_time.first().filter(|(at, _)| *at <= now).map(|&(_, index)| index)
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.by_time.first().map(|&(at, _)| at)
    }

    /// The next SYN that is no longer wanted. Told before new ones, so there are never more than fit the table.
    pub fn pop_withdrawn(&mut self) -> Option<SynId> {
        self.withdrawn.pop_front()
    }

    /// The next SYN to be put before the application.
    pub fn pop_untold(&mut self) -> Option<(SynId, &Entry)> {
        let (_, index) = self.untold.pop_first()?;
        let generation = self.entries.generation(index)?;
        let entry = self.entries.get_mut(index)?;
        entry.serial = None;
        Some((SynId(index, generation), entry))
    }

    /// Feeds what waits into `h`, moments as seen from `now`: those told of by key, the others as they will be told.
    pub fn fingerprint(&self, now: Instant, place: impl Fn(ListenerId) -> Option<Bind>, h: &mut impl Hasher) {
        let Self { entries, by_time: _, untold: _, serials: _, withdrawn } = self;
        let mut all: Vec<&Entry> = entries.iter().map(|(_, entry)| entry).collect();
        all.sort_by_key(|entry| (entry.serial, entry.key));
        (all.len(), withdrawn.len()).hash(h);
        for entry in all {
            let Entry { key, syn, listener, link, above, last_came, withdrawn_at, serial } = entry;
            let mut octets = [0; Segment::MAX_HEADER_LEN];
            (key, syn.emit_header(&mut octets).is_ok(), octets, place(*listener), link.0).hash(h);
            (above.map(|above| above.0), serial.is_some()).hash(h);
            (now.since(*last_came), withdrawn_at.since(now)).hash(h);
        }
    }

    /// Everything there is. For what is rare.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.entries.iter()
    }
}
