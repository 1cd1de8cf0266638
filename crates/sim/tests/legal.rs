//! What the checker of segments objects to. No engine of ours says what no host may, so that is written by hand.

use cordial_sim::oracle::legal::{Checker, Sight};
use cordial_trace::Lang;
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

const A: &str = "10.0.0.2:5000";
const B: &str = "10.0.0.1:80";

/// Two hosts whose segments are written by hand, numbers relative to 1,000 and 5,000.
struct Scene {
    checker: Checker,
}

fn seg(flags: Flags, seq: u32, ack: u32) -> Segment<'static> {
    Segment { flags, seq: SeqNum(seq), ack_number: SeqNum(ack), window: 1_000, ..Segment::default() }
}

fn syn() -> Segment<'static> {
    let options = Options { mss: Some(1_000), ..Options::default() };
    Segment { options, ..seg(Flags::SYN, 1_000, 0) }
}

fn syn_ack() -> Segment<'static> {
    let options = Options { mss: Some(1_000), ..Options::default() };
    Segment { options, ..seg(Flags::SYN | Flags::ACK, 5_000, 1_001) }
}

const ACK: Flags = Flags::ACK;

fn sight<'a>(from: &str, to: &str, segment: &Segment<'a>) -> Sight<'a> {
    Sight { from: from.parse().unwrap(), to: to.parse().unwrap(), segment: *segment, is_whole: true }
}

impl Scene {
    /// After a handshake.
    fn open() -> Self {
        Self::after(syn(), syn_ack())
    }

    fn after(syn: Segment<'_>, syn_ack: Segment<'_>) -> Self {
        let mut scene = Self { checker: Checker::default() };
        scene.passes(A, &syn);
        scene.passes(B, &syn_ack);
        let timestamps = syn_ack.options.timestamps.map(|its| Timestamps { value: 11, echo: its.value });
        let options = Options { timestamps, ..Options::default() };
        scene.passes(A, &Segment { options, ..seg(ACK, 1_001, 5_001) });
        scene
    }

    /// A segment is sent and arrives; what is wrong with it.
    #[track_caller]
    fn passes(&mut self, from: &str, segment: &Segment<'_>) {
        assert_eq!(self.sends(from, segment), None);
        self.arrives(from, segment);
    }

    fn sends(&mut self, from: &str, segment: &Segment<'_>) -> Option<String> {
        let to = if from == A { B } else { A };
        let sight = sight(from, to, segment);
        self.checker.leaves(&sight).map(|violation| violation.text(Lang::En))
    }

    fn arrives(&mut self, from: &str, segment: &Segment<'_>) {
        let to = if from == A { B } else { A };
        let sight = sight(from, to, segment);
        self.checker.arrives(&sight);
    }
}

#[track_caller]
fn assert_wrong(scene: &mut Scene, from: &str, segment: &Segment<'_>, words: &str) {
    let said = scene.sends(from, segment).unwrap_or_default();
    assert!(said.contains(words), "wanted {words:?}, said {said:?}");
}

fn data(seq: u32, ack: u32, payload: &[u8]) -> Segment<'_> {
    Segment { payload, ..seg(ACK, seq, ack) }
}

#[test]
fn a_wrong_checksum() {
    let mut scene = Scene::open();
    let sight = Sight { is_whole: false, ..sight(A, B, &seg(ACK, 1_001, 5_001)) };
    let said = scene.checker.leaves(&sight).unwrap().text(Lang::En);
    assert!(said.contains("wrong checksum"), "{said}");
}

#[test]
fn numbers_that_leave_something_out() {
    let mut scene = Scene::open();
    scene.passes(A, &data(1_001, 5_001, b"abc"));
    assert_wrong(&mut scene, A, &data(1_005, 5_001, b"x"), "the next number after all it has sent is 1004");
    assert_wrong(&mut scene, A, &seg(ACK, 900, 5_001), "the next number");
    scene.passes(A, &data(1_004, 5_001, b"x"));
}

#[test]
fn a_connection_that_was_never_opened() {
    let mut scene = Scene { checker: Checker::default() };
    assert_wrong(&mut scene, A, &seg(ACK, 1, 1), "never opened");
}

#[test]
fn acknowledgments_of_what_has_not_come_and_that_go_back() {
    let mut scene = Scene::open();
    assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_002), "acknowledges what has not come");
    scene.passes(B, &data(5_001, 1_001, b"abc"));
    scene.passes(A, &seg(ACK, 1_001, 5_004));
    assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_003), "having acknowledged 5004");
    // Behind a hole.
    scene.arrives(B, &data(5_010, 1_001, b"abc"));
    assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_013), "acknowledges what has not come");
    assert_wrong(
        &mut scene,
        B,
        &Segment { ack_number: SeqNum(1_002), ..syn_ack() },
        "acknowledges what has not",
    );
}

#[test]
fn data_past_the_fin_and_a_fin_that_moves() {
    let mut scene = Scene::open();
    scene.passes(A, &Segment { flags: ACK | Flags::FIN, ..data(1_001, 5_001, b"abc") });
    assert_wrong(&mut scene, A, &data(1_005, 5_001, b"x"), "past its FIN");
    assert_wrong(
        &mut scene,
        A,
        &Segment { flags: ACK | Flags::FIN, ..data(1_001, 5_001, b"ab") },
        "past its FIN",
    );
    scene.passes(A, &Segment { flags: ACK | Flags::FIN, ..data(1_003, 5_001, b"c") });
    scene.passes(A, &seg(ACK, 1_005, 5_001));
}

#[test]
fn data_past_the_window_but_for_a_probe() {
    let mut scene = Scene::open();
    scene.passes(A, &data(1_001, 5_001, &[b'x'; 990]));
    assert_wrong(&mut scene, A, &data(1_991, 5_001, &[b'x'; 11]), "1 octets past the window");
    scene.passes(A, &data(1_991, 5_001, &[b'x'; 10]));
    // Only a window that is closed is probed, and with one octet.
    assert_wrong(&mut scene, A, &data(2_001, 5_001, b"x"), "1 octets past the window");
    scene.arrives(B, &Segment { window: 0, ..seg(ACK, 5_001, 2_001) });
    assert_wrong(&mut scene, A, &data(2_001, 5_001, b"xx"), "2 octets past the window");
    scene.passes(A, &data(2_001, 5_001, b"x"));
}

#[test]
fn a_window_that_shrinks() {
    let mut scene = Scene::open();
    assert_wrong(&mut scene, A, &Segment { window: 999, ..seg(ACK, 1_001, 5_001) }, "ended at 6001 before");
    scene.passes(B, &data(5_001, 1_001, b"abc"));
    scene.passes(A, &Segment { window: 997, ..seg(ACK, 1_001, 5_004) });
}

/// A reset of a connection before this one says nothing of this one.
#[test]
fn a_reset_clears_what_is_known_of_its_own_connection_only() {
    let mut scene = Scene::open();
    scene.passes(B, &data(5_001, 1_001, b"abc"));
    scene.passes(A, &seg(ACK, 1_001, 5_004));
    // Somebody asks after a connection of long ago, and is told that there is none.
    scene.arrives(B, &seg(ACK, 70, 800_000));
    assert_eq!(scene.sends(A, &seg(Flags::RST, 800_000, 0)), None);
    assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_003), "having acknowledged 5004");
}

/// A late cookie brings back what its server has reset: whoever accepts it says other things, from the beginning on.
#[test]
fn what_was_reset_and_comes_back_may_end_elsewhere() {
    let mut scene = Scene::open();
    let fin = |octets| Segment { flags: ACK | Flags::FIN, ..data(5_001, 1_001, octets) };
    scene.passes(B, &fin(b"abc"));
    assert_wrong(&mut scene, B, &fin(b"x"), "past its FIN");
    assert_eq!(scene.sends(B, &seg(Flags::RST, 5_005, 0)), None);
    scene.passes(B, &fin(b"x"));
    assert_wrong(&mut scene, B, &fin(b"xy"), "past its FIN");
}

/// What a reset that arrives has ended may come back too, and knows the beginning only.
#[test]
fn what_a_reset_reached_and_comes_back_has_heard_nothing() {
    let mut scene = Scene::open();
    scene.passes(B, &data(5_001, 1_001, b"abc"));
    scene.passes(A, &seg(ACK, 1_001, 5_004));
    scene.arrives(B, &seg(Flags::RST, 5_004, 0));
    scene.passes(A, &seg(ACK, 1_001, 5_002));
    assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_001), "having acknowledged 5002");
}

#[test]
fn other_octets_than_were_sent_first() {
    let mut scene = Scene::open();
    scene.passes(A, &data(1_001, 5_001, b"abc"));
    assert_wrong(&mut scene, A, &data(1_002, 5_001, b"bX"), "the octet at position 2");
    scene.passes(A, &data(1_002, 5_001, b"bcd"));
}

#[test]
fn more_than_the_other_end_takes() {
    let mut scene = Scene::open();
    assert_wrong(&mut scene, A, &data(1_001, 5_001, &[b'x'; 1_001]), "takes 1000");
    // Without the option a host takes 536 (RFC 9293 §3.7.1).
    let mut bare = Scene::after(syn(), Segment { options: Options::default(), ..syn_ack() });
    assert_wrong(&mut bare, A, &data(1_001, 5_001, &[b'x'; 537]), "takes 536");
}

#[test]
fn options_where_they_have_no_place() {
    let mut scene = Scene::open();
    let with = |options| Segment { options, ..seg(ACK, 1_001, 5_001) };
    let mss = Options { mss: Some(1_000), ..Options::default() };
    assert_wrong(&mut scene, A, &with(mss), "only a SYN may have");
    let timestamps = Options { timestamps: Some(Timestamps { value: 1, echo: 0 }), ..Options::default() };
    assert_wrong(&mut scene, A, &with(timestamps), "not agreed on");
    let mut sack = Options::default();
    sack.sack.push(SeqNum(5_001), SeqNum(5_002));
    assert_wrong(&mut scene, A, &with(sack), "not agreed on");
    let scaled = Options { window_scale: Some(7), ..Options::default() };
    let mut early = Scene { checker: Checker::default() };
    early.passes(A, &syn());
    assert_wrong(&mut early, B, &Segment { options: scaled, ..syn_ack() }, "not agreed on");
}

fn with_all(segment: Segment<'static>, value: u32, echo: u32) -> Segment<'static> {
    let timestamps = Some(Timestamps { value, echo });
    let options = Options { timestamps, sack_permitted: true, ..segment.options };
    Segment { options, ..segment }
}

fn timed(segment: Segment<'static>, value: u32, echo: u32) -> Segment<'static> {
    Segment {
        options: Options { timestamps: Some(Timestamps { value, echo }), ..Options::default() },
        ..segment
    }
}

#[test]
fn timestamps_that_are_missing_go_back_or_echo_nothing() {
    let mut scene = Scene::after(with_all(syn(), 10, 0), with_all(syn_ack(), 20, 10));
    let ack = || seg(ACK, 1_001, 5_001);
    assert_wrong(&mut scene, A, &ack(), "without the timestamp");
    assert_wrong(&mut scene, A, &timed(ack(), 9, 20), "its clock said 11 before");
    assert_wrong(&mut scene, A, &timed(ack(), 12, 21), "never told");
    scene.passes(A, &timed(ack(), 12, 20));
}

#[test]
fn blocks_of_what_has_not_come() {
    let mut scene = Scene::after(with_all(syn(), 10, 0), with_all(syn_ack(), 20, 10));
    let mut ahead = data(5_004, 1_001, b"abc");
    ahead.options.timestamps = Some(Timestamps { value: 21, echo: 11 });
    scene.arrives(B, &ahead);
    let block = |start, end| {
        let mut segment = timed(seg(ACK, 1_001, 5_001), 13, 21);
        segment.options.sack.push(SeqNum(start), SeqNum(end));
        segment
    };
    assert_wrong(&mut scene, A, &block(5_004, 5_008), "positions 5004 to 5008");
    scene.passes(A, &block(5_004, 5_007));
}

#[test]
fn flags_that_do_not_go_together() {
    let mut scene = Scene::open();
    assert_wrong(&mut scene, A, &seg(Flags::NONE, 1_001, 0), "without an ACK");
    assert_wrong(
        &mut scene,
        A,
        &Segment { flags: Flags::SYN | Flags::FIN, ..syn() },
        "a SYN with data or FIN",
    );
    let other = Options { mss: Some(999), ..Options::default() };
    assert_wrong(&mut scene, A, &Segment { options: other, ..syn() }, "with other options");
    scene.passes(A, &syn());
    assert_wrong(&mut scene, A, &Segment { flags: Flags::RST | Flags::FIN, ..syn() }, "a RST with");
}

#[test]
fn resets_that_answer_nothing() {
    let mut scene = Scene::open();
    let reset = |seq, ack| seg(if ack > 0 { Flags::RST | ACK } else { Flags::RST }, seq, ack);
    assert_wrong(&mut scene, A, &reset(1_002, 0), "answers nothing that came");
    assert_wrong(&mut scene, A, &reset(1_001, 5_003), "answers nothing that came");
    assert_eq!(scene.sends(A, &reset(1_001, 5_001)), None, "its own");
    // An answer to an ACK takes its number; one to a SYN acknowledges it.
    let mut closed = Scene { checker: Checker::default() };
    closed.arrives(B, &seg(ACK, 70, 80));
    assert_eq!(closed.sends(A, &reset(80, 0)), None);
    assert_wrong(&mut closed, A, &reset(81, 0), "answers nothing that came");
    closed.arrives(B, &seg(Flags::SYN, 70, 0));
    assert_eq!(closed.sends(A, &reset(0, 71)), None);
    assert_wrong(&mut closed, A, &reset(0, 70), "answers nothing that came");
}
