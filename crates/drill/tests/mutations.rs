//! Every field that a script asserts is compared: each expectation of the collection, with one field changed, fails at
//! its own line, whether or not anything is forgiven.

mod common;

use std::collections::BTreeSet;

use common::collection::collection;
use cordial_drill::{Outcome, Profile, Settings, drill};
use cordial_trace::Lang;

/// A line that expects a packet, taken apart: `TIME > IP FLAGS SEQ:END(LEN) REST <OPTIONS>`.
#[derive(Clone, Debug)]
struct Line {
    time: String,
    /// What stands between the direction and the flags, if anything.
    ip: String,
    flags: String,
    seq: u32,
    /// The number is the wire's own.
    is_absolute: bool,
    len: u32,
    /// `ack N`, `win N` and `urg N`, in their order.
    numbers: Vec<(String, String)>,
    /// None where nothing is written.
    options: Option<Vec<String>>,
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let (time, packet) = line.split_once('>').filter(|(time, _)| !time.contains(['<', '`', '%', '(']))?;
        let packet = packet.split("//").next()?.trim();
        let (packet, options) = match packet.split_once('<') {
            Some((packet, options)) => (packet.trim(), Some(options.trim().strip_suffix('>')?)),
            None => (packet, None),
        };
        // Ports and marks stand in parentheses or brackets of their own.
        let end = match packet.chars().next()? {
            '[' => packet.find(']')? + 1,
            '(' => packet.find(')')? + 1,
            _ => 0,
        };
        let (ip, packet) = packet.split_at(end);
        let mut words = packet.split_whitespace();
        let (flags, range) = (words.next()?, words.next()?);
        let (seq, rest) = range.split_once(':')?;
        let (_, len) = rest.split_once('(')?;
        let mut numbers = Vec::new();
        while let Some(name) = words.next() {
            numbers.push((name.to_owned(), words.next()?.to_owned()));
        }
        let options =
            options.map(|options| options.split(',').map(|option| option.trim().to_owned()).collect());
        Some(Self {
            time: time.trim().to_owned(),
            ip: ip.to_owned(),
            flags: flags.to_owned(),
            seq: seq.trim_end_matches('!').parse().ok()?,
            is_absolute: seq.ends_with('!'),
            len: len.strip_suffix(')')?.parse().ok()?,
            numbers,
            options: options
                .filter(|options: &Vec<String>| options != &["..."])
                .or_else(|| options_left_out(line)),
        })
    }

    fn write(&self) -> String {
        let Self { time, ip, flags, seq, len, .. } = self;
        let mark = if self.is_absolute { "!" } else { "" };
        let end = seq.wrapping_add(*len);
        let mut line = format!("{time} > {ip} {flags} {seq}{mark}:{end}{mark}({len})");
        for (name, number) in &self.numbers {
            line.push_str(&format!(" {name} {number}"));
        }
        match &self.options {
            Some(options) => line.push_str(&format!(" <{}>", options.join(","))),
            None => line.push_str(" <...>"),
        }
        line
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut changed = self.clone();
        change(&mut changed);
        changed.write()
    }

    /// With other options, where they are asserted.
    fn with_options(&self, change: impl FnOnce(&mut Vec<String>)) -> String {
        self.with(|line| change(line.options.get_or_insert_default()))
    }

    fn is_syn(&self) -> bool {
        self.flags.contains('S')
    }
}

/// Nothing written is no options at all; an ellipsis, anything.
fn options_left_out(line: &str) -> Option<Vec<String>> {
    (!line.contains("<...>")).then(Vec::new)
}

/// A kind of change, and the lines that it makes of one.
type Mutate = fn(&Line) -> Vec<String>;

fn flags(line: &Line) -> Vec<String> {
    let toggled = |letter: char| {
        line.with(|line| match line.flags.contains(letter) {
            true => {
                line.flags.retain(|its| its != letter);
                if line.flags.is_empty() {
                    line.flags.push('-');
                }
            }
            false => line.flags = format!("{letter}{}", line.flags.replace('-', "")),
        })
    };
    // The point comes last; its absence leaves an acknowledgment written that nothing says is there.
    let mut lines: Vec<String> = ['S', 'F', 'R'].into_iter().map(toggled).collect();
    lines.push(match line.flags.strip_suffix('.') {
        Some("") => line.with(|line| line.flags = "-".to_owned()),
        Some(others) => line.with(|line| line.flags = others.to_owned()),
        None => line.with(|line| line.flags = format!("{}.", line.flags.replace('-', ""))),
    });
    lines
}

fn push(line: &Line) -> Vec<String> {
    vec![line.with(|line| match line.flags.contains('P') {
        true => line.flags = line.flags.replace('P', ""),
        false => line.flags = format!("P{}", line.flags.replace('-', "")),
    })]
}

/// The first SYN of ours is where the script's numbers begin: it has whatever number the script gives it.
fn seq(line: &Line) -> Vec<String> {
    if line.is_syn() && !line.is_absolute {
        return Vec::new();
    }
    vec![
        line.with(|line| line.seq = line.seq.wrapping_add(1)),
        line.with(|line| line.seq = line.seq.wrapping_sub(1)),
    ]
}

fn len(line: &Line) -> Vec<String> {
    let mut lines = vec![line.with(|line| line.len += 1)];
    if line.len > 0 {
        lines.push(line.with(|line| line.len -= 1));
    }
    lines
}

/// Those of `ack`, `win` and `urg` that are written.
fn numbers(line: &Line) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, (_, number)) in line.numbers.iter().enumerate() {
        let Ok(number) = number.parse::<u32>() else { continue };
        let most = if line.numbers[at].0 == "ack" { u32::MAX } else { u16::MAX.into() };
        let others = [number.checked_add(1).filter(|other| *other <= most), number.checked_sub(1)];
        for other in others.into_iter().flatten() {
            lines.push(line.with(|line| line.numbers[at].1 = other.to_string()));
        }
    }
    lines
}

/// Each option left out, each of its numbers changed, and one more. Of a timestamp only the echo is asserted: its value is
/// the wire's own.
fn options(line: &Line) -> Vec<String> {
    let Some(options) = &line.options else { return Vec::new() };
    let mut lines = Vec::new();
    for (at, option) in options.iter().enumerate() {
        if option == "nop" || option == "eol" {
            continue;
        }
        lines.push(line.with_options(|options| drop(options.remove(at))));
        // Our clock and our cookies are our own: what the script writes first stands for them.
        let from = if option.starts_with("FO ") { option.len() } else { option.find("ecr").unwrap_or(0) };
        for (place, digits) in numbers_in(option).into_iter().filter(|(place, _)| *place >= from) {
            let number: u64 = digits.parse().expect("digits");
            let changed = format!("{}{}{}", &option[..place], number + 1, &option[place + digits.len()..]);
            lines.push(line.with_options(|options| options[at] = changed));
        }
    }
    if !options.iter().any(|option| option.starts_with("sack ")) {
        lines.push(line.with_options(|options| options.push("sack 1:2".to_owned())));
    }
    lines
}

/// NOP and EOL, and the order.
fn order_of_options(line: &Line) -> Vec<String> {
    let Some(options) = &line.options else { return Vec::new() };
    let mut lines = vec![line.with_options(|options| options.push("nop".to_owned()))];
    if options.len() > 1 && options.first() != options.get(1) {
        lines.push(line.with_options(|options| options.swap(0, 1)));
    }
    lines
}

fn numbers_in(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|start| at + start) {
        let end = text[start..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |end| start + end);
        found.push((start, &text[start..end]));
        at = end;
    }
    found
}

/// Half as long again and a tenth of a second more; half as long where that is outside of what is forgiven.
fn time(line: &Line) -> Vec<String> {
    let Some(after) = line.time.strip_prefix('+').and_then(|time| time.parse::<f64>().ok()) else {
        return Vec::new();
    };
    let mut lines = vec![line.with(|line| line.time = format!("+{:.6}", after * 1.5 + 0.1))];
    if after >= 0.02 {
        lines.push(line.with(|line| line.time = format!("+{:.6}", after / 2.0)));
    }
    lines
}

/// Changes each distinct expectation of the scripts that pass as they are, and demands that the script fails there.
/// Gives the number of changes.
#[track_caller]
fn every_change_is_found(exact: bool, mutate: Mutate) -> usize {
    let settings = Settings { profile: Profile::Rfc, exact };
    let mut seen = BTreeSet::new();
    let mut tried = 0;
    let mut missed = Vec::new();
    for script in collection() {
        if drill(&script.text, settings).outcome != Outcome::Pass {
            assert!(exact, "{}/{} passes as it is", script.topic, script.name);
            continue;
        }
        let lines: Vec<&str> = script.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(parts) = Line::read(line) else { continue };
            if !seen.insert(parts.write()) {
                continue;
            }
            for changed in mutate(&parts) {
                let text = [&lines[..at], &[changed.as_str()], &lines[at + 1..]].concat().join("\n");
                let report = drill(&text, settings);
                tried += 1;
                let place = report.at.unwrap_or_default().line as usize;
                if report.outcome != Outcome::Fail || place != at + 1 {
                    let why = report.reason.map(|reason| reason.text(Lang::En)).unwrap_or_default();
                    missed.push(format!(
                        "{}/{}:{}: {changed}: {:?} at {place}: {why}",
                        script.topic,
                        script.name,
                        at + 1,
                        report.outcome
                    ));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} of {tried}:\n{}", missed.len(), missed.join("\n"));
    tried
}

macro_rules! compared {
    ($($name:ident, $mutate:ident, $least:literal;)*) => {$(
        #[test]
        fn $name() {
            for exact in [false, true] {
                let tried = every_change_is_found(exact, $mutate);
                assert!(tried >= $least, "{tried} changes, exact {exact}");
            }
        }
    )*};
}

compared! {
    flags_are_compared, flags, 100;
    sequence_numbers_are_compared, seq, 100;
    lengths_are_compared, len, 100;
    acknowledgments_and_windows_are_compared, numbers, 100;
    options_are_compared, options, 100;
    times_are_compared, time, 100;
}

/// What is forgiven otherwise is not where nothing is.
#[test]
fn what_is_forgiven_is_compared_where_nothing_is() {
    for mutate in [push as Mutate, order_of_options] {
        let tried = every_change_is_found(true, mutate);
        assert!(tried >= 100, "{tried} changes");
    }
}

/// Octets that a call moves, and the error that it gives.
#[test]
fn what_calls_return_is_compared() {
    let mut tried = 0;
    for script in collection() {
        let lines: Vec<&str> = script.text.lines().collect();
        for (at, line) in
            lines.iter().enumerate().filter(|(_, line)| line.contains(") = ") && !line.starts_with("//"))
        {
            // What makes a socket has the number that the script gives it.
            if ["socket(", "accept(", "= ..."].iter().any(|word| line.contains(word)) {
                continue;
            }
            let (call, returned) = line.split_once(") = ").expect("it is there");
            let number: i64 =
                returned.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number");
            for other in [format!("{}", number + 1), "-1 EBADF".to_owned()] {
                if returned.starts_with(&other) {
                    continue;
                }
                let changed = format!("{call}) = {other}");
                let text = [&lines[..at], &[changed.as_str()], &lines[at + 1..]].concat().join("\n");
                let report = drill(&text, Settings::default());
                let place = report.at.unwrap_or_default().line as usize;
                assert_eq!(
                    (report.outcome, place),
                    (Outcome::Fail, at + 1),
                    "{}/{}: {changed}",
                    script.topic,
                    script.name
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried} changes");
}

/// So that no line is passed over by the tests above because they cannot read it.
#[test]
fn every_expectation_can_be_taken_apart() {
    for script in collection() {
        for line in script.text.lines().filter(|line| !line.starts_with("//")) {
            let is_expected = line.split_whitespace().nth(1) == Some(">");
            let parts = Line::read(line);
            assert_eq!(parts.is_some(), is_expected, "{}/{}: {line}", script.topic, script.name);
        }
    }
}
