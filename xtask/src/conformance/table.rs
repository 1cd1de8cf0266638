//! A table that is read as well on a terminal as on a page.

use std::fmt;

/// A head and rows of as many cells.
pub struct Table {
    rows: Vec<Vec<String>>,
    is_aligned: bool,
}

impl Table {
    pub fn new(head: impl IntoIterator<Item = String>) -> Self {
        Self { rows: vec![head.into_iter().collect()], is_aligned: true }
    }

    /// One for a page alone: a cell that grows changes no other line.
    pub fn loose(head: impl IntoIterator<Item = String>) -> Self {
        Self { is_aligned: false, ..Self::new(head) }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn widths(&self) -> Vec<usize> {
        if !self.is_aligned {
            return vec![3; self.rows[0].len()];
        }
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
        };
        (0..self.rows[0].len()).map(width).collect()
    }
}

/// Markdown.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for (at, row) in self.rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if at == 0 {
                for width in &widths {
                    write!(f, "| {} ", "-".repeat(*width))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(["a".into(), "bcdef".into()]);
        table.row(vec!["wide".into(), "x".into()]);
        assert_eq!(table.to_string(), "| a    | bcdef |\n| ---- | ----- |\n| wide | x     |\n");
    }

    #[test]
    fn a_loose_one_is_not() {
        let mut table = Table::loose(["a".into()]);
        table.row(vec!["wide".into()]);
        assert_eq!(table.to_string(), "| a   |\n| --- |\n| wide |\n");
    }
}
