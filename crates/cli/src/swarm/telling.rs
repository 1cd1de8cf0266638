//! Failures and what came of it all, in words.

use cordial_swarm::{Coverage, ELSEWHERE, Kind};
use cordial_trace::Lang;

use super::case::Case;
use super::hunt::Catch;
use super::{Lack, lacks, words};
use crate::args::Swarm;
use crate::locale::Reader;

/// One failure: what is wrong, the smallest scenario's ladders, where it is written, how to see it again.
pub fn failure(case: &Case, reader: &Reader) -> String {
    let lang = reader.lang;
    let (seed, who) = (case.seed.to_string(), case.objection.sort());
    let head = words::FAILS.fill(lang, &[("seed", &seed), ("who", who.who())]);
    let [before, after] = case.sizes.map(|size| size.to_string());
    let places = [("before", &*before), ("after", &*after), ("runs", &case.runs.to_string())];
    let mut text =
        format!("{head}\n  {}\n{}\n\n", case.objection.text(lang), words::SHRUNK.fill(lang, &places));
    text.push_str(case.ladders.trim_end());
    text.push_str(&format!("\n\n{}\n", words::WRITTEN.fill(lang, &[("file", &case.file())])));
    if let Some(play) = case.play() {
        text.push_str(&format!("{}\n", words::PLAY.fill(lang, &[("command", &play)])));
    } else {
        text.push_str(&format!("{}\n", words::NOT_WHOLE.text(lang)));
    }
    text.push_str(&format!("{}\n\n", words::AGAIN.fill(lang, &[("command", &case.again())])));
    text
}

/// How many were run, how fast, how many failed; what was seen, if that was asked for.
pub fn summary(catch: &Catch, args: &Swarm, reader: &Reader) -> String {
    let lang = reader.lang;
    let seconds = catch.took.as_secs_f64();
    let rate = format!("{:.0}", catch.ran as f64 / seconds.max(0.001));
    let phrase = if catch.failed == 0 { words::CLEAN } else { words::DIRTY };
    let places = [
        ("ran", &*catch.ran.to_string()),
        ("failed", &*catch.failed.to_string()),
        ("time", &*format!("{seconds:.1}")),
        ("rate", &*rate),
        ("jobs", &*catch.jobs.to_string()),
    ];
    let mut text = phrase.fill(lang, &places);
    text.push('\n');
    if args.coverage {
        text.push_str(&coverage(&catch.coverage, lang));
        for lack in lacks(catch) {
            let (phrase, missing) = match lack {
                Lack::Gap(missing) => (words::GAP, missing),
                Lack::Stale(missing) => (words::STALE, missing),
            };
            let kind = words::one(missing.kind).text(lang);
            text.push_str(&format!("{}\n", phrase.fill(lang, &[("kind", kind), ("name", missing.name)])));
        }
    }
    text
}

fn coverage(coverage: &Coverage, lang: Lang) -> String {
    let missing = coverage.missing();
    let of = |kind: Kind| {
        let (all, seen) = (kind.all().len().to_string(), coverage.seen(kind));
        let names: Vec<&str> =
            missing.iter().filter(|missing| missing.kind == kind).map(|missing| missing.name).collect();
        let places = [
            ("seen", &*seen.len().to_string()),
            ("all", &*all),
            ("kind", words::kind(kind).text(lang)),
            ("names", &*seen.join(" ")),
            ("missing", &*names.join(" ")),
        ];
        let phrase = if names.is_empty() { words::COVERED } else { words::COVERED_BUT };
        format!("{}\n", phrase.fill(lang, &places))
    };
    let lists = Kind::ALL.into_iter().map(of);
    let excused = ELSEWHERE.iter().map(|row| {
        let (file, test) = row.test;
        let places = [("name", row.name), ("why", row.why.text(lang)), ("file", file), ("test", test)];
        format!("{}\n", words::EXCUSED.fill(lang, &places))
    });
    lists.chain(excused).collect()
}
