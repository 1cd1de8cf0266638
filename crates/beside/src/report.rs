//! What a run came to, as text.

use crate::Sequence;
use crate::class::{self, Class, Right};
use crate::kernel::settings::{ROUTE, SETTINGS};
use crate::run::Tally;
use crate::shrink::shrink;

/// A summary for the terminal and for the record of a long run.
pub fn summary(tally: &Tally) -> String {
    let Tally { sequences, steps, same, unknown, coverage, .. } = tally;
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
    for class in class::all() {
        text.push_str(&format!("{:>8}  {}\n", seen(tally, class), class.name));
    }
    text.push_str(&format!("\n{} in no class\n", unknown.values().map(|(count, _)| count).sum::<usize>()));
    text
}

/// How the kernel was set.
pub fn settings() -> String {
    let mut text = format!("{}\n", kernel());
    for (name, value, why) in SETTINGS {
        text.push_str(&format!("  net.ipv4.{name} = {value}   {why}\n"));
    }
    text.push_str(&format!("  route: {ROUTE}\n"));
    text
}

/// What is in no class, most frequent first: all keys, and of the first so many the shortest sequence that shows it.
pub fn unknown(tally: &Tally, shown: usize) -> String {
    let mut unknown: Vec<_> = tally.unknown.iter().collect();
    unknown.sort_by_key(|(key, (count, _))| (std::cmp::Reverse(*count), *key));
    let mut text = String::new();
    for (key, (count, sequence)) in &unknown {
        text.push_str(&format!("{count:>8}  {key}  (sequence {})\n", sequence.number));
    }
    let shown = unknown.into_iter().take(shown);
    for found in shrink(shown.map(|(key, (_, sequence))| (key.clone(), sequence.clone())).collect()) {
        let ladder = found.ladder.unwrap_or_else(|| format!("did not come again: {}\n", found.sequence));
        text.push_str(&format!("\n{}\n{ladder}", found.key));
    }
    text
}

/// The page of differences: every class of the table, and how often a run saw it.
pub fn page(tally: &Tally, seed: u64) -> String {
    let mut text = String::from(
        "# Where Linux does otherwise\n\n\
         `cargo xtask beside` gives the same calls and the same segments, honest and hostile, to the kernel's TCP and to this\n\
         one, in every state, and compares what comes back: control bits, numbers, lengths, options, the state afterwards, and\n\
         what the application reads. Whatever differs is in one of these classes, or the run fails. The page is written by\n\
         `cargo xtask beside --page`; the tables are in `crates/beside/src/class/`.\n\n",
    );
    text.push_str(&format!(
        "Last run: seed {seed}, {} sequences of {} steps that were compared, against {}. {} sequences had no difference.\n\n",
        tally.sequences,
        tally.steps,
        kernel(),
        tally.same,
    ));
    text.push_str(
        "Not compared: PSH; the size of a window, but for whether it is closed; the shift of a window; how often many segments\n\
         in a row are acknowledged; timers. \"Who\" is right by the paragraph: *ours*, *both* (the text leaves it open), or\n\
         *letter*: Linux has the letter on its side, and why we do otherwise stands in `docs/decisions/`.\n\n\
         | class | when | Linux | this engine | decided by | who | seen |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for class in class::all() {
        text.push_str(&format!("{} {} |\n", row(class), seen(tally, class)));
    }
    text.push_str("\n## The shortest sequence of each\n\nNumbers count from where each direction began; `Next` is RCV.NXT, `Edge` the right \
        edge of the window, `First` our ISS, `Una` SND.UNA, `Max` SND.NXT.\n");
    for found in shrink(examples(tally)) {
        let ladder = found.ladder.unwrap_or_default();
        text.push_str(&format!("\n### {}\n\n```text\n{}\n```\n", found.key, ladder.trim_end()));
    }
    text.push_str("\n## How the kernel is set\n\n| setting | value | why |\n| --- | --- | --- |\n");
    for (name, value, why) in SETTINGS {
        text.push_str(&format!("| `net.ipv4.{name}` | {value} | {why} |\n"));
    }
    text.push_str(&format!(
        "| route to the peer | `{ROUTE}` | acknowledgments are not held back, and nothing is sent again within a sequence |\n",
    ));
    text
}

fn seen(tally: &Tally, class: &Class) -> usize {
    tally.classes.get(class.name).map_or(0, |(count, _)| *count)
}

/// One sequence of each class that was seen, in the table's order.
fn examples(tally: &Tally) -> Vec<(String, Sequence)> {
    let example = |class: &Class| Some((class.name.to_owned(), tally.classes.get(class.name)?.1.clone()));
    class::all().filter_map(example).collect()
}

/// A class as a row of the page, all but how often it was seen.
pub fn row(class: &Class) -> String {
    let Class { name, when, linux, ours, rule, right, .. } = class;
    let who = match right {
        Right::Ours => "ours",
        Right::Letter => "letter",
        Right::Both => "both",
    };
    format!("| `{name}` | {when} | {linux} | {ours} | {rule} | {who} |")
}

/// The kernel's name and release.
fn kernel() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // A builder's own suffix says nothing to anybody else.
    format!("Linux {}", release.split('-').next().unwrap_or_default().trim())
}
