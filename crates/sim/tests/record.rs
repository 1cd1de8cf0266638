//! What the network does, as the record tells it: lines of JSON and ladders.

mod common;

use std::collections::BTreeMap;

use common::{PORT, at, exchange, json, linked, ms, pair, run_out, secs};
use cordial_sim::{Action, CLIENT, Fate, Link, SERVER, Task, World};
use cordial_trace::ladder::{Caption, Ladder, Style};
use cordial_trace::{Event, Lang};
use cordial_wire::Flags;

fn ladder<'a>(events: impl IntoIterator<Item = &'a Event>, lang: Lang) -> String {
    let mut ladder = Ladder::new(false);
    events.into_iter().for_each(|event| ladder.event(event));
    ladder.finish();
    let caption = Caption {
        title: "play",
        number: 1,
        all: None,
        headline: "",
        conditions: "",
        lines: &[],
        names: &BTreeMap::new(),
    };
    let style = Style { numbered: true, lang, ..Style::PLAIN };
    ladder.draw(&style, &caption).lines().skip(2).map(|line| format!("{line}\n")).collect()
}

/// A SYN that the network holds reaches a server that the client no longer calls.
fn held() -> World {
    let mut world = pair(1);
    world.deal(CLIENT, &[90]);
    world.deal(SERVER, &[300]);
    world.fault_at("c1", Fate::Hold).unwrap();
    world.at(at(900), Action::Release("c1".parse().unwrap()));
    world.listen(SERVER, PORT, Some(4)).unwrap();
    world.start(CLIENT, Task::new().connect_without_waiting(5_000, (SERVER, PORT)).at(at(500)).abort());
    run_out(&mut world);
    world
}

#[test]
fn a_held_segment_has_a_row_where_it_leaves_and_one_where_it_arrives() {
    let world = held();
    let drawn = ladder(world.events(), Lang::En);
    let mut lines = drawn.lines();
    for row in [
        "   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ────… held      │",
        "   0.500        CLOSED │                                        │",
        "   0.910               │           ╲─ #1 SYN seq=0 mss=1460 ───►│ SYN_RCVD",
        "   0.910               │◄────────────── #2 SYN+ACK seq=0 ack=1 ─┤",
        "   0.920               ├─ #3 RST seq=1 ────────────────────────►│ LISTEN",
    ] {
        assert!(lines.any(|line| line.starts_with(row)), "{row}\n{drawn}");
    }
    assert!(drawn.contains("no connection") && !drawn.contains("nobody listens"), "{drawn}");
    let chinese = ladder(world.events(), Lang::Zh);
    assert!(chinese.contains("… 扣住"), "{chinese}");
}

#[test]
fn the_network_speaks_in_lines_of_json() {
    let mut world = linked(1, Link::with_delay(ms(10)));
    world.deal(CLIENT, &[100]);
    world.deal(SERVER, &[300]);
    world.fault_at("c1", Fate::Drop).unwrap();
    world.fault_at("s1", Fate::Delay(ms(5))).unwrap();
    world.fault_at("c3", Fate::Duplicate(ms(1))).unwrap();
    exchange(&mut world, 0, 0);
    run_out(&mut world);
    let text = String::from_utf8(json(&world)).unwrap();
    for line in [
        r#""time":0.0,"name":"net:segment_lost","group_id":"c1","tuple":"t1","at":"network","cause":[3],"ends":{"client":["SYN_SENT","SYN_SENT"],"server":["LISTEN","LISTEN"]},"data":{"segment_id":"c1","#,
        r#""trigger":"user_drop"}}"#,
        r#""name":"net:segment_delayed","#,
        r#""delta":5.0,"trigger":"user_delay"}}"#,
        r#""name":"net:segment_duplicated","#,
        r#""name":"app:return","group_id":"c1","tuple":"t1","at":"client","#,
        r#""data":{"call":"connect","result":0}}"#,
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.starts_with('{') && text.contains(r#""source":"simulation","seed":1"#));
}

#[test]
fn a_host_that_crashes_says_so_in_the_picture_and_a_forged_segment_is_named() {
    let mut world = pair(1);
    world.listen(SERVER, PORT, None).unwrap();
    let client = world.connect(CLIENT, None, (SERVER, PORT)).unwrap();
    world.run_for(ms(100)).unwrap();
    let server = world.accept(SERVER, PORT).unwrap();
    let mut forged = world.forged(server).unwrap();
    forged.segment.header.flags = Flags::RST;
    forged.segment.header.seq += 1;
    world.act(Action::Inject(SERVER, forged));
    world.run_for(ms(100)).unwrap();
    world.act(Action::Crash(SERVER));
    world.run_for(secs(1)).unwrap();
    world.act(Action::Reboot(SERVER));
    world.write(client, 5).unwrap();
    world.run_out().unwrap();
    world.finish();
    let drawn = ladder(world.events(), Lang::En);
    for words in ["forged", "loses its power", "starts again", "no connection"] {
        assert!(drawn.contains(words), "{words}\n{drawn}");
    }
    let text = String::from_utf8(json(&world)).unwrap();
    assert!(text.contains(r#""name":"net:segment_forged""#) && text.contains(r#""data":{"marker":"crash"}"#));
}

#[test]
fn damage_is_drawn_once_and_changes_nobodys_state() {
    let mut world = linked(1, Link::with_delay(ms(10)));
    // One wire that damages everything, for a while.
    world.act(Action::SetLink(
        cordial_sim::WireId(0),
        cordial_sim::Way::Back,
        Link::with_delay(ms(10)).corrupting(100.0),
    ));
    world.at(at(500), Action::Heal);
    exchange(&mut world, 5, 0);
    run_out(&mut world);
    let drawn = ladder(world.events(), Lang::En);
    assert!(drawn.contains("✗ damaged") || drawn.contains("damaged ✗"), "{drawn}");
    let before = drawn.lines().take_while(|line| !line.contains("ESTABLISHED")).collect::<Vec<_>>();
    assert!(before.iter().skip(2).all(|line| !line.contains("CLOSED")), "{drawn}");
}
