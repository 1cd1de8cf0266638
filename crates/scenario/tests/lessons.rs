//! The lessons: each is told in both languages, and what it says is so.

mod common;

use std::collections::BTreeSet;

use cordial_scenario::{LIBRARY, Scenario};
use cordial_trace::Lang;

macro_rules! lessons {
    ($($name:ident = $number:literal;)*) => {$(
        #[test]
        fn $name() {
            common::check(true, $number);
        }
    )*};
}

lessons! {
    lesson_l01 = 1;
    lesson_l02 = 2;
    lesson_l03 = 3;
    lesson_l04 = 4;
    lesson_l05 = 5;
    lesson_l06 = 6;
    lesson_l07 = 7;
    lesson_l08 = 8;
    lesson_l09 = 9;
    lesson_l10 = 10;
    lesson_l11 = 11;
    lesson_l12 = 12;
    lesson_l13 = 13;
    lesson_l14 = 14;
    lesson_l15 = 15;
    lesson_l16 = 16;
    lesson_l17 = 17;
    lesson_l18 = 18;
    lesson_l19 = 19;
    lesson_l20 = 20;
    lesson_l21 = 21;
    lesson_l22 = 22;
    lesson_l23 = 23;
    lesson_l24 = 24;
    lesson_l25 = 25;
    lesson_l26 = 26;
    lesson_l27 = 27;
    lesson_l28 = 28;
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn everything_is_told_in_both_languages() {
    for entry in LIBRARY.iter() {
        let about = Scenario::parse(entry.text).expect("a scenario").about;
        assert!(!about.title.en.is_empty() && is_chinese(&about.title.zh), "{}", entry.name);
        for text in [&about.question, &about.look, &about.keep] {
            let is_told = !text.en.is_empty() && is_chinese(&text.zh);
            assert_eq!(is_told, entry.is_lesson, "{}: {text:?}", entry.name);
            assert!(!is_chinese(text.text(Lang::En)), "{}", entry.name);
        }
    }
}

#[test]
fn no_two_have_one_name() {
    let names: BTreeSet<&str> = LIBRARY.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), LIBRARY.len());
}
