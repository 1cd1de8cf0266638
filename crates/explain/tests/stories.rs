//! What is said of connections, from the facts of a stack to the lines below a ladder.

#[path = "../../trace/tests/common/mod.rs"]
mod common;

use common::*;
use cordial_explain::{Explainer, Story};
use cordial_stack::Call;
use cordial_tcp::{CloseCause, Half, Phase as P, Refusal, Rule};
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::{Event, Lang, Vantage};

fn story(events: &[Event]) -> Story {
    let mut explainer = Explainer::new();
    let mut stories: Vec<Story> = events.iter().filter_map(|event| explainer.event(event)).collect();
    assert_eq!(stories.len(), 1, "one connection, one story: {events:#?}");
    stories.remove(0)
}

fn ids(story: &Story) -> Vec<&'static str> {
    story.verdicts.iter().map(cordial_explain::Verdict::id).collect()
}

/// Checks ids, headline and lines; the Chinese ones must be there and fit as well.
fn check(scene: &mut Scene, until: u64, expected_ids: &[&str], headline: &str, lines: &[&str]) {
    let story = story(&scene.finish(until));
    assert_eq!(ids(&story), expected_ids, "{story:#?}");
    assert_eq!(story.headline(Lang::En), headline);
    assert_eq!(story.lines(Lang::En, 100), lines, "{:#?}", story.lines(Lang::En, 100));
    let chinese = story.lines(Lang::Zh, 100);
    assert!(!chinese.is_empty() && chinese.len() <= 3, "{chinese:?}");
    assert!(chinese.iter().all(|line| !line.contains('{')), "every place is filled: {chinese:?}");
}

fn two() -> Scene {
    Scene::new(Vantage::BothEnds)
}

fn one() -> Scene {
    Scene::new(Vantage::OneEnd)
}

/// A handshake between two ends of ours, 10 ms apart.
fn handshake_of_two(scene: &mut Scene) {
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(10).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(20).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene.at(30).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
}

#[test]
fn a_healthy_connection_gets_one_line() {
    let mut scene = one();
    whole(&mut scene);
    check(
        &mut scene,
        200,
        &["S01"],
        "closed after 0.14 s · OK healthy",
        &["S01 Healthy. Handshake took 20 ms; 78 B up, 120 B down; the client closed first, in four steps."],
    );
}

#[test]
fn a_healthy_connection_in_chinese() {
    let mut scene = one();
    whole(&mut scene);
    let story = story(&scene.finish(200));
    assert_eq!(story.headline(Lang::Zh), "0.14 s 后关闭 · 一切正常");
    assert_eq!(
        story.lines(Lang::Zh, 100),
        ["S01 一切正常。握手用了 20 ms；上行 78 B，下行 120 B；客户端先关，四次挥手。"]
    );
}

#[test]
fn three_segments_are_enough_to_say_goodbye() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2), P::LastAck, Rule::SendFin);
    scene.at(50).got(Server, seg("ACK", 2).ack(2), P::Closed, Rule::FinAcked);
    check(
        &mut scene,
        60,
        &["S01"],
        "closed after 0.05 s · OK healthy",
        &["S01 Healthy. Handshake took 20 ms; 0 B up, 0 B down; the client closed first, in three segments."],
    );
}

#[test]
fn h04_nothing_listens() {
    let mut scene = one();
    scene.at(0).got(Server, syn(), P::Closed, Rule::NoConnection);
    scene.at(20).sent(Server, seg("RST+ACK", 0).ack(1), P::Closed, Rule::NoConnection);
    check(
        &mut scene,
        30,
        &["H04"],
        "FAIL refused · 0.02 s",
        &[
            "H04 The machine answered, but nothing listens on port 8080, so it refused at once. [#1 #2] Not a",
            "    network fault. Is the server running, on this port and address?  ss -ltn",
        ],
    );
}

#[test]
fn h02_the_network_lost_the_first_syn() {
    let mut scene = two();
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen).lost(Client, syn());
    scene.at(1_000).timer(Client, P::SynSent, Rule::Timeout);
    scene.sent(Client, syn().again(), P::SynSent, Rule::Timeout);
    scene.at(1_010).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(1_020).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene.at(1_030).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    let story = story(&scene.finish(1_030));
    assert_eq!(ids(&story), ["H02", "C14"]);
    assert_eq!(story.verdicts[0].certainty().name(), "certain", "the network says so");
    assert_eq!(story.headline(Lang::En), "NOTE syn-lost · recovered, +1.0 s");
    assert_eq!(story.headline(Lang::Zh), "提示 SYN 丢了 · 已恢复，+1.0 s");
    let first = &story.lines(Lang::En, 100)[0];
    assert!(
        first.starts_with("H02 The first SYN got no answer; try 2 worked. 1.00 s of the 1.02 s was waiting.")
    );
}

#[test]
fn h02_from_the_client_alone_is_only_possible() {
    let mut scene = one();
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(1_000).timer(Client, P::SynSent, Rule::Timeout);
    scene.sent(Client, syn().again(), P::SynSent, Rule::Timeout);
    scene.at(1_020).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    let story = story(&scene.finish(1_030));
    assert_eq!(ids(&story)[0], "H02");
    assert_eq!(story.verdicts[0].certainty().name(), "possible");
}

#[test]
fn h03_nobody_answers() {
    let mut scene = one();
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    for at in [1_000, 3_000, 7_000] {
        scene.at(at).timer(Client, P::SynSent, Rule::Timeout);
        scene.sent(Client, syn().again(), P::SynSent, Rule::Timeout);
    }
    scene.at(15_000).timer(Client, P::Closed, Rule::GiveUpOpen).ended(Client, CloseCause::Unanswered);
    check(
        &mut scene,
        15_000,
        &["H03"],
        "FAIL syn-unanswered · 15 s",
        &[
            "H03 Nobody answered: 4 SYNs in 15 s, then the client gave up (ETIMEDOUT). [#1 #2 #3 #4] Wrong",
            "    address, host down, silent firewall or full queue. Capture at the server: does the SYN arrive?",
        ],
    );
}

#[test]
fn h06_a_router_says_no() {
    let mut scene = one();
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(10).icmp(Client, 3, 1, P::Closed).ended(Client, CloseCause::Unreachable);
    check(
        &mut scene,
        10,
        &["H06"],
        "FAIL unreachable · 0.01 s",
        &[
            "H06 A router said 10.0.0.1 cannot be reached (ICMP: host unreachable). [#1] Check address and route:",
            "    ip route get 10.0.0.1",
        ],
    );
}

#[test]
fn h06_a_gateway_has_no_way_itself() {
    let mut scene = one();
    scene.at(0).got(Server, syn(), P::Closed, Rule::SynUndecided);
    scene.at(10).call(Server, Call::Answer, P::Closed, Rule::ListenerRefused);
    scene.icmp_answer(3, 0).ended(Server, CloseCause::Unreachable);
    let story = story(&scene.finish(10));
    assert_eq!(ids(&story), ["H06"]);
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| story.lines(lang, 100).concat());
    assert!(en.contains("This machine itself has no way to 10.0.0.1 (ICMP: network unreachable)"), "{en}");
    assert!(zh.contains("这台机器自己就到不了 10.0.0.1（ICMP：网络不可达）"), "{zh}");
}

#[test]
fn h07_the_answer_was_lost() {
    let mut scene = one();
    scene.at(0).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(1_000).got(Server, syn(), P::SynReceived, Rule::SynAgain);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1).again(), P::SynReceived, Rule::SynAgain);
    scene.at(1_010).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    let story = story(&scene.finish(1_010));
    assert_eq!(ids(&story), ["H07", "C14"], "it absorbs the SYN that came again");
    assert_eq!(story.headline(Lang::En), "NOTE synack-lost · recovered, +1.0 s");
}

#[test]
fn h08_the_third_segment_was_lost() {
    let mut scene = two();
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(10).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(20).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene.lost(Client, seg("ACK", 1).ack(1));
    scene.at(40).sent(Client, seg("ACK", 1).ack(1).data(b"hello"), P::Established, Rule::SendText);
    scene.at(50).got(Server, seg("ACK", 1).ack(1).data(b"hello"), P::Established, Rule::HandshakeAck);
    let story = story(&scene.finish(50));
    assert_eq!(ids(&story), ["H08", "C14"]);
    assert!(story.verdicts[0].text(Lang::En).ends_with("until data arrived."), "{story:#?}");
}

#[test]
fn h09_nobody_confirms() {
    let mut scene = one();
    scene.at(0).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(1_000).timer(Server, P::SynReceived, Rule::Timeout);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1).again(), P::SynReceived, Rule::Timeout);
    scene.at(3_000).timer(Server, P::Closed, Rule::GiveUpHalfOpen).ended(Server, CloseCause::TimedOut);
    let story = story(&scene.finish(3_000));
    assert_eq!(ids(&story), ["H09"]);
    assert_eq!(story.headline(Lang::En), "WARN handshake-abandoned · 3.00 s");
}

#[test]
fn h10_an_old_syn_gets_nowhere() {
    let mut scene = one();
    scene.at(0).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(501), P::SynReceived, Rule::ListenSyn);
    scene.at(20).got(Server, seg("RST", 501), P::Closed, Rule::Reset).ended(Server, CloseCause::Reset);
    let story = story(&scene.finish(20));
    assert_eq!(ids(&story), ["H10"]);
}

#[test]
fn h11_both_call() {
    let mut scene = two();
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(1).sent(Server, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(10).got(Server, syn(), P::SynReceived, Rule::SimultaneousOpen);
    scene.at(11).got(Client, syn(), P::SynReceived, Rule::SimultaneousOpen);
    scene.at(12).sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::SimultaneousOpen);
    scene.at(13).sent(Client, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::SimultaneousOpen);
    let story = story(&scene.finish(20));
    assert!(ids(&story).contains(&"H11"), "{story:#?}");
}

#[test]
fn h18_the_owner_took_its_time() {
    let mut scene = one();
    scene.at(0).got(Server, syn(), P::Closed, Rule::SynUndecided);
    scene.at(1_000).got_refused(Server, syn(), Some(Refusal::Undecided), P::Closed, Rule::SynUndecided);
    scene.at(1_500).call(Server, Call::Answer, P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(1_510).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    let story = story(&scene.finish(1_510));
    assert_eq!(ids(&story), ["H18", "C14"], "no SYN was lost");
}

#[test]
fn d01_a_timeout() {
    let mut scene = one();
    handshake(&mut scene);
    let data = seg("ACK", 1).ack(1).data(b"hello");
    scene.at(50).sent(Server, data, P::Established, Rule::SendText);
    scene.at(250).timer(Server, P::Established, Rule::Timeout);
    scene.sent(Server, data.again(), P::Established, Rule::Timeout);
    scene.at(260).got(Server, seg("ACK", 1).ack(6), P::Established, Rule::Accepted);
    let story = story(&scene.finish(260));
    assert_eq!(ids(&story), ["D01", "C14"]);
    assert_eq!(story.headline(Lang::En), "NOTE rto-retransmit · recovered, +200 ms");
}

#[test]
fn d02_three_repeats_ask_for_a_resend() {
    let mut scene = one();
    handshake(&mut scene);
    for i in 0..5 {
        scene.at(50).sent(
            Server,
            seg("ACK", 1 + 5 * i).ack(1).data(b"hello"),
            P::Established,
            Rule::SendText,
        );
    }
    for _ in 0..4 {
        scene.at(60).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::Accepted);
    }
    let data = seg("ACK", 1).ack(1).data(b"hello").again();
    scene.at(61).sent(Server, data, P::Established, Rule::FastRetransmit);
    let story = story(&scene.finish(70));
    assert_eq!(ids(&story), ["D02", "C14"]);
    assert!(story.lines(Lang::En, 100)[0].contains("byte 1;"));
}

#[test]
fn d04_the_first_copy_had_arrived() {
    let mut scene = one();
    handshake(&mut scene);
    let data = seg("ACK", 1).ack(1).data(b"hello");
    scene.at(50).got(Server, data, P::Established, Rule::Text);
    scene.sent(Server, seg("ACK", 1).ack(6), P::Established, Rule::SendAck);
    scene.at(250).got_refused(Server, data, Some(Refusal::OutsideWindow), P::Established, Rule::Accepted);
    let story = story(&scene.finish(260));
    assert_eq!(ids(&story), ["D04", "C14"], "it absorbs the timeout");
}

#[test]
fn d05_segments_overtake() {
    let mut scene = two();
    handshake_of_two(&mut scene);
    let first = seg("ACK", 1).ack(1).data(b"hello");
    let second = seg("ACK", 6).ack(1).data(b"world");
    scene.at(40).sent(Client, first, P::Established, Rule::SendText);
    scene.sent(Client, second, P::Established, Rule::SendText);
    scene.at(50).got(Server, second, P::Established, Rule::TextAhead);
    scene.at(51).got(Server, first, P::Established, Rule::Text);
    let story = story(&scene.finish(60));
    assert_eq!(ids(&story), ["D05", "C14"]);
    assert_eq!(story.verdicts[0].certainty().name(), "certain");
}

#[test]
fn d08_the_reader_is_slow() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(50).sent(Server, seg("ACK", 1).ack(1).data(b"hello"), P::Established, Rule::SendText);
    scene.at(60).got(Server, seg("ACK", 1).ack(6).window(0), P::Established, Rule::Accepted);
    scene.at(3_060).got(Server, seg("ACK", 1).ack(6), P::Established, Rule::Accepted);
    let story = story(&scene.finish(3_100));
    assert_eq!(ids(&story), ["D08", "C14"]);
    assert!(story.lines(Lang::En, 100)[0].contains("(the client) was full for 3.00 s"), "{story:#?}");
}

#[test]
fn d08_a_short_pause_is_flow_control_at_work() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(60).got(Server, seg("ACK", 1).ack(1).window(0), P::Established, Rule::Accepted);
    scene.at(160).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::Accepted);
    assert_eq!(ids(&story(&scene.finish(200))), ["C14"]);
}

#[test]
fn c03_half_close_is_healthy_and_told() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.sent(Server, seg("ACK", 1).ack(2), P::CloseWait, Rule::SendAck);
    scene.at(50).sent(Server, seg("ACK", 1).ack(2).data(b"still here"), P::CloseWait, Rule::SendText);
    scene.at(60).got(Server, seg("ACK", 2).ack(11), P::CloseWait, Rule::Accepted);
    scene.at(300).call(Server, Call::Shutdown(Half::Write), P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 11).ack(2), P::LastAck, Rule::SendFin);
    scene.at(310).got(Server, seg("ACK", 2).ack(12), P::Closed, Rule::FinAcked);
    check(
        &mut scene,
        320,
        &["S01", "C03"],
        "closed after 0.31 s · OK healthy",
        &[
            "S01 Healthy. Handshake took 20 ms; 0 B up, 10 B down; the client closed first, in four steps.",
            "C03 The client finished talking but kept listening: 10 B came after its FIN. [#4]",
        ],
    );
}

/// What leads is that all is well; the segment that the second line names needs its number in the ladder.
#[test]
fn a_level_is_that_of_the_worst_verdict() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.sent(Server, seg("ACK", 1).ack(2).data(b"bye"), P::CloseWait, Rule::SendText);
    scene.at(50).got(Server, seg("ACK", 2).ack(4), P::CloseWait, Rule::Accepted);
    scene.call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 4).ack(2), P::LastAck, Rule::SendFin);
    scene.at(60).got(Server, seg("ACK", 2).ack(5), P::Closed, Rule::FinAcked);
    let story = story(&scene.finish(70));
    assert_eq!(ids(&story), ["S01", "C03"]);
    assert_eq!(story.level(), cordial_explain::Level::Info);
}

#[test]
fn c04_both_close_at_once() {
    let mut scene = two();
    handshake_of_two(&mut scene);
    scene.at(40).sent(Client, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(41).sent(Server, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(50).got(Server, seg("FIN+ACK", 1).ack(1), P::Closing, Rule::Fin);
    scene.sent(Server, seg("ACK", 2).ack(2), P::Closing, Rule::SendAck);
    scene.at(51).got(Client, seg("FIN+ACK", 1).ack(1), P::Closing, Rule::Fin);
    scene.sent(Client, seg("ACK", 2).ack(2), P::Closing, Rule::SendAck);
    scene.at(60).got(Client, seg("ACK", 2).ack(2), P::TimeWait, Rule::FinAcked);
    scene.at(61).got(Server, seg("ACK", 2).ack(2), P::TimeWait, Rule::FinAcked);
    let story = story(&scene.finish(70));
    assert_eq!(ids(&story), ["S01"]);
    assert!(story.lines(Lang::En, 100)[0].ends_with("both closed at the same moment."));
}

#[test]
fn c07_the_last_ack_is_lost() {
    let mut scene = two();
    handshake_of_two(&mut scene);
    scene.at(40).sent(Client, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(50).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.sent(Server, seg("ACK", 1).ack(2), P::CloseWait, Rule::SendAck);
    scene.at(60).got(Client, seg("ACK", 1).ack(2), P::FinWait2, Rule::FinAcked);
    scene.at(70).sent(Server, seg("FIN+ACK", 1).ack(2), P::LastAck, Rule::SendFin);
    scene.at(80).got(Client, seg("FIN+ACK", 1).ack(2), P::TimeWait, Rule::Fin);
    scene.sent(Client, seg("ACK", 2).ack(2), P::TimeWait, Rule::SendAck).lost(Client, seg("ACK", 2).ack(2));
    scene.at(290).timer(Server, P::LastAck, Rule::Timeout);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2).again(), P::LastAck, Rule::Timeout);
    scene.at(300).got(Client, seg("FIN+ACK", 1).ack(2), P::TimeWait, Rule::FinAgain);
    scene.sent(Client, seg("ACK", 2).ack(2), P::TimeWait, Rule::SendAck);
    scene.at(310).got(Server, seg("ACK", 2).ack(2), P::Closed, Rule::FinAcked);
    check(
        &mut scene,
        400,
        &["C07"],
        "NOTE last-ack-lost · recovered, +210 ms",
        &[
            "C07 The last ACK got lost, so the server sent its FIN again. The client was still in TIME_WAIT and",
            "    answered again. No data was lost: this is what TIME_WAIT is for. [#7 #8] What if it had not",
            "    waited?  cordial why no-time-wait",
        ],
    );
}

#[test]
fn c08_a_fin_is_lost() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).call(Server, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(240).timer(Server, P::FinWait1, Rule::Timeout);
    scene.sent(Server, seg("FIN+ACK", 1).ack(1).again(), P::FinWait1, Rule::Timeout);
    scene.at(250).got(Server, seg("FIN+ACK", 1).ack(2), P::TimeWait, Rule::Fin);
    scene.sent(Server, seg("ACK", 2).ack(2), P::TimeWait, Rule::SendAck);
    let story = story(&scene.finish(1_000));
    assert_eq!(ids(&story), ["C08"]);
    assert_eq!(story.headline(Lang::En), "NOTE fin-lost · recovered, +200 ms");
}

#[test]
fn c09_nobody_hears_the_goodbye() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).call(Server, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(240).sent(Server, seg("FIN+ACK", 1).ack(1).again(), P::FinWait1, Rule::Timeout);
    scene.at(900).timer(Server, P::Closed, Rule::GiveUpData).ended(Server, CloseCause::TimedOut);
    assert_eq!(ids(&story(&scene.finish(900))), ["C09"]);
}

#[test]
fn c14_still_open() {
    let mut scene = one();
    handshake(&mut scene);
    exchange(&mut scene);
    check(
        &mut scene,
        500,
        &["C14"],
        "INFO still-open",
        &["C14 Still open when the record ended (ESTABLISHED); 78 B up, 120 B down so far."],
    );
}

#[test]
fn c15_data_for_one_who_has_left() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).call(Server, Call::Release, P::FinWait1, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.at(50).got(Server, seg("ACK", 1).ack(2), P::FinWait2, Rule::FinAcked);
    scene.at(60).got(Server, seg("ACK", 1).ack(2).data(b"hello?"), P::Closed, Rule::Accepted);
    scene.sent(Server, seg("RST", 2), P::Closed, Rule::NoConnection).ended(Server, CloseCause::UnreadData);
    let story = story(&scene.finish(60));
    assert_eq!(ids(&story), ["C15"]);
    assert!(
        story.lines(Lang::En, 100)[0].starts_with("C15 The client kept sending after the server had closed")
    );
}

#[test]
fn c16_hung_up() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).call(Server, Call::Abort, P::Closed, Rule::Abort);
    scene.sent(Server, seg("RST+ACK", 1).ack(1), P::Closed, Rule::Abort).ended(Server, CloseCause::Aborted);
    check(
        &mut scene,
        40,
        &["C16"],
        "NOTE abortive-close · 0.04 s",
        &[
            "C16 The server hung up without goodbye: no TIME_WAIT, and unsent data was thrown away. [#4] Fine for",
            "    errors; wrong as a cure for TIME_WAIT.",
        ],
    );
}

#[test]
fn c17_closed_with_octets_unread() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).with(Server, |vars, _| vars.unread = 5);
    scene.got(Server, seg("ACK", 1).ack(1).data(b"hello"), P::Established, Rule::Text);
    scene.at(50).call(Server, Call::Release, P::Closed, Rule::CloseUnread);
    scene
        .sent(Server, seg("RST+ACK", 1).ack(6), P::Closed, Rule::CloseUnread)
        .ended(Server, CloseCause::UnreadData);
    let story = story(&scene.finish(60));
    assert_eq!(ids(&story), ["C17"]);
    assert!(story.lines(Lang::En, 100)[0].contains("while 5 B received were unread"), "{story:#?}");
}

#[test]
fn c18_a_reset_after_everything() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2), P::LastAck, Rule::SendFin);
    scene.at(50).got(Server, seg("ACK", 2).ack(2), P::LastAck, Rule::Accepted);
    scene.at(51).got(Server, seg("RST", 2), P::Closed, Rule::Reset).ended(Server, CloseCause::Reset);
    assert_eq!(ids(&story(&scene.finish(60))), ["C18"]);
}

#[test]
fn r01_reset_midway() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(50).sent(Server, seg("ACK", 1).ack(1).data(b"hello"), P::Established, Rule::SendText);
    scene
        .at(60)
        .got(Server, seg("RST+ACK", 1).ack(1), P::Closed, Rule::Reset)
        .ended(Server, CloseCause::Reset);
    check(
        &mut scene,
        60,
        &["R01"],
        "FAIL reset-midway · 0.06 s",
        &[
            "R01 The client reset the connection midway; the fate of 5 B is unknown. [#5] See the log of the",
            "    client, 0.06 s after the start.",
        ],
    );
}

#[test]
fn c16_a_peer_that_hangs_up_with_nothing_in_doubt() {
    let mut scene = one();
    handshake(&mut scene);
    exchange(&mut scene);
    scene
        .at(90)
        .got(Server, seg("RST+ACK", 79).ack(121), P::Closed, Rule::Reset)
        .ended(Server, CloseCause::Reset);
    let story = story(&scene.finish(90));
    assert_eq!(ids(&story), ["C16"]);
    assert_eq!(story.verdicts[0].certainty().name(), "possible", "packets alone do not tell");
}

#[test]
fn r01_a_bare_reset_that_answers_nothing() {
    let mut scene = one();
    handshake(&mut scene);
    exchange(&mut scene);
    scene.at(90).got(Server, seg("RST", 79), P::Closed, Rule::Reset).ended(Server, CloseCause::Reset);
    let story = story(&scene.finish(90));
    assert_eq!(ids(&story), ["R01"]);
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| story.lines(lang, 100).concat());
    assert!(en.contains("all data sent so far had been acknowledged") && !en.contains("0 B"), "{en}");
    assert!(zh.contains("在那之前发出的数据都已确认") && !zh.contains("0 B"), "{zh}");
}

#[test]
fn r02_a_peer_that_knows_nothing_any_more() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(50).sent(Server, seg("ACK", 1).ack(1).data(b"hello"), P::Established, Rule::SendText);
    scene.at(60).got(Server, seg("RST", 1), P::Closed, Rule::Reset).ended(Server, CloseCause::Reset);
    assert_eq!(ids(&story(&scene.finish(60))), ["R02"]);
}

#[test]
fn r04_a_reset_that_proves_nothing() {
    let mut scene = one();
    handshake(&mut scene);
    scene.at(40).got_refused(
        Server,
        seg("RST", 500),
        Some(Refusal::Challenged),
        P::Established,
        Rule::ChallengeAck,
    );
    scene.sent(Server, seg("ACK", 1).ack(1), P::Established, Rule::ChallengeAck);
    exchange(&mut scene);
    goodbye(&mut scene);
    assert_eq!(ids(&story(&scene.finish(200))), ["S01", "R04"]);
}

#[test]
fn s02_two_hiccups_are_summed_up() {
    let mut scene = two();
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen).lost(Client, syn());
    scene.at(1_000).sent(Client, syn().again(), P::SynSent, Rule::Timeout);
    scene.at(1_010).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(1_020).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    scene.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);
    scene.at(1_030).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    let data = seg("ACK", 1).ack(1).data(b"hello");
    scene.at(1_050).sent(Client, data, P::Established, Rule::SendText).lost(Client, data);
    scene.at(1_250).sent(Client, data.again(), P::Established, Rule::Timeout);
    scene.at(1_260).got(Server, data, P::Established, Rule::Text);
    let story = story(&scene.finish(1_300));
    assert_eq!(ids(&story), ["S02", "H02", "D01", "C14"]);
    let lines = story.lines(Lang::En, 100);
    assert_eq!(lines[0], "S02 Fine overall: 2 hiccups cost 1.2 s in total.");
    assert!(lines.len() <= 3, "{lines:?}");
}
