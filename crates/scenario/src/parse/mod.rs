//! Text to scenario: a line at a time, the first word says what kind.

mod about;
mod expect;
mod fault;
mod inject;
mod network;
mod program;
mod settings;
mod upset;
mod value;
mod words;

use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use crate::error::{ScenarioError, Wrong};
use crate::scenario::Scenario;
use crate::text::{Line, Located, lines};
use words::{Words, one_of};

/// The longest text that is read: a scenario that a program wrote is not read by people either.
const MOST: usize = 256 << 10;

/// First words of lines.
const HEADS: &[&str] = &[
    "title",
    "title.zh",
    "question",
    "question.zh",
    "look",
    "look.zh",
    "keep",
    "keep.zh",
    "why",
    "numbers",
    "net",
    "nat",
    "client",
    "server",
    "drop",
    "delay",
    "dup",
    "swap",
    "hold",
    "inject",
    "crash",
    "reboot",
    "pull",
    "plug",
    "heal",
    "exit",
    "expect",
    "allow",
    "until",
];

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// If it cannot be understood, or contradicts itself: where, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        read(text).map_err(|wrong| wrong.within(text))
    }
}

fn read(text: &str) -> Result<Scenario, Wrong> {
    let mut scenario = Scenario::default();
    if text.len() > MOST {
        return Err(Wrong::new(Default::default(), TOO_LONG).with("most", (MOST >> 10).to_string()));
    }
    scenario.text = text.to_owned();
    for line in lines(text) {
        self::line(&mut scenario, line)?;
    }
    crate::contradiction::find(&scenario)?;
    Ok(scenario)
}

fn line(scenario: &mut Scenario, line: Line<'_>) -> Result<(), Wrong> {
    match line.head.it {
        "title" | "title.zh" | "question" | "question.zh" | "look" | "look.zh" | "keep" | "keep.zh"
        | "why" => about::read(&mut scenario.about, &line),
        "numbers" => each(line, |mut words| {
            let word = words.word(about::NUMBERS)?;
            scenario.about.is_absolute = match word.it {
                "absolute" => true,
                "relative" => false,
                _ => return Err(one_of(word, &["absolute", "relative"])),
            };
            words.end()
        }),
        "net" => network::net(&mut scenario.network, line),
        "nat" => network::nat(&mut scenario.network, line),
        "client" => end(scenario, Side::Client, line),
        "server" => end(scenario, Side::Server, line),
        "drop" | "delay" | "dup" | "swap" | "hold" => fault::read(&mut scenario.faults, line),
        "inject" => each(line, |words| {
            let place = words.place();
            let injection = inject::read(words)?;
            scenario.injections.push(Located::new(injection, place));
            Ok(())
        }),
        "crash" | "reboot" | "pull" | "plug" | "heal" | "exit" => upset::read(&mut scenario.upsets, line),
        "expect" => each(line, |words| expect::read(&mut scenario.claims, words)),
        "allow" => each(line, |mut words| {
            while let Some(word) = words.next() {
                let known: Vec<&str> = cordial_sim::Oracle::ALL.iter().map(|oracle| oracle.name()).collect();
                if !known.contains(&word.it) {
                    return Err(one_of(word, &known));
                }
                scenario.allowed.push(Located::new(word.it.to_owned(), word.place));
            }
            Ok(())
        }),
        "until" => each(line, |mut words| {
            let word = words.word(value::A_SPAN)?;
            let text = word.it.trim_start_matches('@');
            let bare = Located::new(text, word.place.part(word.it.len() - text.len()..word.it.len()));
            scenario.until = Some(Located::new(value::span(bare)?, word.place));
            words.end()
        }),
        _ => Err(one_of(line.head, HEADS)),
    }
}

/// What an end is set to, or what a program at it does.
fn end(scenario: &mut Scenario, side: Side, mut line: Line<'_>) -> Result<(), Wrong> {
    let is_setting =
        line.clauses.first().and_then(|clause| clause.words.first()).is_some_and(|word| word.it == "set");
    if !is_setting {
        scenario.programs.push(program::read(side, line)?);
        return Ok(());
    }
    if let Some(clause) = line.clauses.first_mut() {
        clause.words.remove(0);
    }
    let [client, server] = &mut scenario.settings;
    let settings = if side == Side::Client { client } else { server };
    each(line, |words| settings::read(settings, words))
}

/// Reads every clause of a line. There is at least one word in each.
fn each(line: Line<'_>, mut read: impl FnMut(Words<'_>) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let last = line.clauses.len() - 1;
    for (at, clause) in line.clauses.into_iter().enumerate() {
        // A semicolon at the end of a line separates nothing.
        if clause.words.is_empty() && at == last && at > 0 {
            continue;
        }
        read(Words::of(clause))?;
    }
    Ok(())
}

const TOO_LONG: Phrase =
    Phrase::new("a scenario has at most {most} KB; this is longer.", "场景文件最多 {most} KB，这份更长。");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(TOO_LONG.is_complete());
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        let error = Scenario::parse(text).expect_err("it is wrong");
        format!("{}:{} {}", error.line(), error.column(), error.reason(cordial_trace::Lang::En))
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        assert!(refused("\nexpct no rst").starts_with("2:1 `expct` is none of:"));
        assert!(refused("expct no rst").ends_with("Did you mean `expect`?"));
        assert!(refused("net delay 10").starts_with("1:11 expected a time with its unit"));
        assert!(refused("net delay").starts_with("1:10 expected here: a time"));
        assert!(refused("client conect").contains("Did you mean `connect`?"));
        assert!(refused("client connect 5").starts_with("1:16 `5` is one word too many"));
        assert!(refused("server set mls=2s").contains("Did you mean `msl`?"));
        assert!(refused("drop x6").starts_with("1:6 expected segments"));
        assert!(refused("expect client ESTABLISHD @1s").contains("Did you mean `ESTABLISHED`?"));
    }

    /// Whatever is written, there is an answer.
    #[test]
    fn every_beginning_of_a_scenario_gives_a_scenario_or_an_error() {
        let text = include_str!("../../../../scenarios/17-last-ack-lost.scenario");
        for (at, _) in text.char_indices() {
            let (head, tail) = text.split_at(at);
            for part in [head.to_owned(), tail.to_owned(), format!("{head}@{tail}"), format!("{head};{tail}")]
            {
                let _ = Scenario::parse(&part).map_err(|error| error.explain("f", cordial_trace::Lang::Zh));
            }
        }
    }
}
