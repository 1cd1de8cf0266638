//! Long runs of plain data, told in one row.

use super::row::{Lane, Row};

/// Lets rows through, except the middle of a long run of plain ones.
#[derive(Clone, Debug)]
pub(super) struct Condenser {
    is_exact: bool,
    /// Arrows of this run that were let through, in halves.
    passed: usize,
    /// How many it may let through.
    allowed: usize,
    /// Rows held back, while they are few.
    few: Vec<Row>,
    /// All that are held back.
    hidden: usize,
    /// Segments that leave in them, and those of which only the arrival is among them.
    left: Amount,
    arrived: Amount,
}

/// Segments, and their data.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    segments: u64,
    octets: u64,
}

/// Halves of plain arrows that are shown at the beginning of a connection, and after each interruption.
const FIRST: usize = 16;
const LATER: usize = 6;
/// As many rows as this are not worth leaving out.
const FEW: usize = 4;

impl Condenser {
    pub(super) fn new(is_exact: bool) -> Self {
        let (left, arrived) = Default::default();
        Self { is_exact, passed: 0, allowed: FIRST, few: Vec::new(), hidden: 0, left, arrived }
    }

    /// True while rows are held back.
    pub(super) fn is_hiding(&self) -> bool {
        self.hidden > 0
    }

    pub(super) fn row(&mut self, row: Row, rows: &mut Vec<Row>) {
        if self.is_exact {
            return rows.push(row);
        }
        if !row.is_plain() {
            self.finish(rows);
            return rows.push(row);
        }
        if self.passed < self.allowed {
            self.passed += if row.is_whole() { 2 } else { 1 };
            return rows.push(row);
        }
        self.hidden += 1;
        let amount = if row.only_arrives() { &mut self.arrived } else { &mut self.left };
        amount.segments += 1;
        amount.octets += row.octets();
        if self.few.len() < FEW {
            self.few.push(row);
        }
    }

    /// Tells what was held back.
    pub(super) fn finish(&mut self, rows: &mut Vec<Row>) {
        if self.passed >= self.allowed {
            self.allowed = LATER;
        }
        self.passed = 0;
        if self.hidden <= FEW {
            rows.append(&mut self.few);
        } else if let Some(last) = self.few.pop() {
            // A segment that has two rows counts once.
            let Amount { segments, octets } = if self.left.segments > 0 { self.left } else { self.arrived };
            let lane = Lane::More { segments, octets };
            rows.push(Row { time: None, event: None, lane, notes: Vec::new(), ..last });
        }
        self.few.clear();
        self.hidden = 0;
        (self.left, self.arrived) = Default::default();
    }
}
