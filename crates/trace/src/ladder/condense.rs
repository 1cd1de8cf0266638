//! Long runs of plain data, told in one row.

use super::row::{Lane, Row};

/// Lets rows through, except the middle of a long run of plain ones.
#[derive(Clone, Debug)]
pub(super) struct Condenser {
    is_exact: bool,
    /// Plain rows of this run that were let through.
    passed: usize,
    /// How many it may let through.
    allowed: usize,
    /// Rows held back, while they are few.
    few: Vec<Row>,
    segments: u64,
    octets: u64,
}

/// Plain rows that are shown at the beginning of a connection, and after each interruption.
const FIRST: usize = 8;
const LATER: usize = 3;
/// As many as this are not worth leaving out.
const FEW: usize = 4;

impl Condenser {
    pub(super) fn new(is_exact: bool) -> Self {
        Self { is_exact, passed: 0, allowed: FIRST, few: Vec::new(), segments: 0, octets: 0 }
    }

    /// True while rows are held back.
    pub(super) fn is_hiding(&self) -> bool {
        self.segments > 0
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
            self.passed += 1;
            return rows.push(row);
        }
        self.segments += 1;
        self.octets += row.octets();
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
        if self.segments as usize <= FEW {
            rows.append(&mut self.few);
        } else if let Some(last) = self.few.pop() {
            let lane = Lane::More { segments: self.segments, octets: self.octets };
            rows.push(Row { time: None, event: None, lane, notes: Vec::new(), ..last });
        }
        self.few.clear();
        self.segments = 0;
        self.octets = 0;
    }
}
