//! What a run came to, as text.

use crate::run::Tally;

/// A summary for the terminal and for the record of a long run.
pub fn summary(tally: &Tally) -> String {
    let Tally { sequences, steps, same, classes, unknown, coverage } = tally;
    let mut text = format!(
        "{sequences} sequences, {steps} steps compared, {} segments among them; {same} sequences without a difference\n",
        coverage.total(),
    );
    text.push_str(&format!("\n{coverage}\n"));
    let missing = coverage.missing();
    if !missing.is_empty() {
        let missing: Vec<String> =
            missing.iter().map(|(state, kind)| format!("{state} x {}", kind.name())).collect();
        text.push_str(&format!("never: {}\n", missing.join(", ")));
    }
    text.push_str("\ndifferences by class\n");
    for (name, count) in classes {
        text.push_str(&format!("{count:>8}  {name}\n"));
    }
    text.push_str(&format!("\n{} in no class\n", unknown.values().map(|(count, _)| count).sum::<usize>()));
    text
}
