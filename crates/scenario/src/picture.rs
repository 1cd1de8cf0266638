//! A run as people read it: its ladders, what they mean, and what was not as expected.

use std::collections::BTreeMap;

use cordial_explain::Story;
use cordial_trace::Lang;
use cordial_trace::event::{Event, Group, Side};
use cordial_trace::ladder::{Caption, Ladder, Style, plain, wrap};
use cordial_trace::words::Phrase;

use crate::run::Run;

/// Connections that are drawn; of more, those in which both ends took part come first.
const DRAWN: usize = 6;

impl Run {
    /// The whole answer: the question, a ladder for each connection with what it means, what to look at. Every line ends
    /// with a newline.
    pub fn draw(&self, style: &Style, title: &str) -> String {
        let style = &Style { absolute: style.absolute || self.about.is_absolute, ..*style };
        let mut out = String::new();
        let names = BTreeMap::new();
        let conditions = self.conditions.text(style.lang);
        let chosen = self.chosen();
        let all = u32::try_from(self.stories.len()).unwrap_or(u32::MAX);
        for story in &chosen {
            if !out.is_empty() {
                out.push('\n');
            }
            let mut ladder = Ladder::new(false);
            self.events_of(story.group).for_each(|event| ladder.event(event));
            ladder.finish();
            let headline = story.headline(style.lang);
            let lines = story.lines(style.lang, columns(style));
            let caption = Caption {
                title,
                number: story.group.0,
                all: Some(all),
                headline: &headline,
                lines: &lines,
                names: &names,
                conditions: &conditions,
            };
            let style = Style { numbered: story.level() > cordial_explain::Level::Ok, ..*style };
            out.push_str(&ladder.draw(&style, &caption));
        }
        let left_out = self.stories.len() - chosen.len();
        if left_out > 0 {
            let n = left_out.to_string();
            say(&mut out, style, &LEFT_OUT.fill(style.lang, &[("n", &n)]));
        }
        for (at, side, call, errno) in &self.refusals {
            let time = cordial_trace::measure::seconds(*at);
            let end = if *side == Side::Client { CLIENT } else { SERVER };
            let fills = [("time", &*time), ("end", end.text(style.lang)), ("call", *call), ("errno", *errno)];
            say(&mut out, style, &REFUSAL.fill(style.lang, &fills));
        }
        self.teach(style, &mut out);
        out
    }

    /// What was not as expected, below the ladders; nothing if all was. Every line ends with a newline.
    pub fn draw_complaints(&self, style: &Style) -> String {
        let mut out = String::new();
        let complaints = self.complaints(style.lang);
        if complaints.is_empty() {
            return out;
        }
        let seed = self.seed.to_string();
        say(&mut out, style, &NOT_AS_EXPECTED.fill(style.lang, &[("seed", &seed)]));
        for complaint in complaints {
            say(&mut out, style, &format!("  {complaint}"));
        }
        out
    }

    /// What a lesson wants to be seen in it.
    fn teach(&self, style: &Style, out: &mut String) {
        let about = &self.about;
        let mut lines = Vec::new();
        for (phrase, text) in [(QUESTION, &about.question), (LOOK, &about.look), (KEEP, &about.keep)] {
            if !text.is_empty() {
                lines.push(phrase.fill(style.lang, &[("text", text.text(style.lang))]));
            }
        }
        lines.extend(about.why.as_ref().map(|rule| WHY.fill(style.lang, &[("rule", rule)])));
        if lines.is_empty() {
            return;
        }
        out.push('\n');
        lines.iter().for_each(|line| say(out, style, line));
    }

    /// The connections to be drawn, in their order.
    fn chosen(&self) -> Vec<&Story> {
        let mut ranked: Vec<&Story> = self.stories.iter().collect();
        ranked.sort_by_key(|story| (!self.is_whole(story.group), story.group));
        // Of a flood one says as much as all.
        let whole = ranked.iter().filter(|story| self.is_whole(story.group)).count();
        ranked.truncate(if whole == 0 { DRAWN } else { DRAWN.min(whole + 1) });
        ranked.sort_by_key(|story| story.group);
        ranked
    }

    /// True if both ends took part, or its caller is one of ours.
    fn is_whole(&self, group: Group) -> bool {
        self.events_of(group)
            .any(|event| matches!(event.what, cordial_trace::event::What::Call(cordial_stack::Call::Connect)))
    }

    fn events_of(&self, group: Group) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.group == group)
    }
}

/// Sentences are easier to read in lines that are not too long.
fn columns(style: &Style) -> usize {
    style.width.clamp(40, 100)
}

/// Adds a sentence in as many lines as it needs.
fn say(out: &mut String, style: &Style, text: &str) {
    for line in wrap(text, columns(style), "    ") {
        out.push_str(&if style.ascii && style.lang == Lang::En { plain(&line) } else { line });
        out.push('\n');
    }
}

const CLIENT: Phrase = Phrase::new("client", "客户端");
const SERVER: Phrase = Phrase::new("server", "服务器");
const REFUSAL: Phrase = Phrase::new("{time} {end}: {call}() = {errno}", "{time} {end}：{call}() = {errno}");
const LEFT_OUT: Phrase =
    Phrase::new("... and {n} more connections; --json has them all", "…… 另有 {n} 条连接；--json 输出全部");
const NOT_AS_EXPECTED: Phrase = Phrase::new("Not as expected (seed {seed}):", "与期望不符（种子 {seed}）：");
const QUESTION: Phrase = Phrase::new("Question: {text}", "问题：{text}");
const LOOK: Phrase = Phrase::new("Look at: {text}", "看哪里：{text}");
const KEEP: Phrase = Phrase::new("To keep: {text}", "记一句：{text}");
const WHY: Phrase = Phrase::new(
    "What if this rule were missing?  cordial why {rule}",
    "没有这条规则会怎样？  cordial why {rule}",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [CLIENT, SERVER, REFUSAL, LEFT_OUT, NOT_AS_EXPECTED, QUESTION, LOOK, KEEP, WHY] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }
}
