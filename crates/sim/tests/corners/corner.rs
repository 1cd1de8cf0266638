//! A corner case: its number, what is expected of it, and the scenes that show it.

use crate::scene::Scene;

/// Complaints that are shown: one is enough to fail.
const SHOWN: usize = 20;

/// A corner case.
pub struct Corner {
    /// `C13`.
    pub id: &'static str,
    /// What it is about.
    pub case: &'static str,
    /// What has to come of it.
    pub expected: &'static str,
    /// What was chosen where RFCs and deployed stacks differ; empty where there is nothing to choose.
    pub policy: &'static str,
    /// Tables of single segments elsewhere: `crates/tcp/tests/corner_opening.rs::corner_c05_nonsense_to_a_listener`.
    pub tables: &'static [&'static str],
    pub scenes: Vec<Scene>,
}

impl Corner {
    pub fn new(id: &'static str, case: &'static str, expected: &'static str, scenes: Vec<Scene>) -> Self {
        Self { id, case, expected, policy: "", tables: &[], scenes }
    }

    #[must_use]
    pub fn policy(self, policy: &'static str) -> Self {
        Self { policy, ..self }
    }

    #[must_use]
    pub fn tables(self, tables: &'static [&'static str]) -> Self {
        Self { tables, ..self }
    }

    /// Plays all scenes, and all variants of all of them.
    pub fn hold(&self) {
        let (mut runs, mut wrong) = (0, Vec::new());
        for scene in &self.scenes {
            let (meant, not_meant) = scene.rehearse();
            wrong.extend(not_meant);
            let (variants, more) = scene.vary(&meant);
            runs += variants;
            wrong.extend(more);
        }
        let exceptions: usize = self.scenes.iter().map(|scene| scene.reasons().count()).sum();
        println!("{}: {} scenes, {runs} variants, {exceptions} exceptions", self.id, self.scenes.len());
        let some = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
        assert!(wrong.is_empty(), "{}: {} of {runs} variants:\n{some}", self.id, wrong.len());
    }
}
