//! Capture files to events and stories: formats, links, damage, and whose packet is whose.

#[path = "capture/file.rs"]
mod file;
#[path = "capture/talk.rs"]
mod talk;

use cordial_explain::capture::{
    Capture, CaptureError, DamageKind, FlowLimits, Looks, Reader, explain_capture,
};
use cordial_explain::{Level, Story};
use cordial_tcp::{CloseCause, Phase};
use cordial_trace::Event;
use cordial_trace::event::{Segment, SumState, What};
use file::{Block, Form, PCAP, PCAPNG, Packet, TAGGED, block, file, framed, head, name_block, record};
use talk::Talk;

fn events(file: &[u8]) -> Vec<Event> {
    read(Capture::new(file).expect("a capture")).1
}

fn read(mut capture: Capture<&[u8]>) -> (Capture<&[u8]>, Vec<Event>) {
    let mut events = Vec::new();
    while capture.next(&mut events).expect("memory can be read") {}
    (capture, events)
}

fn segments(events: &[Event]) -> Vec<Segment> {
    let segment = |event: &Event| match event.what {
        What::Segment { segment, .. } => Some(segment),
        _ => None,
    };
    events.iter().filter_map(segment).collect()
}

fn pcap(packets: &[Packet]) -> Vec<u8> {
    file(PCAP, 101, packets, 65_535)
}

fn stories(packets: &[Packet]) -> Vec<Story> {
    explain_capture(&pcap(packets)[..]).expect("a capture")
}

fn states(event: &Event) -> [Option<Phase>; 2] {
    event.ends.map_or([None; 2], |ends| [ends.client.after, ends.server.after])
}

fn starts(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event.what, What::Started { .. })).count()
}

#[test]
fn every_form_and_every_link_says_the_same() {
    let ng = |big, block, resolution, offset| Form::PcapNg { big, block, resolution, offset };
    let forms = [
        Form::Pcap { big: false, nanos: false },
        Form::Pcap { big: true, nanos: false },
        Form::Pcap { big: false, nanos: true },
        Form::Pcap { big: true, nanos: true },
        ng(false, Block::Enhanced, None, 0),
        ng(true, Block::Enhanced, Some(9), 0),
        ng(false, Block::Enhanced, Some(0x80 | 30), 0),
        ng(true, Block::Enhanced, None, 1_000_000_000),
        ng(false, Block::Enhanced, Some(6), -7_200),
        ng(true, Block::Old, None, 0),
        ng(false, Block::Old, Some(9), 0),
    ];
    for talk in [Talk::v4().whole(), Talk::v6().whole()] {
        let plain = events(&pcap(&talk.packets));
        assert_eq!((plain.len(), starts(&plain)), (talk.packets.len() + 2, 1));
        for form in forms {
            for link in [0, 1, 101, 108, 113, 276, TAGGED] {
                let mut told = events(&file(form, link, &talk.packets, 65_535));
                for event in &mut told {
                    if let What::Segment { segment: Segment { on_wire: Some(wire), .. }, .. } =
                        &mut event.what
                    {
                        assert_eq!(wire.vlan.take(), (link == TAGGED).then_some(77));
                    }
                }
                assert_eq!(told, plain, "{form:?}, link {link}");
            }
        }
    }
}

#[test]
fn a_healthy_connection_is_healthy() {
    let stories = stories(&Talk::v4().whole().packets);
    assert_eq!(stories.len(), 1);
    assert_eq!(stories[0].level(), Level::Ok, "{stories:#?}");
}

#[test]
fn both_ends_are_inferred_step_by_step() {
    use Phase as P;
    let events = events(&pcap(&Talk::v4().whole().packets));
    let seen: Vec<_> = events.iter().filter(|event| event.ends.is_some()).map(states).collect();
    let both = |client, server| [Some(client), Some(server)];
    assert_eq!(
        seen[..3],
        [
            [Some(P::SynSent), None],
            both(P::Established, P::SynReceived),
            both(P::Established, P::Established),
        ]
    );
    assert_eq!(
        seen[7..],
        [
            both(P::FinWait1, P::CloseWait),
            both(P::FinWait2, P::CloseWait),
            both(P::TimeWait, P::LastAck),
            both(P::TimeWait, P::Closed),
            both(P::TimeWait, P::Closed),
        ]
    );
    let last = events.last().expect("the end");
    assert_eq!(last.what, What::Closed { cause: Some(CloseCause::Graceful) });
}

#[test]
fn a_file_cut_anywhere_gives_what_came_before() {
    let talk = Talk::v4().whole();
    for form in [PCAP, PCAPNG] {
        let whole = file(form, 1, &talk.packets, 65_535);
        let all = segments(&events(&whole));
        let begins = head(form, 1).len();
        for len in 24..whole.len() {
            let (capture, events) = read(Capture::new(&whole[..len]).expect("a capture"));
            let some = segments(&events);
            assert_eq!(some[..], all[..some.len()], "{form:?} cut at {len}");
            let damage = capture.damage();
            assert!(damage.is_none_or(|it| it.kind == DamageKind::CutOff && it.offset <= len as u64));
            let is_between = len == begins || events.iter().any(|_| capture.offset() == len as u64);
            assert_eq!(
                damage.is_none(),
                is_between || capture.offset() == len as u64,
                "{form:?} cut at {len}"
            );
        }
    }
}

#[test]
fn a_length_that_cannot_be_ends_the_reading() {
    let talk = Talk::v4().whole();
    for (form, place) in [(PCAP, 8), (PCAPNG, 4)] {
        let mut whole = head(form, 101);
        let records: Vec<Vec<u8>> =
            talk.packets.iter().map(|packet| record(form, packet.micros, &packet.ip(), 65_535)).collect();
        let before: usize = whole.len() + records[..4].iter().map(Vec::len).sum::<usize>();
        records.iter().for_each(|record| whole.extend(record));
        whole[before + place..before + place + 4].copy_from_slice(&[0xff; 4]);
        let (capture, events) = read(Capture::new(&whole[..]).expect("a capture"));
        let damage = capture.damage().expect("it is damaged");
        assert_eq!((damage.kind, damage.offset), (DamageKind::Length, before as u64));
        assert_eq!(segments(&events).len(), 4);
    }
}

#[test]
fn a_block_that_contradicts_itself_is_skipped() {
    let talk = Talk::v4().whole();
    let mut whole = head(PCAPNG, 101);
    for (n, packet) in talk.packets.iter().enumerate() {
        let mut record = record(PCAPNG, packet.micros, &packet.ip(), 65_535);
        if n == 4 {
            // More octets captured than the block holds.
            record[20..24].copy_from_slice(&60_000_u32.to_le_bytes());
        }
        whole.extend(record);
    }
    let (capture, events) = read(Capture::new(&whole[..]).expect("a capture"));
    assert_eq!(capture.damage().map(|damage| damage.kind), Some(DamageKind::Block));
    assert_eq!(segments(&events).len(), talk.packets.len() - 1);
}

#[test]
fn sections_follow_each_other_and_blocks_that_hold_no_packet_are_passed_over() {
    let mut talk = Talk::v4();
    let first = talk.handshake().packets.split_off(0);
    let second = talk.exchange().goodbye().packets.split_off(0);
    let mut whole = file(PCAPNG, 101, &first, 65_535);
    whole.extend(block(false, 5, &[0; 20]));
    whole.extend(block(false, 0x0000_0bad, b"something"));
    whole.extend(name_block([10, 0, 0, 1], b"server"));
    let big = Form::PcapNg { big: true, block: Block::Enhanced, resolution: Some(9), offset: 0 };
    whole.extend(file(big, 1, &second, 65_535));
    let (capture, events) = read(Capture::new(&whole[..]).expect("a capture"));
    assert_eq!(capture.damage(), None);
    assert_eq!((starts(&events), segments(&events).len()), (1, first.len() + second.len()));
    let names = capture.names().expect("pcapng has names");
    assert_eq!(names.get(&"10.0.0.1".parse().expect("an address")).map(String::as_str), Some("server"));
    let interfaces: Vec<u32> =
        segments(&events).iter().filter_map(|segment| Some(segment.on_wire?.interface)).collect();
    assert_eq!((interfaces[0], interfaces[4]), (0, 1), "counted over the whole file");
}

#[test]
fn what_was_cut_off_is_counted_as_if_it_were_there() {
    let mut talk = Talk::v4();
    talk.handshake().at(20).client("ACK", 1, 1, &"x".repeat(1_000)).at(30).server("ACK", 1, 1_001, "");
    // The fixed headers and the first option.
    let told = segments(&events(&file(PCAP, 101, &talk.packets, 44)));
    let cut = told[0].on_wire.expect("it was captured");
    assert!(cut.header_cut && told[0].options.mss == Some(1_460) && told[0].options.window_scale.is_none());
    assert_eq!((told[3].payload_len, told[3].end().since(told[3].seq)), (1_000, 1_000));
    let data = told[3].on_wire.expect("it was captured");
    assert_eq!((data.missing, data.ip_len, data.header_cut), (996, 1_040, false));
    assert_eq!(data.checksum, SumState::Unknown);
    assert!(!told[4].again);
}

#[test]
fn a_checksum_is_good_bad_or_left_to_the_card() {
    let talk = Talk::v4().whole();
    let state = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut ip = talk.packets[3].ip();
        change(&mut ip);
        let whole = [head(PCAP, 101), record(PCAP, 0, &ip, 65_535)].concat();
        segments(&events(&whole))[0].on_wire.expect("it was captured").checksum
    };
    assert_eq!(state(&|_| ()), SumState::Good);
    assert_eq!(state(&|ip| ip[44] ^= 1), SumState::Bad);
    let pseudo = cordial_wire::checksum::Sum::pseudo_v4([10, 0, 0, 2], [10, 0, 0, 1], 6, 25);
    assert_eq!(state(&|ip| ip[36..38].copy_from_slice(&pseudo.fold().to_be_bytes())), SumState::PseudoOnly);
}

#[test]
fn a_resend_names_its_original_and_a_late_one_is_none() {
    let mut talk = Talk::v4();
    talk.handshake();
    talk.at(20).client("ACK", 1, 1, "aaaaa").client("ACK", 11, 1, "ccccc");
    talk.at(21).client("ACK", 6, 1, "bbbbb");
    talk.at(400).client("ACK", 6, 1, "bbbbbccccc").client("ACK", 11, 1, "ccccc");
    let told = segments(&events(&pcap(&talk.packets)));
    let again: Vec<bool> = told.iter().map(|segment| segment.again).collect();
    assert_eq!(again, [false, false, false, false, false, false, true, true]);
    assert_eq!(told[7].copy_of, Some(told[4].id), "ccccc");
    assert_eq!(told[5].rel, (6, Some(1)), "numbers wrap and are still counted from 0");
}

#[test]
fn ports_used_again_are_another_connection_that_knows_its_predecessor() {
    let mut talk = Talk::v4().whole();
    talk.at(2_000).again(9_000, 70_000).handshake().exchange().goodbye();
    let events = events(&pcap(&talk.packets));
    assert_eq!(starts(&events), 2);
    let before = events.iter().rev().find_map(|event| match event.what {
        What::Started { before, .. } => Some(before),
        _ => None,
    });
    let before = before.flatten().expect("it had a predecessor");
    assert_eq!((before.group.0, before.client.state), (1, Some(Phase::TimeWait)));
    assert_eq!(before.client.next.map(|next| next.0), Some(talk::CLIENT_ISS.wrapping_add(7)));
    assert_eq!(stories(&talk.packets).len(), 2);
}

#[test]
fn a_forgotten_connection_gives_way_to_the_new_one() {
    let mut talk = Talk::v4();
    talk.handshake().exchange();
    // The client has restarted: its SYN is answered with the old numbers.
    let mut new = talk.clone();
    new.at(5_000).again(9_000, talk::SERVER_ISS).client("SYN", 0, 0, "");
    talk.packets = new.packets;
    talk.at(5_010).server("ACK", 15, 6, "");
    talk.at(5_011).again(talk::CLIENT_ISS, 0).client("RST", 6, 0, "");
    talk.at(6_000).again(9_000, 70_000).client("SYN", 0, 0, "").at(6_010).server("SYN+ACK", 0, 1, "");
    talk.at(6_011).client("ACK", 1, 1, "");
    let events = events(&pcap(&talk.packets));
    assert_eq!(starts(&events), 2);
    let last = segments(&events).len() - 1;
    assert_eq!(segments(&events)[last].rel, (1, Some(1)));
    let group = |event: &&Event| event.group.0 == 2 && matches!(event.what, What::Segment { .. });
    assert_eq!(events.iter().filter(group).count(), 6, "what waited belongs to the new one");
}

#[test]
fn a_stray_syn_is_part_of_the_connection_that_lives_on() {
    let mut talk = Talk::v4();
    talk.handshake();
    let real = talk.clone();
    talk.at(50).again(77_777, talk::SERVER_ISS).client("SYN", 0, 0, "");
    let strayed = talk.packets.pop().expect("the SYN");
    talk = real;
    talk.packets.push(strayed);
    talk.at(51).server("ACK", 1, 1, "");
    talk.at(60).exchange().goodbye();
    let events = events(&pcap(&talk.packets));
    assert_eq!(starts(&events), 1);
    let last = events.last().expect("the end");
    assert_eq!(last.what, What::Closed { cause: Some(CloseCause::Graceful) });
}

#[test]
fn a_reset_with_a_wrong_number_ends_nothing() {
    let mut talk = Talk::v4();
    talk.handshake().exchange();
    talk.at(100).client("RST", 5_000, 0, "").at(101).server("ACK", 15, 6, "");
    talk.at(110).goodbye();
    let events = events(&pcap(&talk.packets));
    let last = events.last().expect("the end");
    assert_eq!(last.what, What::Closed { cause: Some(CloseCause::Graceful) });

    let mut talk = Talk::v4();
    talk.handshake().exchange().at(100).client("RST", 6, 0, "");
    let last = self::events(&pcap(&talk.packets)).pop().expect("the end");
    assert_eq!(last.what, What::Closed { cause: Some(CloseCause::Reset) });
}

#[test]
fn what_is_captured_twice_is_told_once() {
    let talk = Talk::v4().whole();
    let twice: Vec<Packet> = talk
        .packets
        .iter()
        .flat_map(|packet| [packet.clone(), Packet { micros: packet.micros + 3, ttl: 63, ..packet.clone() }])
        .collect();
    let file = pcap(&twice);
    let (capture, events) = read(Capture::new(&file[..]).expect("a capture"));
    let told = segments(&events);
    assert_eq!(told.len(), talk.packets.len());
    assert!(told.iter().all(|segment| !segment.again));
    assert_eq!(capture.counts().copies, talk.packets.len() as u64);
    let copies: Vec<u8> = told.iter().filter_map(|segment| Some(segment.on_wire?.copies)).collect();
    assert_eq!((copies[0], copies[1], copies[9]), (0, 1, 1), "each tells of the one before");
}

/// Without IP identifications a resend looks like a copy; what the other end said meanwhile tells them apart.
#[test]
fn a_resend_that_was_asked_for_is_no_copy() {
    let asked = |is_asked: bool| {
        let mut talk = Talk::v6();
        talk.handshake().at(30).server("ACK", 1, 1, "first").server("ACK", 6, 1, "second");
        if is_asked {
            talk.at(31).client("ACK", 1, 1, "");
        }
        talk.at(32).server("ACK", 1, 1, "first").at(33).client("ACK", 1, 12, "");
        let file = pcap(&talk.packets);
        let (capture, events) = read(Capture::new(&file[..]).expect("a capture"));
        let again = segments(&events).iter().filter(|segment| segment.again).count();
        (again, capture.counts().copies)
    };
    assert_eq!(asked(true), (1, 0));
    assert_eq!(asked(false), (0, 1));
}

#[test]
fn a_duplicate_acknowledgment_is_no_copy() {
    let mut talk = Talk::v6();
    talk.handshake();
    for _ in 0..4 {
        talk.server("ACK", 1, 1, "");
    }
    assert_eq!(segments(&events(&pcap(&talk.packets))).len(), 7);
}

#[test]
fn a_capture_that_begins_midway_knows_both_ends_are_open() {
    let mut talk = Talk::v4();
    talk.handshake().exchange().goodbye();
    let rest = talk.packets.split_off(5);
    let events = events(&pcap(&rest));
    assert_eq!(starts(&events), 1);
    let told = segments(&events);
    assert_eq!(told[0].id.sender, cordial_trace::event::Side::Server, "the lower port serves");
    assert_eq!(states(&events[1]), [Some(Phase::Established); 2]);
    let last = events.last().expect("the end");
    assert_eq!(last.what, What::Closed { cause: Some(CloseCause::Graceful) });
}

#[test]
fn too_many_at_once_are_told_early_the_quiet_ones_first() {
    let mut packets = Vec::new();
    for n in 0..10 {
        let mut talk = Talk::between(&format!("10.0.0.2:{}", 2_000 + n), "10.0.0.1:80");
        packets.extend(talk.at(n * 100).handshake().packets.split_off(0));
    }
    let file = pcap(&packets);
    let reader = Reader::new(&file[..]).expect("a capture");
    let limits = FlowLimits { connections: 4, ..FlowLimits::default() };
    let (capture, events) = read(Capture::with_limits(reader, limits));
    let closed: Vec<u32> = events
        .iter()
        .filter(|event| matches!(event.what, What::Closed { .. }))
        .map(|event| event.group.0)
        .collect();
    assert_eq!(closed, (1..=10).collect::<Vec<u32>>());
    assert_eq!((capture.counts().told_early, capture.counts().connections), (6, 10));
}

#[test]
fn what_comes_after_the_story_is_only_counted() {
    let mut talk = Talk::v4().whole();
    // Long after the end, but within twice the life of a segment.
    talk.at(60_000).server("FIN+ACK", 15, 7, "");
    let file = pcap(&talk.packets);
    let (capture, events) = read(Capture::new(&file[..]).expect("a capture"));
    assert_eq!((starts(&events), capture.counts().late), (1, 1));
}

#[test]
fn an_icmp_error_belongs_to_the_segment_it_quotes() {
    let mut talk = Talk::v4();
    talk.client("SYN", 0, 0, "");
    let quoted = talk.packets[0].ip();
    let error = etherparse::PacketBuilder::ipv4([10, 0, 0, 254], [10, 0, 0, 2], 64).icmpv4_raw(3, 1, [0; 4]);
    let mut octets = Vec::new();
    error.write(&mut octets, &quoted[..28]).expect("memory takes everything");
    let whole = [pcap(&talk.packets), record(PCAP, 5_000, &octets, 65_535)].concat();
    let events = events(&whole);
    assert!(events.iter().any(|event| event.what == What::Icmp { kind: 3, code: 1 }), "{events:#?}");
}

#[test]
fn fragments_and_strangers_are_counted() {
    let ip = Talk::v4().whole().packets[3].ip();
    let mut second = ip.clone();
    second[7] = 5;
    let udp = {
        let mut octets = Vec::new();
        let builder = etherparse::PacketBuilder::ipv4([1, 1, 1, 1], [2, 2, 2, 2], 9).udp(1, 2);
        builder.write(&mut octets, b"x").expect("memory takes everything");
        octets
    };
    let arp = [&[2; 12][..], &[8, 6], &[0; 28]].concat();
    let frames = [framed(1, &second), framed(1, &udp), arp, framed(1, &ip[..25]), vec![1, 2, 3]];
    let mut whole = head(PCAP, 1);
    frames.iter().for_each(|frame| whole.extend(record(PCAP, 0, frame, 65_535)));
    let (capture, events) = read(Capture::new(&whole[..]).expect("a capture"));
    let counts = capture.counts();
    assert_eq!((counts.fragments, counts.other, counts.unreadable), (1, 2, 2));
    assert!(events.is_empty());
    let odd = [head(PCAP, 147), record(PCAP, 0, &ip, 65_535)].concat();
    assert_eq!(read(Capture::new(&odd[..]).expect("a capture")).0.counts().unknown_link, 1);
}

#[test]
fn what_is_no_capture_is_told_apart() {
    let looks = |octets: &[u8]| match Capture::new(octets) {
        Err(CaptureError::NotACapture(looks)) => looks,
        other => panic!("{other:?}"),
    };
    assert_eq!(looks(b""), Looks::Empty);
    assert_eq!(looks(&[0x1f, 0x8b, 8, 0, 0]), Looks::Gzip);
    assert_eq!(looks(b"12:00:00.000 IP 10.0.0.1 > 10.0.0.2"), Looks::Text);
    assert_eq!(looks("抓包文件".as_bytes()), Looks::Text);
    assert_eq!(looks(&[0; 100]), Looks::Unknown);
    assert_eq!(looks(&[0xd4, 0xc3, 0xb2]), Looks::Unknown);
}

/// Numbers wrap twice over; positions do not.
#[test]
fn more_than_four_gibibytes_are_counted_on() {
    const STEP: u32 = 1 << 29;
    let mut talk = Talk::v4();
    talk.handshake();
    let mut sent = 1_u64;
    for i in 0..20 {
        // One octet, then a leap that nobody saw and that is acknowledged.
        talk.at(20 + 10 * i).client("ACK", sent as u32, 1, "x");
        sent += u64::from(STEP);
        talk.at(21 + 10 * i).server("ACK", 1, sent as u32, "");
    }
    let end = sent;
    talk.at(300).client("FIN+ACK", end as u32, 1, "").at(310).server("FIN+ACK", 1, end as u32 + 1, "");
    talk.at(311).client("ACK", end as u32 + 1, 2, "");
    let told = segments(&events(&pcap(&talk.packets)));
    let fin = told[told.len() - 3];
    assert_eq!(fin.rel, (end, Some(1)));
    assert_eq!(told[told.len() - 2].rel, (1, Some(end + 1)));
    assert!(told.windows(2).all(|pair| pair[0].id.sender != pair[1].id.sender || pair[0].rel <= pair[1].rel));
    let stories = stories(&talk.packets);
    let ids: Vec<&str> =
        stories.iter().flat_map(|story| &story.verdicts).map(|verdict| verdict.id()).collect();
    assert_eq!(ids, ["S01", "X02"], "healthy, though the capture missed most of it");
}
