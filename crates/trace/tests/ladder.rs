//! Ladders as people see them.

mod common;

use std::collections::BTreeMap;

use common::*;
use cordial_stack::Call;
use cordial_tcp::{CloseCause, Half, Phase as P, Refusal, Rule};
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::ladder::{Caption, Ladder, Live, Style, compact};
use cordial_trace::{Event, Lang, Vantage};

fn draw(events: &[Event], style: Style) -> String {
    let mut ladder = Ladder::new(false);
    events.iter().for_each(|event| ladder.event(event));
    ladder.finish();
    let names = BTreeMap::new();
    let caption = Caption {
        title: "cordial run",
        number: 1,
        all: Some(1),
        headline: "",
        lines: &[],
        names: &names,
        conditions: "",
    };
    let text = ladder.draw(&style, &caption);
    // The two lines above the picture are the same everywhere.
    text.lines().skip(2).collect::<Vec<_>>().join("\n")
}

fn check(events: &[Event], style: Style, expected: &str) {
    let drawn = draw(events, style);
    assert_eq!(drawn, expected.trim_matches('\n'), "\n{drawn}\n");
}

const PLAIN: Style = Style::PLAIN;
const NUMBERED: Style = Style { numbered: true, ..PLAIN };

fn healthy() -> Vec<Event> {
    let mut scene = Scene::new(Vantage::OneEnd);
    whole(&mut scene);
    scene.finish(200)
}

#[test]
fn a_healthy_connection() {
    check(
        &healthy(),
        PLAIN,
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4 +synack 1s
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
   0.031               │                               accept() │              ACCq 0/4
   0.050               ├━ DATA seq=1..79 "GET /hello HT.." ━━━━►│
   0.050               │◄────────────────────────── ACK ack=79 ─┤
   0.060               │◄━━━ DATA seq=1..121 "HTTP/1.1 200 .." ━┤              +rto 200ms
   0.070               ├─ ACK ack=121 ─────────────────────────►│              -rto
   0.100    FIN_WAIT_1 ├─ FIN+ACK seq=79 ack=121 ──────────────►│ CLOSE_WAIT
   0.110    FIN_WAIT_2 │◄────────────────────────── ACK ack=80 ─┤
   0.130     TIME_WAIT │◄────────────── FIN+ACK seq=121 ack=80 ─┤ LAST_ACK     close() +rto 200ms
   0.140               ├─ ACK seq=80 ack=122 ──────────────────►│ CLOSED       -rto
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn in_chinese() {
    check(
        &healthy(),
        Style { lang: Lang::Zh, ..PLAIN },
        r#"
    time      [客户端] ┌────────────────────────────────────────┐ 服务器       定时器 / 队列
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4 +synack 1s
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
   0.031               │                               accept() │              ACCq 0/4
   0.050               ├━ DATA seq=1..79 "GET /hello HT.." ━━━━►│
   0.050               │◄────────────────────────── ACK ack=79 ─┤
   0.060               │◄━━━ DATA seq=1..121 "HTTP/1.1 200 .." ━┤              +rto 200ms
   0.070               ├─ ACK ack=121 ─────────────────────────►│              -rto
   0.100    FIN_WAIT_1 ├─ FIN+ACK seq=79 ack=121 ──────────────►│ CLOSE_WAIT
   0.110    FIN_WAIT_2 │◄────────────────────────── ACK ack=80 ─┤
   0.130     TIME_WAIT │◄────────────── FIN+ACK seq=121 ack=80 ─┤ LAST_ACK     close() +rto 200ms
   0.140               ├─ ACK seq=80 ack=122 ──────────────────►│ CLOSED       -rto
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn in_ascii() {
    check(
        &lost_syn(),
        Style { ascii: true, ..NUMBERED },
        r#"
    time        CLIENT +----------------------------------------+ SERVER       timers / queues
   0.000        CLOSED |                                        | LISTEN
   0.000      SYN_SENT +- #1 SYN seq=0 mss=1460 ----X lost      |              +rto 1s (client)
                       :  1.0 s: the client hears nothing       :
   1.001               | retransmission timer fires             |              !rto (client)
   1.001               +~ #2 re SYN seq=0 (same number) ~~~~~~~>| SYN_RCVD     SYNq 1/4 ACCq 0/4
                       |                                        |              +rto 2s (client)
   1.011   ESTABLISHED |<-------------- #3 SYN+ACK seq=0 ack=1 -+              -rto (client)
   1.021               +- #4 ACK seq=1 ack=1 ------------------>| ESTABLISHED  SYNq 0/4 ACCq 1/4
                       +----------------------------------------+
"#,
    );
}

#[test]
fn in_80_columns_notes_stand_under_their_row() {
    check(
        &healthy(),
        Style { width: 80, ..PLAIN },
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER
   0.000        CLOSED │                                        │ LISTEN
                       │   · SYNq 0/4 ACCq 0/4                  │
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD
                       │   · SYNq 1/4 +synack 1s                │
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED
                       │   · SYNq 0/4 ACCq 1/4                  │
   0.031               │                               accept() │
                       │   · ACCq 0/4                           │
   0.050               ├━ DATA seq=1..79 "GET /hello HT.." ━━━━►│
   0.050               │◄────────────────────────── ACK ack=79 ─┤
   0.060               │◄━━━ DATA seq=1..121 "HTTP/1.1 200 .." ━┤
                       │   · +rto 200ms                         │
   0.070               ├─ ACK ack=121 ─────────────────────────►│
                       │   · -rto                               │
   0.100    FIN_WAIT_1 ├─ FIN+ACK seq=79 ack=121 ──────────────►│ CLOSE_WAIT
   0.110    FIN_WAIT_2 │◄────────────────────────── ACK ack=80 ─┤
   0.130     TIME_WAIT │◄────────────── FIN+ACK seq=121 ack=80 ─┤ LAST_ACK
                       │   · close() +rto 200ms                 │
   0.140               ├─ ACK seq=80 ack=122 ──────────────────►│ CLOSED
                       │   · -rto                               │
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn in_60_columns_states_stand_on_the_arrows() {
    check(
        &healthy(),
        Style { width: 60, ..PLAIN },
        r#"
    time ┌ [CLIENT] ─────────────────────────────── SERVER ┐
   0.000 │ CLOSED                                   LISTEN │
         │   · SYNq 0/4 ACCq 0/4                           │
   0.000 ├ SYN_SENT ─ SYN seq=0 mss=1460 ws=7 ──► SYN_RCVD │
         │   · SYNq 1/4 +synack 1s                         │
   0.010 │ ESTABLISHED ◄───────────── SYN+ACK seq=0 ack=1 ─┤
   0.020 ├─ ACK seq=1 ack=1 ─────────────────► ESTABLISHED │
         │   · SYNq 0/4 ACCq 1/4                           │
   0.031 │                                        accept() │
         │   · ACCq 0/4                                    │
   0.050 ├━ DATA seq=1..79 "GET /hello HT.." ━━━━━━━━━━━━━►│
   0.050 │◄─────────────────────────────────── ACK ack=79 ─┤
   0.060 │◄━━━━━━━━━━━━ DATA seq=1..121 "HTTP/1.1 200 .." ━┤
         │   · +rto 200ms                                  │
   0.070 ├─ ACK ack=121 ──────────────────────────────────►│
         │   · -rto                                        │
   0.100 ├ FIN_WAIT_1 ─ FIN+ACK seq=79 ───────► CLOSE_WAIT │
   0.110 │ FIN_WAIT_2 ◄─────────────────────── ACK ack=80 ─┤
   0.130 │ TIME_WAIT ◄── FIN+ACK seq=121 ack=80 ─ LAST_ACK ┤
         │   · close() +rto 200ms                          │
   0.140 ├─ ACK seq=80 ack=122 ───────────────────► CLOSED │
         │   · -rto                                        │
         └─────────────────────────────────────────────────┘
"#,
    );
}

#[test]
fn absolute_numbers() {
    let text = draw(&healthy(), Style { absolute: true, ..PLAIN });
    assert!(text.contains("SYN seq=1000 mss=1460"), "{text}");
    assert!(text.contains("SYN+ACK seq=5000 ack=1001"), "{text}");
    assert!(text.contains("DATA seq=1001..1079"), "{text}");
}

#[test]
fn colours_take_no_columns() {
    let drawn = draw(&healthy(), Style { colour: true, ..PLAIN });
    let mut plain = String::new();
    let mut rest = drawn.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').expect("the end of a colour").1;
    }
    plain.push_str(rest);
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n"), draw(&healthy(), PLAIN));
    assert!(drawn.contains("\x1b[34m"), "the client is blue");
    assert!(drawn.contains("\x1b[38;5;208m"), "the server is orange");
}

#[test]
fn a_closed_port_refuses() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).got(Server, syn(), P::Closed, Rule::NoConnection);
    scene.sent(Server, seg("RST+ACK", 0).ack(1), P::Closed, Rule::NoConnection);
    check(
        &scene.finish(10),
        NUMBERED,
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ CLOSED
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ws=7 sack ─────►│
   0.000        CLOSED │◄────────────── #2 RST+ACK seq=0 ack=1 ─┤
   0.000               │ connect() = ECONNREFUSED               │
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn an_owner_who_refuses_was_listening() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).got(Server, syn(), P::Closed, Rule::SynUndecided);
    scene.at(5).call(Server, Call::Answer, P::Closed, Rule::ListenerRefused);
    scene.sent(Server, seg("RST+ACK", 0).ack(1), P::Closed, Rule::ListenerRefused);
    check(
        &scene.finish(10),
        NUMBERED,
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ws=7 sack ─────►│
   0.005        CLOSED │◄────────────── #2 RST+ACK seq=0 ack=1 ─┤ CLOSED
   0.005               │ connect() = ECONNREFUSED               │
                       └────────────────────────────────────────┘
"#,
    );
}

/// Our client calls over a network of our own that loses its first SYN.
fn lost_syn() -> Vec<Event> {
    let mut scene = Scene::new(Vantage::BothEnds);
    scene.trace.listens(scene.tuple.peer.ip(), [8080]);
    scene.at(0).call(Client, Call::Connect, P::SynSent, Rule::ActiveOpen);
    scene.rto(Client, Some(1_000)).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.lost(Client, syn());
    scene.at(1_001).rto(Client, Some(2_000)).timer(Client, P::SynSent, Rule::Timeout);
    scene.sent(Client, syn().again(), P::SynSent, Rule::Timeout);
    scene.at(1_011).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.queues(Server, (1, 4), (0, 4));
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(1_021).rto(Client, None);
    scene.got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene.at(1_031).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    scene.queues(Server, (0, 4), (1, 4));
    scene.finish(1_031)
}

#[test]
fn a_syn_is_lost() {
    check(
        &lost_syn(),
        NUMBERED,
        r#"
    time        CLIENT ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ────✗ lost      │              +rto 1s (client)
                       ┆  1.0 s: the client hears nothing       ┆
   1.001               │ retransmission timer fires             │              !rto (client)
   1.001               ├═ #2 ↻ SYN seq=0 (same number) ════════►│ SYN_RCVD     SYNq 1/4 ACCq 0/4
                       │                                        │              +rto 2s (client)
   1.011   ESTABLISHED │◄────────────── #3 SYN+ACK seq=0 ack=1 ─┤              -rto (client)
   1.021               ├─ #4 ACK seq=1 ack=1 ──────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
                       └────────────────────────────────────────┘
"#,
    );
}

/// Both ends are ours; the last ACK is lost.
fn lost_last_ack() -> Vec<Event> {
    let mut scene = Scene::new(Vantage::BothEnds);
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(10).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(20).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene.at(30).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    scene.at(40).call(Client, Call::Release, P::FinWait1, Rule::Close);
    scene.rto(Client, Some(200)).sent(Client, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(50).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.sent(Server, seg("ACK", 1).ack(2), P::CloseWait, Rule::SendAck);
    scene.at(60).rto(Client, None).got(Client, seg("ACK", 1).ack(2), P::FinWait2, Rule::FinAcked);
    scene.at(350).call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.rto(Server, Some(200)).sent(Server, seg("FIN+ACK", 1).ack(2), P::LastAck, Rule::SendFin);
    scene.at(360).time_wait(Client, Some(60_000));
    scene.got(Client, seg("FIN+ACK", 1).ack(2), P::TimeWait, Rule::Fin);
    scene.sent(Client, seg("ACK", 2).ack(2), P::TimeWait, Rule::SendAck);
    scene.lost(Client, seg("ACK", 2).ack(2));
    scene.at(551).rto(Server, Some(400)).timer(Server, P::LastAck, Rule::Timeout);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2).again(), P::LastAck, Rule::Timeout);
    scene.at(561).time_wait(Client, Some(60_000));
    scene.got(Client, seg("FIN+ACK", 1).ack(2), P::TimeWait, Rule::FinAgain);
    scene.sent(Client, seg("ACK", 2).ack(2), P::TimeWait, Rule::SendAck);
    scene.at(571).rto(Server, None).got(Server, seg("ACK", 2).ack(2), P::Closed, Rule::FinAcked);
    scene.at(60_562).time_wait(Client, None).timer(Client, P::Closed, Rule::TimeWaitOver);
    scene.finish(60_600)
}

#[test]
fn the_last_ack_is_lost() {
    check(
        &lost_last_ack(),
        NUMBERED,
        r#"
    time        CLIENT ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ws=7 sack ─────►│ SYN_RCVD
   0.010   ESTABLISHED │◄────────────── #2 SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ #3 ACK seq=1 ack=1 ──────────────────►│ ESTABLISHED
   0.040    FIN_WAIT_1 ├─ #4 FIN+ACK seq=1 ack=1 ──────────────►│ CLOSE_WAIT   +rto 200ms (client)
   0.050    FIN_WAIT_2 │◄──────────────────────── #5 ACK ack=2 ─┤              -rto (client)
                       ┆  300 ms: server app still working      ┆
   0.350     TIME_WAIT │◄────────────── #6 FIN+ACK seq=1 ack=2 ─┤ LAST_ACK     +rto 200ms (server)
                       │                                        │              +2msl 60s (client)
   0.360               ├─ #7 ACK seq=2 ack=2 ───────✗ lost      │
                       ┆  191 ms: the server hears nothing      ┆
   0.551               │             retransmission timer fires │              !rto (server)
   0.551               │◄════════════ #8 ↻ FIN+ACK seq=1 ack=2 ═┤              +rto 400ms (server)
                       │                                        │              2msl restarts: 60s
   0.561               ├─ #9 ACK seq=2 ack=2 ──────────────────►│ CLOSED       -rto (server)
                       ┆  60 s pass: nothing arrives            ┆
  60.562        CLOSED │                                        │              !2msl (client)
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn the_last_ack_is_lost_in_chinese() {
    check(
        &lost_last_ack(),
        Style { lang: Lang::Zh, ..NUMBERED },
        r#"
    time        客户端 ┌────────────────────────────────────────┐ 服务器       定时器 / 队列
   0.000        CLOSED │                                        │ LISTEN
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ws=7 sack ─────►│ SYN_RCVD
   0.010   ESTABLISHED │◄────────────── #2 SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ #3 ACK seq=1 ack=1 ──────────────────►│ ESTABLISHED
   0.040    FIN_WAIT_1 ├─ #4 FIN+ACK seq=1 ack=1 ──────────────►│ CLOSE_WAIT   +rto 200ms 客户端
   0.050    FIN_WAIT_2 │◄──────────────────────── #5 ACK ack=2 ─┤              -rto 客户端
                       ┆  300 ms：服务器程序还在忙              ┆
   0.350     TIME_WAIT │◄────────────── #6 FIN+ACK seq=1 ack=2 ─┤ LAST_ACK     +rto 200ms 服务器
                       │                                        │              +2msl 60s 客户端
   0.360               ├─ #7 ACK seq=2 ack=2 ───────✗ 丢失      │
                       ┆  191 ms：服务器什么也没收到            ┆
   0.551               │                         重传定时器到期 │              !rto 服务器
   0.551               │◄════════════ #8 ↻ FIN+ACK seq=1 ack=2 ═┤              +rto 400ms 服务器
                       │                                        │              2msl 重新计时：60s
   0.561               ├─ #9 ACK seq=2 ack=2 ──────────────────►│ CLOSED       -rto 服务器
                       ┆  过了 60 s：什么也没来                 ┆
  60.562        CLOSED │                                        │              !2msl 客户端
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn one_side_finishes_and_goes_on_listening() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    scene.at(40).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.sent(Server, seg("ACK", 1).ack(2), P::CloseWait, Rule::SendAck);
    scene.at(50).sent(Server, seg("PSH+ACK", 1).ack(2).data(b"still here"), P::CloseWait, Rule::SendText);
    scene.at(60).got(Server, seg("ACK", 2).ack(11), P::CloseWait, Rule::Accepted);
    scene.at(300).call(Server, Call::Shutdown(Half::Write), P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 11).ack(2), P::LastAck, Rule::SendFin);
    scene.at(310).got(Server, seg("ACK", 2).ack(12), P::Closed, Rule::FinAcked);
    check(
        &scene.finish(310),
        PLAIN,
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4 +synack 1s
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
   0.031               │                               accept() │              ACCq 0/4
   0.040    FIN_WAIT_1 ├─ FIN+ACK seq=1 ack=1 ─────────────────►│ CLOSE_WAIT
   0.040    FIN_WAIT_2 │◄─────────────────────────── ACK ack=2 ─┤
   0.050               │◄━━━━━━━━━ DATA seq=1..11 "still here" ━┤
   0.060               ├─ ACK ack=11 ──────────────────────────►│
                       ┆  240 ms: server app still working      ┆
   0.300     TIME_WAIT │◄──────────────── FIN+ACK seq=11 ack=2 ─┤ LAST_ACK     shutdown()
   0.310               ├─ ACK seq=2 ack=12 ────────────────────►│ CLOSED
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn a_reset_midway() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    exchange(&mut scene);
    scene.at(90).got(Server, seg("RST+ACK", 79).ack(121), P::Closed, Rule::Reset);
    scene.ended(Server, CloseCause::Reset);
    check(
        &scene.finish(90),
        NUMBERED,
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ws=7 sack ─────►│ SYN_RCVD     SYNq 1/4 +synack 1s
   0.010   ESTABLISHED │◄────────────── #2 SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ #3 ACK seq=1 ack=1 ──────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
   0.031               │                               accept() │              ACCq 0/4
   0.050               ├━ #4 DATA seq=1..79 "GET /hello HT.." ━►│
   0.050               │◄─────────────────────── #5 ACK ack=79 ─┤
   0.060               │◄━ #6 DATA seq=1..121 "HTTP/1.1 200.." ━┤              +rto 200ms
   0.070               ├─ #7 ACK ack=121 ──────────────────────►│              -rto
   0.090        CLOSED ├─ #8 RST+ACK seq=79 ack=121 ───────────►│ CLOSED
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn both_say_goodbye_at_once_and_their_fins_cross() {
    let mut scene = Scene::new(Vantage::BothEnds);
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(10).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(20).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene.at(30).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    scene.at(40).call(Client, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Client, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(41).call(Server, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(50).got(Server, seg("FIN+ACK", 1).ack(1), P::Closing, Rule::Fin);
    scene.at(51).got(Client, seg("FIN+ACK", 1).ack(1), P::Closing, Rule::Fin);
    check(
        &scene.finish(60),
        PLAIN,
        r#"
    time        CLIENT ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED
   0.040    FIN_WAIT_1 ├─ FIN+ACK seq=1 ack=1 ──────╲           │
   0.041               │           ╱────── FIN+ACK seq=1 ack=1 ─┤ FIN_WAIT_1
   0.050               │           ╲─ FIN+ACK seq=1 ack=1 ─────►│ CLOSING
   0.051       CLOSING │◄───── FIN+ACK seq=1 ack=1 ─╱           │
                       └────────────────────────────────────────┘
"#,
    );
}

/// A handshake of two ends of ours, 10 ms apart.
fn both_open() -> Scene {
    let mut scene = Scene::new(Vantage::BothEnds);
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(10).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.queues(Server, (1, 4), (0, 4));
    scene.at(20).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene
}

/// What the program does at the moment in which a FIN arrives does not take the arrival back, and what came changed the
/// queue, not what was answered.
#[test]
fn accept_shows_no_state() {
    let mut scene = both_open();
    scene.call(Client, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Client, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(30).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    scene.queues(Server, (0, 4), (1, 4));
    scene.call(Server, Call::Accept, P::Established, Rule::Accept).queues(Server, (0, 4), (0, 4));
    scene.got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.sent(Server, seg("ACK", 1).ack(2), P::CloseWait, Rule::SendAck);
    scene.at(40).got(Client, seg("ACK", 1).ack(2), P::FinWait2, Rule::FinAcked);
    check(
        &scene.finish(50),
        PLAIN,
        r#"
    time        CLIENT ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
   0.020    FIN_WAIT_1 ├─ FIN+ACK seq=1 ack=1 ─────────────────►│ CLOSE_WAIT
   0.030               │                               accept() │              ACCq 0/4
   0.030    FIN_WAIT_2 │◄─────────────────────────── ACK ack=2 ─┤
                       └────────────────────────────────────────┘
"#,
    );
}

/// Each state stands where its end came to it, in that order: what arrives after the timer came due has a row after it.
#[test]
fn a_timer_fires_while_a_segment_is_under_way_to_its_end() {
    let mut scene = both_open();
    scene.at(25).timer(Server, P::Closed, Rule::GiveUpHalfOpen);
    scene.at(30).got_refused(
        Server,
        seg("ACK", 1).ack(1),
        Some(Refusal::Closed),
        P::Closed,
        Rule::NoConnection,
    );
    scene.sent(Server, seg("RST", 1), P::Closed, Rule::NoConnection);
    scene.at(40).got(Client, seg("RST", 1), P::Closed, Rule::Reset);
    check(
        &scene.finish(50),
        PLAIN,
        r#"
    time        CLIENT ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ──────────╲           │
   0.025               │                               gives up │ CLOSED
   0.030               │           ╲─ ACK seq=1 ack=1 ─────────►│              no connection
   0.030        CLOSED │◄─────────────────────────── RST seq=1 ─┤
                       └────────────────────────────────────────┘
"#,
    );
}

/// Two ends that call each other acknowledge with their second SYN what they could not with their first.
#[test]
fn the_syn_ack_of_two_calls_that_cross_is_no_repetition() {
    let mut scene = Scene::new(Vantage::BothEnds);
    let (plain, answer) = (seg("SYN", 0), seg("SYN+ACK", 0).ack(1).again());
    scene.at(0).sent(Client, plain, P::SynSent, Rule::ActiveOpen);
    scene.sent(Server, plain, P::SynSent, Rule::ActiveOpen);
    scene.at(10).got(Server, plain, P::SynReceived, Rule::SimultaneousOpen);
    scene.sent(Server, answer, P::SynReceived, Rule::SimultaneousOpen);
    scene.got(Client, plain, P::SynReceived, Rule::SimultaneousOpen);
    scene.sent(Client, answer, P::SynReceived, Rule::SimultaneousOpen);
    scene.at(20).got(Client, answer, P::Established, Rule::SynAcked);
    scene.got(Server, answer, P::Established, Rule::SynAcked);
    check(
        &scene.finish(30),
        PLAIN,
        r#"
    time        CLIENT ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ ?
   0.000      SYN_SENT ├─ SYN seq=0 ────────────────╲           │
   0.000               │           ╱──────────────── SYN seq=0 ─┤ SYN_SENT
   0.010               │           ╲─ SYN seq=0 ───────────────►│ SYN_RCVD
   0.010               │           ╱────── SYN+ACK seq=0 ack=1 ─┤
   0.010      SYN_RCVD │◄─────────────── SYN seq=0 ─╱           │
   0.010               ├─ SYN+ACK seq=0 ack=1 ──────╲           │
   0.020   ESTABLISHED │◄───── SYN+ACK seq=0 ack=1 ─╱           │
   0.020               │           ╲─ SYN+ACK seq=0 ack=1 ─────►│ ESTABLISHED
                       └────────────────────────────────────────┘
"#,
    );
}

/// Where two segments leave while another crosses them, the second arrives after the first; and whoever listens at the
/// port does not make a connection of its own that is over.
#[test]
fn states_stand_in_the_order_in_which_they_came() {
    let mut scene = both_open();
    scene.at(30).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    let (data, fin) = (seg("ACK", 1).ack(1).data(b"x"), seg("FIN+ACK", 2).ack(1));
    scene.at(40).sent(Server, data, P::Established, Rule::SendText);
    scene.at(45).call(Server, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Server, fin, P::FinWait1, Rule::SendFin);
    scene.at(50).got(Client, data, P::Established, Rule::Text);
    scene.sent(Client, seg("ACK", 1).ack(2), P::Established, Rule::SendAck);
    scene.at(55).got(Client, fin, P::CloseWait, Rule::Fin);
    scene.call(Client, Call::Release, P::LastAck, Rule::Close);
    scene.sent(Client, seg("FIN+ACK", 1).ack(3), P::LastAck, Rule::SendFin);
    scene.at(60).got(Server, seg("ACK", 1).ack(2), P::FinWait1, Rule::Accepted);
    scene.at(65).got(Server, seg("FIN+ACK", 1).ack(3), P::TimeWait, Rule::Fin);
    scene.at(66).timer(Server, P::Closed, Rule::TimeWaitOver);
    // A copy of what has arrived.
    scene.at(70).got_refused(Server, seg("ACK", 1).ack(2), Some(Refusal::NotSyn), P::Closed, Rule::ListenSyn);
    check(
        &scene.finish(80),
        PLAIN,
        r#"
    time        CLIENT ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED
   0.040               │◄━━━━━━━━━━━━━━━━━━━ DATA seq=1..2 "x" ━┤
   0.045               │           ╱────── FIN+ACK seq=2 ack=1 ─┤ FIN_WAIT_1
   0.050               ├─ ACK ack=2 ────────────────╲           │
   0.055    CLOSE_WAIT │◄───── FIN+ACK seq=2 ack=1 ─╱           │
   0.055      LAST_ACK ├─ FIN+ACK seq=1 ack=3 ──────╲           │
   0.060               │           ╲─ ACK ack=2 ───────────────►│
   0.065               │           ╲─ FIN+ACK seq=1 ack=3 ─────►│ TIME_WAIT
   0.066               │                                        │ CLOSED
   0.070               │           ╲─ ACK ack=2 ───────────────►│              not taken: only a SYN
                       │                                        │              opens
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn a_long_transfer_is_told_in_one_row() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    for i in 0..100_u32 {
        let millis = u64::from(i) * 20;
        scene.at(50 + millis).sent(
            Server,
            seg("ACK", 1 + 10 * i).ack(1).data(b"0123456789"),
            P::Established,
            Rule::SendText,
        );
        scene.at(60 + millis).got(Server, seg("ACK", 1).ack(11 + 10 * i), P::Established, Rule::Accepted);
    }
    check(
        &scene.finish(3_000),
        PLAIN,
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4 +synack 1s
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
   0.031               │                               accept() │              ACCq 0/4
   0.050               │◄━━━━━━━━━ DATA seq=1..11 "0123456789" ━┤
   0.060               ├─ ACK ack=11 ──────────────────────────►│
   0.070               │◄━━━━━━━━ DATA seq=11..21 "0123456789" ━┤
   0.080               ├─ ACK ack=21 ──────────────────────────►│
   0.090               │◄━━━━━━━━ DATA seq=21..31 "0123456789" ━┤
   0.100               ├─ ACK ack=31 ──────────────────────────►│
   0.110               │◄━━━━━━━━ DATA seq=31..41 "0123456789" ━┤
   0.120               ├─ ACK ack=41 ──────────────────────────►│
                       │   ... 192 segments, 960 B, fine ...    │
                       └────────────────────────────────────────┘
"#,
    );
}

#[test]
fn a_segment_that_is_not_taken_says_why() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    let stray = seg("RST", 500);
    scene.at(40).got_refused(Server, stray, Some(Refusal::Challenged), P::Established, Rule::ChallengeAck);
    scene.sent(Server, seg("ACK", 1).ack(1), P::Established, Rule::ChallengeAck);
    let text = draw(&scene.finish(50), PLAIN);
    let row = text.lines().find(|line| line.contains("RST seq=500")).expect("a row for the reset");
    assert!(row.ends_with("│              not taken: it must"), "{text}");
    assert!(
        text.contains("│              prove itself\n"),
        "what has no room beside it goes on below: {text}"
    );
    assert!(!row.contains("CLOSED"), "it need not be the client's: {text}");
}

/// Segments that cross take two rows each, and are left out like others where they are many.
#[test]
fn many_segments_that_cross_are_told_in_one_row() {
    let mut scene = both_open();
    scene.at(30).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    let data = |i: u32| seg("ACK", 1 + i).ack(1).data(b"x");
    for i in 0..20 {
        scene.at(40).sent(Server, data(i), P::Established, Rule::SendText);
        scene.at(40).sent(Client, data(i), P::Established, Rule::SendText);
    }
    for i in 0..20 {
        scene.at(50).got(Server, data(i), P::Established, Rule::Text);
        scene.at(50).got(Client, data(i), P::Established, Rule::Text);
    }
    let text = draw(&scene.finish(60), PLAIN);
    let rows: Vec<&str> = text.lines().skip(5).collect();
    assert_eq!(rows.iter().filter(|row| row.contains("DATA")).count(), 16, "{text}");
    assert!(rows[16].contains("│    ... 24 segments, 24 B, fine ...     │"), "{text}");
    assert_eq!(rows.len(), 18, "{text}");
}

/// More bare ACKs under way than are remembered once they are acknowledged: each is known when it arrives.
#[test]
fn many_acks_under_way_are_known_when_they_arrive() {
    let mut scene = both_open();
    scene.at(30).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    let data = |i: u32| seg("ACK", 1 + i).ack(1).data(b"x");
    let ack = |i: u32| seg("ACK", 1).ack(2 + i);
    for (millis, to) in [(40, 0..200), (50, 200..400)] {
        for i in to.clone() {
            scene.at(millis).sent(Client, data(i), P::Established, Rule::SendText);
        }
        for i in to {
            scene.at(millis + 5).got(Server, data(i), P::Established, Rule::Text);
            scene.sent(Server, ack(i), P::Established, Rule::SendAck);
        }
    }
    for i in 0..400 {
        scene.at(60).got(Client, ack(i), P::Established, Rule::Accepted);
    }
    scene.at(300).call(Client, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Client, seg("FIN+ACK", 401).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(310).got(Server, seg("FIN+ACK", 401).ack(1), P::CloseWait, Rule::Fin);
    let text = draw(&scene.finish(320), PLAIN);
    assert!(!text.contains("old connection"), "{text}");
    assert!(text.contains("├─ FIN+ACK seq=401 ack=1 ───────────────►│ CLOSE_WAIT"), "{text}");
}

#[test]
fn below_100_columns_no_note_is_cut() {
    let mut scene = both_open();
    let long = Some(Refusal::OldTimestamp);
    scene.at(30).synack_timer(Server, Some(1_000)).rto(Server, Some(200));
    scene.got_refused(Server, seg("ACK", 1).ack(1), long, P::SynReceived, Rule::Accepted);
    check_rows(
        &draw(&scene.finish(40), Style { width: 80, ..NUMBERED }),
        &[
            "   0.020               ├─ #3 ACK seq=1 ack=1 ──────────────────►│",
            "                       │   · +rto 200ms (server)                │",
            "                       │     +synack 1s (server)                │",
            "                       │     not taken: timestamp too old       │",
        ],
    );
}

/// These rows follow each other.
fn check_rows(drawn: &str, expected: &[&str]) {
    let rows: Vec<&str> = drawn.lines().map(str::trim_end).collect();
    assert!(rows.windows(expected.len()).any(|rows| rows == expected), "\n{drawn}\n");
}

#[test]
fn the_compact_form() {
    let drawn = compact(&healthy(), false);
    let expected = r#"
SYN_SENT     --> SYN seq=0 mss=1460 ws=7 sack  --> SYN_RCVD
ESTABLISHED  <-- SYN+ACK seq=0 ack=1           <-- SYN_RCVD
ESTABLISHED  --> ACK seq=1 ack=1               --> ESTABLISHED
ESTABLISHED  --> DATA seq=1..79 ack=1          --> ESTABLISHED
ESTABLISHED  <-- ACK seq=1 ack=79              <-- ESTABLISHED
ESTABLISHED  <-- DATA seq=1..121 ack=79        <-- ESTABLISHED
ESTABLISHED  --> ACK seq=79 ack=121            --> ESTABLISHED
FIN_WAIT_1   --> FIN+ACK seq=79 ack=121        --> CLOSE_WAIT
FIN_WAIT_2   <-- ACK seq=121 ack=80            <-- CLOSE_WAIT
TIME_WAIT    <-- FIN+ACK seq=121 ack=80        <-- LAST_ACK
TIME_WAIT    --> ACK seq=80 ack=122            --> CLOSED
"#;
    assert_eq!(drawn, expected.trim_matches('\n'), "\n{drawn}\n");
}

#[test]
fn compact_shows_what_was_lost() {
    let drawn = compact(&lost_syn(), true);
    let expected = r#"
SYN_SENT     --> SYN seq=1000 mss=1460 ws=7 sack  --x LISTEN
SYN_SENT     --> SYN seq=1000 mss=1460 ws=7 sack  --> SYN_RCVD
ESTABLISHED  <-- SYN+ACK seq=5000 ack=1001        <-- SYN_RCVD
ESTABLISHED  --> ACK seq=1001 ack=5001            --> ESTABLISHED
"#;
    assert_eq!(drawn, expected.trim_matches('\n'), "\n{drawn}\n");
}

#[test]
fn live_ladders_are_drawn_one_at_a_time() {
    let names = BTreeMap::new();
    let caption = |number| Caption {
        title: "cordial run",
        number,
        all: None,
        headline: "",
        lines: &[],
        names: &names,
        conditions: "",
    };
    let mut live = Live::new(PLAIN, false);
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    scene.drain();
    for event in scene.events.drain(..) {
        live.event(&event);
    }
    let first = live.take(|group| caption(group.0));
    assert!(first.contains("accept()"), "rows appear while the connection is open: {first}");
    assert!(!first.contains('└'), "{first}");
    refused(scene.at(35));
    scene.drain().at(336);
    scene.trace.settle(scene.now, &mut scene.events);
    let mut closed = false;
    for event in scene.events.drain(..) {
        live.event(&event);
        if let cordial_trace::event::What::Closed { .. } = event.what {
            let lines = ["H04 refused".to_owned()];
            live.close(
                event.group,
                &Caption { headline: "FAIL refused", lines: &lines, ..caption(event.group.0) },
            );
            closed = true;
        }
    }
    assert!(closed);
    let second = live.take(|group| caption(group.0));
    let at = |what: &str| second.find(what).unwrap_or_else(|| panic!("{what}: {second}"));
    assert!(at("#1 goes on below") < at("RST+ACK"), "{second}");
    assert!(at("RST+ACK") < at("FAIL refused"), "{second}");
    assert!(at("FAIL refused") < at("H04 refused"), "{second}");
}

/// A gateway's own failure, told by ICMP: one row, and none for the decision that it shows.
#[test]
fn an_unreachable_is_one_row_in_words() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).got(Server, syn(), P::Closed, Rule::SynUndecided);
    scene.at(5).call(Server, Call::Answer, P::Closed, Rule::ListenerRefused);
    scene.icmp_answer(3, 1).ended(Server, CloseCause::Unreachable);
    let events = scene.finish(10);
    check(
        &events,
        NUMBERED,
        r#"
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ws=7 sack ─────►│
   0.005               │                 ICMP: host unreachable │ CLOSED
                       └────────────────────────────────────────┘
"#,
    );
    assert!(draw(&events, Style { lang: Lang::Zh, ..PLAIN }).contains(" ICMP：主机不可达 │ CLOSED"));
}

#[test]
fn a_syn_that_waits_for_the_real_server_is_no_error() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).got(Server, syn(), P::Closed, Rule::SynUndecided);
    scene.at(1_000).got_refused(
        Server,
        syn().again(),
        Some(Refusal::Undecided),
        P::Closed,
        Rule::SynUndecided,
    );
    let events = scene.finish(1_000);
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| draw(&events, Style { lang, ..PLAIN }));
    assert!(en.contains("►│              waits for real server\n") && !en.contains("not taken"), "{en}");
    assert!(zh.contains("►│              等真正的服务器回应\n") && !zh.contains("ndecided"), "{zh}");
}

#[test]
fn all_rows_have_as_many_decimals_as_one_of_them_needs() {
    let times = |last: u64, fine: bool| -> Vec<String> {
        let mut scene = Scene::new(Vantage::OneEnd);
        handshake(&mut scene);
        scene.now = cordial_tcp::Instant::from_nanos(last * 1_000);
        scene.got(Server, seg("ACK", 1).ack(1).data(b"x"), P::Established, Rule::Text);
        let text = draw(&scene.finish(20_000), Style { fine, ..PLAIN });
        let row = |line: &str| line.get(..8).map(|time| time.trim().to_owned());
        text.lines().skip(1).filter_map(row).filter(|time| !time.is_empty()).collect()
    };
    let first_and_last = |times: Vec<String>| (times[0].clone(), times[times.len() - 1].clone());
    let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
    assert_eq!(first_and_last(times(50_000, false)), pair("0.000", "0.050"));
    assert_eq!(first_and_last(times(50_041, false)), pair("0.000000", "0.050041"));
    assert_eq!(first_and_last(times(50_000, true)), pair("0.000000", "0.050000"));
    // Eight columns have no room for more.
    assert_eq!(first_and_last(times(12_345_678, false)), pair("0.00000", "12.34567"));
}

#[test]
fn in_sixty_columns_what_is_said_has_its_state_beside_it() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).got(Server, syn(), P::Closed, Rule::SynUndecided);
    scene.at(5).icmp_answer(3, 1);
    let text = draw(&scene.finish(10), Style { width: 60, ..PLAIN });
    assert!(text.contains(" ICMP: host unreachable · CLOSED │"), "{text}");
}
