//! What is wrong with the capture as a whole: said once, whatever the number of connections that show it.

use std::collections::BTreeMap;

use cordial_explain::Verdict;
use cordial_trace::ladder::{Style, wrap};

use super::{tale, words};

/// Verdicts about the capture, with how many connections have each.
#[derive(Default)]
pub struct Faults {
    found: BTreeMap<&'static str, (u64, Option<Verdict>)>,
}

impl Faults {
    /// One connection shows these.
    pub fn note(&mut self, verdicts: Vec<Verdict>) {
        for verdict in verdicts {
            let (count, first) = self.found.entry(verdict.id()).or_default();
            *count += 1;
            first.get_or_insert(verdict);
        }
    }

    /// A sentence for each, for a capture of `all` connections; nothing if there are none.
    pub fn draw(&self, all: u64, style: &Style) -> String {
        let all = all.to_string();
        let mut out = String::new();
        for (id, (count, verdict)) in &self.found {
            let Some(verdict) = verdict else { continue };
            let text = format!("{id} {} {}", verdict.text(style.lang), verdict.advice(style.lang));
            let places = [("text", text.trim_end()), ("n", &*count.to_string()), ("all", &*all)];
            let said = words::FAULT.fill(style.lang, &places);
            for line in wrap(&said, style.width.clamp(40, 100), "    ") {
                out += &format!("{}\n", tale::finished(line, style));
            }
        }
        out
    }
}
