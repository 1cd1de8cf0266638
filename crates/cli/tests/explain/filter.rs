//! `--filter`: what it shows, what it counts, and how it refuses.

use cordial_trace::event::Side::{Client, Server};
use cordial_trace::event::{At, Event, Process, What};

use crate::command::{capture, explain, record};
use crate::scene::*;
use crate::talk::Talk;

/// A healthy connection to port 8080 and a refused one to port 81.
fn two() -> Vec<u8> {
    let mut packets = Talk::v4().whole().packets;
    let mut refused = Talk::between("10.9.0.2:40000", "10.0.0.1:81");
    refused.at(500).client("SYN", 0, 0, "").server("RST+ACK", 0, 1, "");
    packets.extend(refused.packets);
    capture(&packets)
}

#[test]
fn only_what_matches_is_told_and_counted() {
    let said = explain(&["--filter", "port:81", "--check"], &two());
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.out.contains("#2") && said.out.contains("refused"), "{}", said.out);
    assert!(said.out.contains("1 connection: 1 failed (1 refused)"), "{}", said.out);
    assert!(said.out.contains("--filter leaves out 1 more"), "{}", said.out);
    assert!(!said.out.contains("healthy"), "{}", said.out);
}

#[test]
fn what_is_healthy_is_listed_when_it_was_asked_for() {
    let said = explain(&["--filter", "!level:warn", "--check"], &two());
    assert_eq!(said.code, Some(0), "what is not shown is not checked: {}", said.out);
    assert!(said.out.contains("#1    10.0.0.2:51514 -> 10.0.0.1:8080"), "{}", said.out);
    assert!(!said.out.contains("refused"), "{}", said.out);
}

#[test]
fn ladders_are_drawn_of_what_matches() {
    let both = explain(&["-c", "1-2", "--filter", "verdict:refused"], &two());
    assert!(both.out.contains("#2") && !both.out.contains("10.0.0.2:51514"), "{}", both.out);
    let none = explain(&["-c", "1", "--filter", "verdict:refused"], &two());
    assert!(none.out.contains("--connection asks for does not match --filter"), "{}", none.out);
}

#[test]
fn nothing_may_match() {
    let said = explain(&["--filter", "port:443"], &two());
    assert!(said.out.contains("no connection matches --filter; there were 2"), "{}", said.out);
    let said = explain(&["--filter", "port:443", "--lang", "zh"], &two());
    assert!(said.out.contains("没有连接符合 --filter；一共有 2 条"), "{}", said.out);
}

#[test]
fn a_wrong_expression_is_refused_where_it_is_wrong() {
    let said = explain(&["--filter", "port:81 prot:443"], &two());
    assert_eq!((said.code, &*said.out), (Some(2), ""));
    assert!(said.err.contains("--filter: there is no field `prot`"), "{}", said.err);
    assert!(said.err.contains("    port:81 prot:443\n            ^^^^"), "{}", said.err);
    assert!(said.err.contains("level:warn"), "what may be written: {}", said.err);
    let chinese = explain(&["--lang", "zh", "--filter", "port:x"], &two());
    assert!(chinese.code == Some(2) && chinese.err.contains("不能取这个值"), "{}", chinese.err);
    // Events are written as they pass, before anyone knows how their connection ends.
    assert_eq!(explain(&["--filter", "port:81", "--json"], &two()).code, Some(2));
}

/// A record of two connections; the program of the first and the name of its server are told after it has ended.
fn named() -> Vec<u8> {
    let mut events = healthy_and_refused().finish(150);
    let (group, last) = (events[0].group, events.last().expect("events").clone());
    for (id, at, what) in [
        (last.id + 1, Client, What::Process(Process::new("curl", 4_711))),
        (last.id + 2, Server, What::Named("hello.cordial".to_owned())),
    ] {
        let cause = Vec::new();
        events.push(Event { id, group, at: At::End(at), what, ends: None, cause, ..last.clone() });
    }
    record(&events)
}

#[test]
fn programs_and_names_of_a_record_are_known_also_when_they_are_told_late() {
    let record = named();
    for expression in ["process:curl", "pid:4711", "host:hello.cordial", "/curl/"] {
        let said = explain(&["--filter", expression], &record);
        assert!(said.out.contains("hello.cordial:8080"), "{expression}: {}{}", said.out, said.err);
        assert!(said.out.contains("leaves out 1 more"), "{expression}: {}", said.out);
        let others = explain(&["--filter", &format!("!{expression}")], &record);
        assert!(others.out.contains("refused") && !others.out.contains("hello.cordial"), "{}", others.out);
    }
}
