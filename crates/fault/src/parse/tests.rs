use cordial_trace::Lang;

use super::*;

#[track_caller]
fn rule(text: &str) -> (Verb, Which) {
    let rule: Rule = text.parse().unwrap_or_else(|error| panic!("{error}"));
    (rule.verb, rule.which)
}

const EVERY: Which = Which::ANY;

fn of(meaning: Meaning) -> Which {
    Which { meaning: Some(meaning), ..Which::ANY }
}

fn nth(n: u32, meaning: Meaning) -> Which {
    Which { nth: Nth::Only(n), ..of(meaning) }
}

fn percent(millionths: u32, which: Which) -> Which {
    Which { chance: Chance(millionths), ..which }
}

#[test]
fn rules_mean_what_they_say() {
    use Meaning as M;
    let ms = Duration::from_millis;
    let from = |sender, which| Which { sender: Some(sender), ..which };
    for (text, verb, which) in [
        ("drop syn", Verb::Drop, of(M::Syn)),
        ("drop 1st syn-ack", Verb::Drop, nth(1, M::SynAck)),
        ("drop first synack", Verb::Drop, nth(1, M::SynAck)),
        ("drop 2nd fin", Verb::Drop, nth(2, M::Fin)),
        ("drop 12th data from client", Verb::Drop, from(End::Client, nth(12, M::Data))),
        ("drop from server 12th data", Verb::Drop, from(End::Server, nth(12, M::Data))),
        ("drop last ack", Verb::Drop, nth(1, M::LastAck)),
        ("drop every last ack", Verb::Drop, of(M::LastAck)),
        ("drop last fin", Verb::Drop, nth(1, M::LastFin)),
        ("drop every data", Verb::Drop, of(M::Data)),
        ("drop every 3rd data", Verb::Drop, Which { nth: Nth::EachOf(3), ..of(M::Data) }),
        ("drop 5th segment", Verb::Drop, Which { nth: Nth::Only(5), ..EVERY }),
        ("drop segments from client", Verb::Drop, from(End::Client, EVERY)),
        ("drop from client", Verb::Drop, from(End::Client, EVERY)),
        ("delay fin 300ms", Verb::Delay(ms(300)), of(M::Fin)),
        ("delay 300ms fin", Verb::Delay(ms(300)), of(M::Fin)),
        ("delay 1s", Verb::Delay(ms(1_000)), EVERY),
        ("delay 1st data 1.5s", Verb::Delay(ms(1_500)), nth(1, M::Data)),
        ("delay data 5% 20ms", Verb::Delay(ms(20)), percent(50_000, of(M::Data))),
        ("dup data 5%", Verb::Duplicate, percent(50_000, of(M::Data))),
        ("duplicate every data 5%", Verb::Duplicate, percent(50_000, of(M::Data))),
        ("reorder 2%", Verb::Reorder, percent(20_000, EVERY)),
        ("loss 1%", Verb::Drop, percent(10_000, EVERY)),
        ("loss 1% from server", Verb::Drop, from(End::Server, percent(10_000, EVERY))),
        ("corrupt 0.1%", Verb::Corrupt, percent(1_000, EVERY)),
        ("corrupt 1st rst", Verb::Corrupt, nth(1, M::Rst)),
        ("blackhole >1400", Verb::BlackHole(1_400), EVERY),
        ("blackhole > 1400 from client", Verb::BlackHole(1_400), from(End::Client, EVERY)),
        ("rst after 1MB", Verb::ResetAfter(1_000_000), EVERY),
        ("RST  After 64kib FROM server ", Verb::ResetAfter(1 << 16), from(End::Server, EVERY)),
    ] {
        assert_eq!(rule(text), (verb, which), "{text}");
    }
}

#[test]
fn a_rule_prints_as_it_was_written_with_its_spaces_in_order() {
    let rule: Rule = "  drop   1st\tsyn-ack ".parse().expect("a rule");
    assert_eq!(rule.to_string(), "drop 1st syn-ack");
}

#[test]
fn what_needs_a_seed_is_known() {
    let is_by_chance = |text: &str| text.parse::<Rule>().expect(text).is_by_chance();
    assert!(is_by_chance("loss 1%") && is_by_chance("dup data 99.9999%") && is_by_chance("corrupt 1st data"));
    assert!(
        !is_by_chance("drop last ack") && !is_by_chance("dup data 100%") && !is_by_chance("rst after 1MB")
    );
}

/// Each with the column and the length of what is marked, and words of the reason.
#[test]
fn what_is_wrong_is_located_and_named() {
    for (text, marks, reason) in [
        ("", (0, 0), "begins with what is to happen"),
        ("   ", (0, 0), "begins with what is to happen"),
        ("dorp syn", (0, 4), "did you mean `drop`"),
        ("lose 1%", (0, 4), "did you mean `loss`"),
        ("explode", (0, 7), "nothing is called `explode`"),
        ("drop", (4, 0), "say which segments"),
        ("drop 1st sinack", (9, 6), "did you mean `syn-ack`"),
        ("drop 1st syn-akc", (9, 7), "did you mean `syn-ack`"),
        ("drop quark", (5, 5), "`quark` means nothing here"),
        ("drop 1st", (5, 3), "`1st` of what?"),
        ("drop every", (5, 5), "`every` of what?"),
        ("drop every 2nd", (5, 5), "of what?"),
        ("drop 0th syn", (5, 3), "counted from 1st"),
        ("drop every 0th syn", (11, 3), "counted from 1st"),
        ("drop last data", (5, 4), "only `last ack` and `last fin`"),
        ("drop last", (5, 4), "only `last ack` and `last fin`"),
        ("drop 2nd last ack", (5, 3), "only `last ack` and `last fin`"),
        ("drop last akc", (10, 3), "did you mean `ack`"),
        ("drop syn fin", (9, 3), "says again"),
        ("drop syn from", (9, 4), "behind `from`"),
        ("drop syn from me", (9, 4), "behind `from`"),
        ("drop syn from client from server", (21, 4), "says again"),
        ("drop data 5% 6%", (13, 2), "says again"),
        ("drop 1st data 5%", (14, 2), "either a number or a percentage"),
        ("drop data 101%", (10, 4), "100% at most"),
        ("drop data five%", (10, 5), "no percentage"),
        ("delay fin", (9, 0), "say how much"),
        ("delay fin 300", (10, 3), "no span of time"),
        ("delay fin 700s", (10, 4), "600s at most"),
        ("delay fin 1ms 2ms", (14, 3), "says again"),
        ("loss", (4, 0), "say how much"),
        ("loss data 1%", (5, 4), "does not belong here; write it like `loss 1%`"),
        ("loss 1", (5, 1), "`1` means nothing here"),
        ("blackhole", (9, 0), "say how much"),
        ("blackhole 1400", (10, 4), "write it like `blackhole >1400`"),
        ("blackhole >", (11, 0), "say how much"),
        ("blackhole >big", (10, 4), "no number of octets"),
        ("blackhole >1400 data", (16, 4), "write it like"),
        ("rst", (3, 0), "say how much"),
        ("rst 1MB", (4, 3), "write it like `rst after 1MB`"),
        ("rst after", (9, 0), "say how much"),
        ("rst after soon", (10, 4), "no number of octets"),
        ("rst after 1MB 5%", (14, 2), "write it like"),
    ] {
        let error = text.parse::<Rule>().expect_err(text);
        let said = error.explain(Lang::En);
        assert!(error.reason(Lang::En).contains(reason), "{text}: {said}");
        let line = said.lines().nth(2).and_then(|line| line.strip_prefix("    ")).unwrap_or_default();
        let marked = (line.find('^').unwrap_or(0), line.matches('^').count());
        // Where something is missing one place is marked.
        assert_eq!(marked, (marks.0, marks.1.max(1)), "{text}:\n{said}");
        let chinese = error.explain(Lang::Zh);
        assert!(
            !error.reason(Lang::Zh).is_ascii() && chinese.lines().nth(2) == said.lines().nth(2),
            "{chinese}"
        );
    }
}

#[test]
fn marks_stand_under_wide_and_strange_letters() {
    let said = "drop 第一 syn".parse::<Rule>().expect_err("no rule").explain(Lang::En);
    assert!(said.contains("\n    drop 第一 syn\n         ^^^^\n"), "{said}");
    let said = "drop \u{1b}[31m".parse::<Rule>().expect_err("no rule").explain(Lang::En);
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn what_is_too_long_is_not_shown() {
    let text = "drop ".repeat(1_000);
    let said = text.parse::<Rule>().expect_err("too long").explain(Lang::En);
    assert!(said.contains("too long") && said.len() < 1_000, "{said}");
}

/// Words of the language and others, in any order.
fn some_words() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let known = VERBS.map(|(name, _)| name).into_iter().chain(NOUNS.map(|(name, _)| name)).chain(WORDS);
    let others = ["1st", "0th", "99th", "5%", "300ms", ">1400", ">", "1MB", "…", "第一", "-1", "\u{7}"];
    let word = proptest::sample::select(known.chain(others).collect::<Vec<_>>());
    proptest::collection::vec(prop_oneof![9 => word.prop_map(str::to_owned), 1 => any::<String>()], 0..7)
        .prop_map(|words| words.join(" "))
}

proptest::proptest! {
    /// Whatever is written is a rule that prints as itself, or an error that can be shown.
    #[test]
    fn any_text_is_a_rule_or_an_error_with_a_place(text in some_words()) {
        match text.parse::<Rule>() {
            Ok(rule) => {
                let again: Rule = rule.to_string().parse().expect("a rule prints as a rule");
                proptest::prop_assert_eq!(again, rule);
            }
            Err(error) => {
                proptest::prop_assert!(error.column() <= 2 * text.len());
                for lang in [Lang::En, Lang::Zh] {
                    proptest::prop_assert!(!error.explain(lang).is_empty());
                }
            }
        }
    }
}
