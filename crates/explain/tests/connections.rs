//! Many connections: lines, filters and the summary.

#[path = "../../trace/tests/common/mod.rs"]
mod common;

use common::*;
use cordial_explain::{Explainer, Filter, Line, Listing, Summary};
use cordial_tcp::Instant;
use cordial_trace::Lang;
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::event::{At, Event, Process, Side, What};
use cordial_trace::ladder::{Style, width};

/// A healthy connection, one that is refused, and one that stays in CLOSE_WAIT.
fn lines() -> Vec<Line> {
    let mut scene = healthy_and_refused();
    left_in_close_wait(&mut scene);
    let events = scene.finish(400);
    let mut lines: Vec<Line> = Vec::new();
    let mut explainer = Explainer::new();
    for event in &events {
        lines.extend(Line::of(event));
        let Some(line) = lines.iter_mut().find(|line| line.group == event.group) else { continue };
        line.event(event);
        if let Some(story) = explainer.event(event) {
            line.told(story);
        }
    }
    tell(&mut lines[0], Client, What::Process(Process::new("curl", 4711)));
    tell(&mut lines[0], Server, What::Named("例子.example".to_owned()));
    tell(&mut lines[2], Client, What::Process(Process::new("work\x1b[2Jer", 12)));
    lines
}

fn tell(line: &mut Line, side: Side, what: What) {
    line.event(&Event::new(line.last, line.group, At::End(side), what));
}

fn numbers(filter: &str) -> Vec<u32> {
    let filter: Filter = filter.parse().unwrap_or_else(|error| panic!("{filter}: {error}"));
    lines().iter().filter(|line| filter.matches(line)).map(|line| line.group.0).collect()
}

#[test]
fn a_line_says_who_talks_in_which_states_for_how_long_and_how_it_went() {
    let lines = lines();
    let now = Instant::from_millis(400);
    let listing = Listing::new(&lines, now, Style::default());
    let mut text = vec![listing.title()];
    text.extend(lines.iter().map(|line| listing.line(line, now)));
    let expected = [
        " #  program        peer               client / server            time  verdict",
        "#1  curl 4711      例子.example:8080  TIME_WAIT / CLOSED       0.14 s  OK   S01 healthy",
        "#2  ?              10.0.0.1:8080      CLOSED / CLOSED            0 ms  FAIL H04 refused",
        "#3  work?[2Jer 12  10.0.0.1:8080      FIN_WAIT_1 / CLOSE_WAIT  0.40 s  INFO C14 still-open",
    ];
    // Wide characters are counted as such: what stands behind them is aligned on a terminal.
    assert_eq!(text, expected, "{text:#?}");
    assert!(text[3].contains("work?[2Jer 12"), "no escape sequence of a program's name: {text:#?}");
}

#[test]
fn lines_fit_every_terminal_in_both_languages() {
    let lines = lines();
    let now = Instant::from_millis(400);
    for (columns, lang) in [40, 60, 72, 80, 100, 200].into_iter().flat_map(|w| [(w, Lang::En), (w, Lang::Zh)])
    {
        for ascii in [false, true] {
            let style = Style { width: columns, lang, ascii, ..Style::default() };
            let listing = Listing::new(&lines, now, style);
            let mut text: Vec<String> = lines.iter().map(|line| listing.line(line, now)).collect();
            text.push(listing.title());
            let mut summary = Summary::new();
            lines.iter().for_each(|line| summary.add(line));
            text.extend(summary.draw(now, &style).lines().map(str::to_owned));
            assert!(text.iter().all(|line| width(line) <= columns), "{columns} {lang:?}: {text:#?}");
            assert!(text[1].contains("#2"), "{text:#?}");
        }
    }
}

#[test]
fn the_summary_counts_outcomes_and_names_the_worst_first() {
    let mut summary = Summary::new();
    lines().iter().for_each(|line| summary.add(line));
    let text = summary.draw(Instant::from_millis(400), &Style::default());
    assert!(text.contains("3 connections: 1 healthy, 1 still open, 1 failed (1 refused)"), "{text}");
    assert!(text.contains("78 B up, 120 B down"), "{text}");
    let worst: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("What")).skip(1).collect();
    assert!(worst.len() == 1 && worst[0].contains("#2"), "{text}");
    assert_eq!(summary.connections(), 3);
    let chinese = summary.draw(Instant::from_millis(400), &Style { lang: Lang::Zh, ..Style::default() });
    assert!(chinese.contains("共 3 条连接：正常 1，还开着 1，失败 1（被拒绝 1）"), "{chinese}");
}

#[test]
fn a_filter_finds_what_its_terms_ask_for() {
    assert_eq!(numbers(""), [1, 2, 3]);
    assert_eq!(numbers("state:close_wait"), [3]);
    assert_eq!(numbers("state:CLOSE-WAIT"), [3]);
    assert_eq!(numbers("!state:close_wait"), [1, 2]);
    assert_eq!(numbers("port:8080"), [1, 2, 3]);
    assert_eq!(numbers("port:40000-40001"), [2, 3]);
    assert_eq!(numbers("peer:10.0.0.0/8"), [1, 2, 3]);
    assert_eq!(numbers("peer:10.0.0.2"), [] as [u32; 0], "the program's own end is no peer");
    assert_eq!(numbers("verdict:H04"), [2]);
    assert_eq!(numbers("verdict:refused"), [2]);
    assert_eq!(numbers("verdict:h"), [2]);
    assert_eq!(numbers("level:warn"), [2]);
    assert_eq!(numbers("!level:warn"), [1, 3]);
    assert_eq!(numbers("process:CUR"), [1]);
    assert_eq!(numbers("program:curl pid:4711"), [1]);
    assert_eq!(numbers("process:curl pid:4712"), [] as [u32; 0]);
    assert_eq!(numbers("host:例子"), [1]);
    assert_eq!(numbers(r#"name:"example" !verdict:C05"#), [1]);
    assert_eq!(numbers("/:4000[01]$/"), [2, 3]);
    assert_eq!(numbers("/close_wait/ /40001/"), [3]);
    assert_eq!(numbers("!/close_wait/ port:40001"), [] as [u32; 0]);
}

#[test]
fn a_bad_filter_says_where_and_what_would_be_right() {
    let column = |text: &str| {
        let error = text.parse::<Filter>().expect_err(text);
        for lang in [Lang::En, Lang::Zh] {
            let explained = error.explain(lang);
            assert!(explained.contains("state:close_wait") && !explained.contains("{f"), "{explained}");
        }
        error.column()
    };
    assert_eq!(column("prot:443"), 0);
    assert_eq!(column("port:443 stat:x"), 9);
    assert_eq!(column("协议 port:x"), 0);
    assert_eq!(column("host:例子 port:x"), 10);
    assert_eq!(column("curl"), 0);
    assert_eq!(column("port:"), 0);
    assert_eq!(column("port:9-1"), 0);
    assert_eq!(column("port:70000"), 0);
    assert_eq!(column("state:open"), 0);
    assert_eq!(column("level:bad"), 0);
    assert_eq!(column("pid:x"), 0);
    assert_eq!(column("peer:10.0.0"), 0);
    assert_eq!(column("port:1 ! port:2"), 7);
    assert_eq!(column("port:1 !"), 7);
    assert_eq!(column("port:1 /[/"), 7);
    assert_eq!(column("port:1 /a"), 7);
    assert_eq!(column("host:\"a b"), 5);
    assert_eq!(column("/(a{1000}){1000}/"), 0);
    let error = "port:443 prot:\x1b[2J".parse::<Filter>().expect_err("no field").to_string();
    assert!(error.contains("\n             ^^^^\n") && !error.contains('\x1b'), "{error}");
    assert!("x".repeat(5_000).parse::<Filter>().is_err());
}
