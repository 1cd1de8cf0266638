//! How much is done: by RFC, by area, and outside of what comes later.

use std::collections::BTreeMap;

use super::row::{Applies, Row, Status, Weight};
use super::table::Table;

/// The areas that are the later part: recovery from loss and congestion control, which are measured by transfers over bad
/// networks more than by single exchanges, and would be half done in pieces.
pub const LATER: [(&str, &str); 5] = [
    ("cc", "congestion control: slow start to CUBIC and HyStart++"),
    ("rack-tlp", "loss found by time, and tail loss probes"),
    ("rto", "the retransmission timer, and what is undone when it was wrong"),
    ("sack", "recovery by selective acknowledgments"),
    ("ecn", "congestion told by marks instead of losses"),
];

/// How many rows are in which state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub done: usize,
    pub differs: usize,
    pub not_done: usize,
}

impl Counts {
    pub fn total(self) -> usize {
        self.done + self.differs + self.not_done
    }

    /// The share that is done or differs, in percent.
    fn share(self) -> f64 {
        100.0 * (self.done + self.differs) as f64 / self.total().max(1) as f64
    }

    /// `12 + 1 of 14`: done, differing, all of them.
    fn words(self) -> String {
        match (self.total(), self.differs) {
            (0, _) => String::new(),
            (total, 0) => format!("{} of {total}", self.done),
            (total, differs) => format!("{} + {differs} of {total}", self.done),
        }
    }
}

/// Counts rows by what they say.
pub fn counts<'a>(rows: impl Iterator<Item = &'a Row>) -> Counts {
    rows.fold(Counts::default(), |mut counts, row| {
        match row.answer.status {
            Status::Done => counts.done += 1,
            Status::Differs => counts.differs += 1,
            Status::NotDone => counts.not_done += 1,
        }
        counts
    })
}

/// The rows that count, as delivered.
fn counted(rows: &[Row]) -> impl Iterator<Item = &Row> + Clone {
    rows.iter().filter(|row| row.delivered.applies == Applies::Yes)
}

fn is_later(row: &Row) -> bool {
    LATER.iter().any(|(area, _)| *area == row.delivered.area)
}

/// A table of what is done, a line for each value of `key`.
pub fn by<K: Ord>(rows: &[Row], title: &str, key: impl Fn(&Row) -> K, name: impl Fn(&K) -> String) -> Table {
    let mut groups = BTreeMap::<K, Vec<&Row>>::new();
    for row in counted(rows) {
        groups.entry(key(row)).or_default().push(row);
    }
    let head = [title.to_owned()].into_iter().chain(Weight::ALL.map(|weight| weight.to_string()));
    let mut table = Table::new(head);
    for (key, rows) in &groups {
        table.row(line(name(key), rows));
    }
    table.row(line("together".into(), &counted(rows).collect::<Vec<_>>()));
    table
}

fn line(name: String, rows: &[&Row]) -> Vec<String> {
    let cell =
        |weight| counts(rows.iter().copied().filter(|row| row.delivered.level.weight() == weight)).words();
    [name].into_iter().chain(Weight::ALL.map(cell)).collect()
}

/// By RFC.
pub fn by_rfc(rows: &[Row]) -> Table {
    by(rows, "RFC", |row| row.delivered.rfc, u32::to_string)
}

/// By area; those of the later part are marked.
pub fn by_area(rows: &[Row]) -> Table {
    let key = |row: &Row| (is_later(row), row.delivered.area.clone());
    by(rows, "area", key, |(later, area)| if *later { format!("{area} (later)") } else { area.clone() })
}

/// What is to be said beside the tables, a line each.
pub fn summary(rows: &[Row]) -> Vec<String> {
    let mut lines = Vec::new();
    for weight in [Weight::Must, Weight::Should] {
        let counts =
            counts(counted(rows).filter(|row| !is_later(row) && row.delivered.level.weight() == weight));
        lines.push(format!(
            "outside of recovery and congestion control: {weight} {} ({:.1} %)",
            counts.words(),
            counts.share()
        ));
    }
    let apart = |applies| counts(rows.iter().filter(|row| row.delivered.applies == applies)).words();
    lines.push(format!(
        "of optional features: {}; for applications: {}",
        apart(Applies::Opt),
        apart(Applies::App)
    ));
    let aliases = counts(rows.iter().filter(|row| !row.delivered.alias_of.is_empty()));
    lines.push(format!("said twice, and counted twice: {}", aliases.words()));
    let changed = rows.iter().filter(|row| !row.answer.was.is_empty()).count();
    lines.push(format!("changed since they were delivered: {changed}"));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_done_differing_and_all() {
        let counts = |done, differs, not_done| Counts { done, differs, not_done };
        assert_eq!(counts(3, 0, 1).words(), "3 of 4");
        assert_eq!(counts(3, 2, 0).words(), "3 + 2 of 5");
        assert_eq!(counts(0, 0, 0).words(), "");
        assert_eq!(counts(3, 1, 4).share(), 50.0);
    }
}
