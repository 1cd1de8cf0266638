//! The differences that are known, and who is right.

mod predicate;

mod acceptance;
mod closing;
mod everywhere;
mod flow;
mod opening;

use crate::Difference;

/// Who follows the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// We do; Linux does something else, mostly on purpose.
    Ours,
    /// Linux does, by the letter; why we do otherwise is argued in `docs/decisions/`.
    Letter,
    /// Both do: the text leaves it open.
    Both,
}

/// A kind of difference.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// A short name.
    pub name: &'static str,
    /// True of the differences that belong to it.
    pub is: fn(&Difference<'_>) -> bool,
    /// In which states, and what happens.
    pub when: &'static str,
    /// What Linux does.
    pub linux: &'static str,
    /// What we do.
    pub ours: &'static str,
    /// The paragraph that decides.
    pub rule: &'static str,
    /// Who is right by it.
    pub right: Right,
    /// Both are in the same state afterwards, so that the rest of the sequence is compared as well.
    pub goes_on: bool,
}

/// The class of a difference, if it is known: the first that it belongs to.
pub fn of(difference: &Difference<'_>) -> Option<&'static Class> {
    all().find(|class| (class.is)(difference))
}

/// All of them, the narrow ones before the wide ones.
pub fn all() -> impl Iterator<Item = &'static Class> {
    let tables =
        [everywhere::CLASSES, opening::CLASSES, closing::CLASSES, acceptance::CLASSES, flow::CLASSES];
    tables.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_used_once() {
        let mut names: Vec<_> = all().map(|class| class.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
