//! Words in two languages, side by side.
//!
//! A [`Phrase`] is a sentence in English and in Chinese with the same places to fill, written `{name}`.

use std::fmt::Write as _;

/// A language that people read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 中文.
    Zh,
}

/// One thing to say, in every language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phrase {
    /// English.
    pub en: &'static str,
    /// 中文.
    pub zh: &'static str,
}

/// What goes into a place: its name and its words.
pub type Fill<'a> = (&'a str, &'a str);

impl Phrase {
    /// A phrase of its two forms.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    /// In one language, places not filled.
    pub const fn text(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// In one language, with its places filled. A place without a filling stays as it is written.
    pub fn fill(&self, lang: Lang, fills: &[Fill<'_>]) -> String {
        let mut rest = self.text(lang);
        let mut out = String::new();
        while let Some((before, name, after)) = next_place(rest) {
            out.push_str(before);
            match fills.iter().find(|(place, _)| *place == name) {
                Some((_, words)) => out.push_str(words),
                None => {
                    let _ = write!(out, "{{{name}}}");
                }
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The names of its places in one language, in order of the alphabet.
    pub fn places(&self, lang: Lang) -> Vec<&'static str> {
        let mut rest = self.text(lang);
        let mut names = Vec::new();
        while let Some((_, name, after)) = next_place(rest) {
            names.push(name);
            rest = after;
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// True if both languages say something and have the same places.
    pub fn is_complete(&self) -> bool {
        !self.en.is_empty() && !self.zh.is_empty() && self.places(Lang::En) == self.places(Lang::Zh)
    }
}

fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident: $en:literal, $zh:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Phrase = Phrase::new($en, $zh);)*
        #[cfg(test)]
        const ALL: &[(&str, Phrase)] = &[$((stringify!($name), $name)),*];
    };
}

/// What ladders say.
pub(crate) mod ladder {
    use super::Phrase;

    phrases! {
        CLIENT: "client", "客户端";
        SERVER: "server", "服务器";
        CLIENT_TITLE: "CLIENT", "客户端";
        SERVER_TITLE: "SERVER", "服务器";
        TIME_TITLE: "time", "time";
        NOTES_TITLE: "timers / queues", "定时器 / 队列";
        ENGINE: "engine", "引擎";
        LOST: "lost", "丢失";
        SAME_NUMBER: "(same number)", "（序号不变）";
        /// Who a timer belongs to.
        OF_END: "({end})", "{end}";
        RESTARTS: "{timer} restarts: {t}", "{timer} 重新计时：{t}";
        TIMER_FIRES: "retransmission timer fires", "重传定时器到时";
        GIVES_UP: "gives up", "放弃";
        NOBODY_LISTENS: "nobody listens", "没有程序在监听";
        NO_CONNECTION: "no connection", "没有这条连接";
        NOT_TAKEN: "not taken: {why}", "未采纳：{why}";
        PASS_NOTHING: "{t} pass: nothing arrives", "过了 {t}：什么也没来";
        HEARS_NOTHING: "{t}: the {end} hears nothing", "{t}：{end}什么也没收到";
        STILL_WORKING: "{t}: {end} app still working", "{t}：{end}程序还在忙";
        PASS: "{t} pass", "过了 {t}";
        MORE: "... {n} segments, {size}, fine ...", "…… {n} 个段，{size}，正常 ……";
        NUMBER_OF: "#{n} of {all}", "第 {n} 条 / 共 {all} 条";
        NUMBER: "#{n}", "第 {n} 条";
        GOES_ON_BELOW: "#{n} goes on below", "第 {n} 条在下面继续";
        GOES_ON: "#{n} goes on", "第 {n} 条（续）";
        ROWS_LEFT_OUT: "... {n} rows left out ...", "…… 略去 {n} 行 ……";
        REFUSED: "connect() = ECONNREFUSED", "connect() = ECONNREFUSED";
        UNREACHABLE: "ICMP: unreachable", "ICMP：到不了";
        WINDOW_PROBE: "window probe", "窗口探测";
        KEEPALIVE_PROBE: "still there?", "还在吗？";
    }

    #[test]
    fn every_phrase_is_there_in_both_languages_with_the_same_places() {
        for (name, phrase) in ALL {
            assert!(phrase.is_complete(), "{name}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_by_name_and_unknown_ones_stay() {
        let phrase = Phrase::new("{n} of {all}", "共 {all} 条，第 {n} 条");
        assert_eq!(phrase.fill(Lang::En, &[("n", "1"), ("all", "3")]), "1 of 3");
        assert_eq!(phrase.fill(Lang::Zh, &[("n", "1"), ("all", "3")]), "共 3 条，第 1 条");
        assert_eq!(phrase.fill(Lang::En, &[("n", "1")]), "1 of {all}");
        assert!(phrase.is_complete());
        assert!(!Phrase::new("{a}", "{b}").is_complete());
    }
}
