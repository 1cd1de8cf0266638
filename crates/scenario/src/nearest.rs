//! The word that was probably meant.

/// The one of `known` that is nearest to `word`, if any is near: at most a third of its letters are wrong.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let least = known.into_iter().map(|other| (distance(word, other), other)).min_by_key(|(far, _)| *far)?;
    let (far, other) = least;
    (far <= 1.max(other.chars().count() / 3)).then_some(other)
}

/// How many letters have to be changed, added, taken out, or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let fold = |text: &str| -> Vec<char> { text.to_lowercase().chars().take(MOST).collect() };
    let (a, b) = (fold(a), fold(b));
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, &from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &to) in b.iter().enumerate() {
            let cell = |back: usize, column: usize| {
                let rows = if back == 0 {
                    Some(&row)
                } else {
                    rows.len().checked_sub(back).and_then(|at| rows.get(at))
                };
                rows.and_then(|row| row.get(column)).copied().unwrap_or(usize::MAX / 2)
            };
            let mut least =
                (cell(0, j) + 1).min(cell(1, j + 1) + 1).min(cell(1, j) + usize::from(from != to));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&to) && b.get(j - 1) == Some(&from);
            if swapped {
                least = least.min(cell(2, j - 1) + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or_default()
}

/// Letters of a word that are looked at.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_may_be_wrong_missing_or_swapped() {
        for (a, b, far) in
            [("drop", "drop", 0), ("dorp", "drop", 1), ("drp", "drop", 1), ("", "ab", 2), ("cat", "dog", 3)]
        {
            assert_eq!(distance(a, b), far, "{a} {b}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["drop", "delay", "expect"];
        assert_eq!(nearest("expct", known), Some("expect"));
        assert_eq!(nearest("Dorp", known), Some("drop"));
        assert_eq!(nearest("tcpdump", known), None);
    }
}
