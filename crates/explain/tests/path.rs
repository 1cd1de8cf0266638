//! What is said of connections with a path in front of the end that tells: the path knows what it did.

#[path = "../../trace/tests/common/mod.rs"]
mod common;

use common::*;
use cordial_explain::record::Record;
use cordial_explain::{Explainer, Story};
use cordial_stack::Call;
use cordial_tcp::{CloseCause, Phase as P, Rule};
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::event::{FAULT, Fate};
use cordial_trace::{Event, Header, JsonLines, Lang, Source, Vantage};

fn story(events: &[Event]) -> Story {
    let mut explainer = Explainer::new();
    let mut stories: Vec<Story> = events.iter().filter_map(|event| explainer.event(event)).collect();
    assert_eq!(stories.len(), 1, "one connection, one story: {events:#?}");
    stories.remove(0)
}

fn ids(story: &Story) -> Vec<&'static str> {
    story.verdicts.iter().map(cordial_explain::Verdict::id).collect()
}

/// A record written and read back.
fn read_back(events: &[Event]) -> Vec<Event> {
    let header = Header { title: "test".into(), source: Source::Live, seed: None };
    let mut lines = JsonLines::new(Vec::new(), &header).expect("memory");
    events.iter().for_each(|event| lines.event(event).expect("memory"));
    let text = lines.into_inner();
    let mut record = Record::new(&text[..]).expect("a record");
    let mut events = Vec::new();
    while record.next(&mut events).expect("memory can be read") {}
    events
}

/// What is said, in one line, now and when the record is read back; the same in both cases.
#[track_caller]
fn said(scene: &mut Scene, until: u64) -> (Vec<&'static str>, String) {
    let events = scene.finish(until);
    let told = story(&events);
    let again = story(&read_back(&events));
    assert_eq!(ids(&told), ids(&again), "a record says the same");
    assert!(told.lines(Lang::Zh, 100).iter().all(|line| !line.contains('{')));
    (ids(&told), told.lines(Lang::En, 200).join(" "))
}

#[test]
fn a_syn_that_the_path_lost_is_known_to_be_lost() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).path(Client, syn(), &[(Fate::Lost, "drop 1st syn")], FAULT);
    scene.at(1_000).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(1_001).got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    goodbye_from(&mut scene, 1_010);
    let (ids, text) = said(&mut scene, 2_000);
    assert_eq!(ids, ["H02"]);
    assert!(text.starts_with("H02 The first SYN got no answer; try 2 worked."), "{text}");
}

/// Both say goodbye, the client first.
fn goodbye_from(scene: &mut Scene, at: u64) {
    scene.at(at).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2), P::LastAck, Rule::SendFin);
    scene.at(at + 1).got(Server, seg("ACK", 2).ack(2), P::Closed, Rule::FinAcked);
    scene.ended(Server, CloseCause::Graceful);
}

#[test]
fn a_last_ack_of_the_peers_that_the_path_lost_is_certain() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    scene.at(100).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2), P::LastAck, Rule::SendFin);
    scene.at(101).path(Client, seg("ACK", 2).ack(2), &[(Fate::Lost, "drop last ack")], FAULT);
    scene.at(300).timer(Server, P::LastAck, Rule::Timeout);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2).again(), P::LastAck, Rule::Timeout);
    scene.at(301).got(Server, seg("ACK", 2).ack(2), P::Closed, Rule::FinAcked);
    scene.ended(Server, CloseCause::Graceful);
    let (ids, text) = said(&mut scene, 400);
    assert_eq!(ids, ["C07"]);
    assert!(text.starts_with("C07 The last ACK got lost, so the server sent its FIN again."), "{text}");
}

#[test]
fn a_goodbye_whose_every_answer_was_lost_is_unanswered_and_nothing_else() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    scene.at(100).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.sent(Server, seg("FIN+ACK", 1).ack(2), P::LastAck, Rule::SendFin);
    for at in [101, 301] {
        scene.at(at).path(Client, seg("ACK", 2).ack(2), &[(Fate::Lost, "drop every last ack")], FAULT);
        scene.at(at + 199).timer(Server, P::LastAck, Rule::Timeout);
        scene.sent(Server, seg("FIN+ACK", 1).ack(2).again(), P::LastAck, Rule::Timeout);
    }
    let (ids, text) = said(&mut scene, 600);
    assert_eq!(ids, ["C09"], "{text}");
}

#[test]
fn the_answer_to_the_first_goodbye_is_not_the_last_ack() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    let data = seg("PSH+ACK", 1).ack(2).data(b"x");
    scene.at(100).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    scene.sent(Server, data, P::CloseWait, Rule::SendText);
    scene.path(Server, data, &[(Fate::Lost, "blackhole >40")], FAULT);
    scene.at(300).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
    let (ids, text) = said(&mut scene, 400);
    assert!(!ids.contains(&"C07"), "{text}");
}

#[test]
fn a_reset_that_the_path_made_up_is_nobodys() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    scene.at(100).path(Server, seg("RST", 1), &[(Fate::Forged, "rst after 1MB")], FAULT);
    scene.path(Client, seg("RST", 1), &[(Fate::Forged, "rst after 1MB")], FAULT);
    scene.at(101).got(Server, seg("RST", 1), P::Closed, Rule::Reset);
    scene.ended(Server, CloseCause::Reset);
    // What was under way when it broke.
    scene.path(Client, seg("ACK", 1).ack(1), &[(Fate::Lost, "rst after 1MB")], FAULT);
    let (ids, text) = said(&mut scene, 400);
    assert_eq!(ids[0], "R01");
    assert!(
        text.starts_with("R01 Neither end sent this reset: it was made up on the way between them."),
        "{text}"
    );
    assert!(!ids.contains(&"R04") && !ids.contains(&"R02"), "{text}");
}
