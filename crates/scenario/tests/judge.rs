//! A claim that does not hold is found, whatever kind it is; so is a scenario that cannot be.

use cordial_scenario::{Run, Scenario, ScenarioError};
use cordial_trace::Lang;

const BASE: &str = "net delay 10ms
server listen backlog=4; accept; read; send 5; close @1300ms
client connect from=51514; send 5; close @1000ms
drop c6
";

fn play(text: &str) -> Result<Run, ScenarioError> {
    Scenario::parse(text)?.run(1)
}

#[test]
fn claims_that_hold_are_met_and_their_opposites_are_not() {
    for (holds, fails) in [
        ("verdict C07", "verdict S01"),
        ("server CLOSED @1520ms", "server CLOSED @1525ms"),
        ("server still LAST_ACK @1400ms", "server still CLOSED @1400ms"),
        ("server never TIME_WAIT", "client never TIME_WAIT"),
        (
            "client passes SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED",
            "client passes SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT CLOSED",
        ),
        ("no RST", "no FIN"),
        ("segments 12", "segments 11"),
        ("server sends 2 FIN", "server sends 1 FIN"),
        ("client sends no SYN+ACK", "client sends no SYN"),
        ("server sends FIN @1300ms @1500ms", "server sends FIN @1300ms"),
        ("c6 is ACK seq=7 ack=7 len=0 @1310ms lost", "c6 is ACK seq=7 ack=8"),
        ("s5 repeats s4", "s5 repeats s2"),
        ("c7 taken arrives @1520ms", "c6 taken"),
        ("c3 is data", "c3 refused outside-window"),
        ("order s4 c6 s5", "order s5 c6"),
        ("arrive c5 s4", "arrive s4 c5"),
        ("server reads 5", "server reads 6"),
        ("client connect works @20ms", "client connect fails ECONNREFUSED"),
        ("server accept works", "server accept waits"),
        ("server sets rto 400ms @1500ms", "server sets rto 300ms"),
        ("client rcv.nxt=1 @20ms", "client rcv.nxt=1 @5ms"),
        ("client snd.una=6 @100ms", "client snd.una=7 @100ms"),
        ("client time-wait 1 @2s", "client time-wait 0 @2s"),
        ("server half-open 1 @20ms", "server half-open 1 @40ms"),
        ("server is-heard @30ms", "server is-heard @20ms"),
        ("connections 1", "connections 2"),
    ] {
        let run = play(&format!("{BASE}expect {holds}\n")).expect("it runs");
        assert!(run.is_as_expected(), "{holds}: {:?}", run.complaints(Lang::En));
        let run = play(&format!("{BASE}expect {fails}\n")).expect("it runs");
        let [complaint] =
            run.complaints(Lang::En).try_into().unwrap_or_else(|all| panic!("{fails}: {all:?}"));
        assert!(complaint.starts_with(&format!("line 5: expected `{fails}`; ")), "{complaint}");
        let [complaint] = run.complaints(Lang::Zh).try_into().expect("the same");
        assert!(complaint.starts_with("第 5 行：期望"), "{complaint}");
    }
}

/// One that was taken is not refused because a copy of it is, nor lost because a copy has not come yet.
#[test]
fn the_first_arrival_decides_and_copies_are_spoken_of_apart() {
    let base = "net delay 10ms\nclient set timestamps=off\nserver listen; accept; read end; close\n\
                client connect; send 5 @1s; close @2s\ndup c3 +300ms\ndelay c4 30s\nuntil 20s\n";
    for (holds, fails) in [
        ("c3 is data taken", "c3 refused outside-window"),
        ("c3 copy refused outside-window", "c3 copy refused no-ack"),
        ("c3 arrives @1010ms arrives @1310ms", "c3 arrives @1311ms"),
        ("c4 is FIN", "c4 lost"),
        ("c5 repeats c4 taken", "c4 taken"),
        ("c2 taken", "c2 copy refused outside-window"),
    ] {
        let run = play(&format!("{base}expect {holds}\n")).expect("it runs");
        assert!(run.is_as_expected(), "{holds}: {:?}", run.complaints(Lang::En));
        let run = play(&format!("{base}expect {fails}\n")).expect("it runs");
        assert_eq!(run.complaints(Lang::En).len(), 1, "{fails}");
    }
    let run = play(&format!("{base}expect c4 lost\n")).expect("it runs");
    assert!(
        run.complaints(Lang::En).concat().contains("@2000ms under way"),
        "{:?}",
        run.complaints(Lang::En)
    );
}

#[test]
fn what_came_instead_is_said() {
    let run = play(&format!("{BASE}expect server CLOSED @2s; c9 lost; c6 taken\n")).expect("it runs");
    assert_eq!(
        run.complaints(Lang::En),
        [
            "line 5: expected `server CLOSED @2s`; it was LISTEN @0ms, SYN_RCVD @10ms, ESTABLISHED @30ms, \
             CLOSE_WAIT @1010ms, LAST_ACK @1300ms, CLOSED @1520.032ms.",
            "line 5: expected `c9 lost`; c9 was never sent.",
            "line 5: expected `c6 taken`; it was c6 ACK seq=7 ack=7 len=0 win=1023 @1310ms lost.",
        ]
    );
}

#[track_caller]
fn refused(text: &str, line: usize, column: usize, reason: &str) {
    let error = play(text).expect_err("it cannot be");
    assert_eq!((error.line(), error.column()), (line, column), "{error}");
    assert!(error.to_string().contains(reason), "{error}");
    assert!(error.explain("f", Lang::Zh).starts_with(&format!("f:{line}:{column}: ")));
}

#[test]
fn what_cannot_be_shows_where_it_is() {
    refused(
        &format!("{BASE}drop s9\n"),
        5,
        6,
        "s9 is never sent: of this sender and connection there are 5 segments",
    );
    refused(&format!("{BASE}swap s5 s6\ndrop 2.c1\n"), 6, 6, "2.c1 is never sent");
    refused("net delay 1ms\n", 1, 1, "nothing happens");
    refused(
        "client set keepalive=10s/10s/3\nserver listen; accept\nclient connect\n",
        3,
        8,
        "did not end within",
    );
    refused(
        "client wait @1s\ninject to server @1ms RST of=2\n",
        2,
        8,
        "there is no connection 2 at that time",
    );
}

#[test]
fn an_end_that_is_named_ends_what_would_not() {
    let text = "client set keepalive=10s/10s/3\nserver listen; accept\nclient connect\nuntil 60s\n";
    let run = play(&format!("{text}expect client still ESTABLISHED @60s")).expect("it ends");
    assert!(run.is_as_expected(), "{:?}", run.complaints(Lang::En));
}

#[test]
fn one_seed_is_one_run_and_another_is_another() {
    let text =
        "net delay 10ms loss 20%\nserver listen; accept; read end; close\nclient connect; send 20k; close\n";
    let events = |seed| Scenario::parse(text).expect("a scenario").run(seed).expect("it ends").events;
    assert_eq!(events(7), events(7));
    assert_ne!(events(7), events(8));
}

#[test]
fn an_oracle_that_objects_makes_a_run_not_as_expected_unless_it_may() {
    let text =
        "server listen; accept; read\nclient connect nowait\ninject to server @1s RST seq=5000 of=1 len=3\n";
    let run = play(text).expect("it ends");
    assert!(run.complaints(Lang::En).iter().all(|complaint| complaint.starts_with("oracle ")));
    let all = cordial_sim::Oracle::ALL.map(|oracle| oracle.name()).join(" ");
    let run = play(&format!("{text}allow {all}\n")).expect("it ends");
    assert!(run.is_as_expected(), "{:?}", run.complaints(Lang::En));
}

#[test]
fn a_run_is_drawn_with_what_it_means() {
    let run = play(&format!("title A\nquestion Why?\nquestion.zh 为什么？\n{BASE}")).expect("it ends");
    let style = cordial_trace::ladder::Style::default();
    let drawn = run.draw(&style, "cordial play x");
    for part in [
        "cordial play x ",
        "#1 of 1 · NOTE last-ack-lost",
        "one-way 10 ms   rto_min 200 ms   2MSL 60 s",
        "✗ lost      │              +2msl 60s (client)",
        "2msl restarts: 60s",
        "C07 The last ACK got lost",
        "Question: Why?",
    ] {
        assert!(drawn.contains(part), "{part} in\n{drawn}");
    }
    assert!(drawn.lines().all(|line| cordial_trace::ladder::width(line) <= 100), "{drawn}");
    let chinese = run.draw(&cordial_trace::ladder::Style { lang: Lang::Zh, ..style }, "cordial play x");
    assert!(
        chinese.contains("问题：为什么？") && chinese.contains("单程 10 ms") && chinese.contains("✗ 丢失"),
        "{chinese}"
    );
}

#[test]
fn what_a_network_does_ends_when_it_heals() {
    let text = "net delay 10ms loss 100%\nserver listen; accept; read 5; close\nclient connect; send 5; close @20s\nheal @5s\n";
    let run = play(&format!(
        "{text}expect client sends SYN @0 @1s @3s @7s; client connect works @7020ms; server reads 5"
    ));
    let run = run.expect("it ends");
    assert!(run.is_as_expected(), "{:?}", run.complaints(Lang::En));
}

#[test]
fn a_call_that_waits_may_be_interrupted() {
    let text = "server listen; accept; wait @3s\nclient connect; read 5; close @!2s\n";
    let run =
        play(&format!("{text}expect client read fails EINTR @2s; client FIN_WAIT_1 @2s")).expect("it ends");
    assert!(run.is_as_expected(), "{:?}", run.complaints(Lang::En));
}

#[test]
fn ipv6_has_shorter_segments_and_a_link_has_an_mtu() {
    for (settings, mss) in
        [("net ipv6", 1_428), ("client set mtu=1280", 1_228), ("net ipv6\nclient set mtu=1280", 1_208)]
    {
        let text =
            format!("{settings}\nserver listen; accept; read end; close\nclient connect; send 5000; close\n");
        let run = play(&format!("{text}expect c3 is data len={mss}; server reads 5000")).expect("it ends");
        assert!(run.is_as_expected(), "{settings}: {:?}", run.complaints(Lang::En));
    }
}

#[test]
fn a_listener_that_closes_refuses_whoever_comes_after() {
    let text = "server listen; unlisten @1s\nclient connect @2s\n";
    let run = play(&format!("{text}expect client connect fails ECONNREFUSED @2020ms")).expect("it ends");
    assert!(run.is_as_expected(), "{:?}", run.complaints(Lang::En));
}

/// What `docs/scenarios.md` shows, in both languages.
#[test]
fn the_examples_of_the_manual_hold() {
    for manual in
        [include_str!("../../../docs/scenarios.md"), include_str!("../../../docs/scenarios.zh-CN.md")]
    {
        let (_, rest) = manual.split_once("```text\n").expect("an example");
        let (example, _) = rest.split_once("```").expect("its end");
        let run = play(example).expect("it runs");
        assert!(run.is_as_expected(), "{:?}", run.complaints(Lang::En));
    }
}
