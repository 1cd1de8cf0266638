use super::*;
use crate::{MemoryConfig, MemoryLink};

const CLEAN: Faults =
    Faults { lose_per_mille: 0, duplicate_per_mille: 0, reorder_per_mille: 0, reorder_by: 0 };

fn link(seed: u64, inbound: Faults, outbound: Faults) -> (Lossy<MemoryLink>, MemoryLink) {
    let (near, far) = MemoryLink::pair(MemoryConfig { queue: 10_000, ..MemoryConfig::default() });
    (Lossy::new(near, seed, inbound, outbound), far)
}

fn send(device: &mut impl Device, numbers: std::ops::Range<u32>) {
    for number in numbers {
        device.send(&Outgoing::plain(&number.to_be_bytes())).expect("room");
    }
    device.flush().expect("room");
}

fn read(device: &mut impl Device) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Some(packet) = device.receive(&mut []).expect("the link is whole") {
        numbers.push(u32::from_be_bytes(packet.octets.try_into().expect("four octets")));
    }
    numbers
}

#[test]
fn without_faults_it_is_the_device() {
    let (mut near, mut far) = link(1, CLEAN, CLEAN);
    send(&mut near, 0..100);
    send(&mut far, 0..100);
    assert!(read(&mut far).into_iter().eq(0..100));
    assert!(read(&mut near).into_iter().eq(0..100));
    assert_eq!(near.outbound(), Tally { packets: 100, ..Tally::default() });
}

#[test]
fn each_direction_loses_about_what_was_asked_for() {
    let faults = Faults { lose_per_mille: 50, ..CLEAN };
    let (mut near, mut far) = link(2, faults, faults);
    send(&mut near, 0..10_000);
    send(&mut far, 0..10_000);
    let (sent, received) = (read(&mut far), read(&mut near));
    assert!(sent.is_sorted() && received.is_sorted(), "nothing is overtaken");
    assert_ne!(sent, received, "the directions have dice of their own");
    for (arrived, tally) in [(sent.len(), near.outbound()), (received.len(), near.inbound())] {
        assert_eq!(arrived as u64, 10_000 - tally.lost);
        assert!((400..600).contains(&tally.lost), "{tally:?}");
    }
}

#[test]
fn a_repeated_packet_arrives_twice() {
    let faults = Faults { duplicate_per_mille: 1000, ..CLEAN };
    let (mut near, mut far) = link(3, faults, faults);
    send(&mut near, 0..2);
    send(&mut far, 0..2);
    assert_eq!(read(&mut far), [0, 0, 1, 1]);
    assert_eq!(read(&mut near), [0, 0, 1, 1]);
}

#[test]
fn an_overtaken_packet_is_late_but_not_lost() {
    let faults = Faults { reorder_per_mille: 200, reorder_by: 3, ..CLEAN };
    let (mut near, mut far) = link(4, faults, faults);
    send(&mut near, 0..1000);
    send(&mut far, 0..1000);
    for (numbers, tally) in [(read(&mut far), near.outbound()), (read(&mut near), near.inbound())] {
        assert!(!numbers.is_sorted(), "{tally:?}");
        let by = |(place, &number): (usize, &u32)| (place as i64 - i64::from(number)).unsigned_abs();
        let worst = numbers.iter().enumerate().map(by).max();
        assert!(worst.is_some_and(|by| (1..20).contains(&by)), "{worst:?}");
        let mut sorted = numbers;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..1000));
    }
}

#[test]
fn the_last_packet_is_not_held_past_its_burst() {
    let faults = Faults { reorder_per_mille: 1000, reorder_by: 9, ..CLEAN };
    let (mut near, mut far) = link(5, faults, faults);
    send(&mut far, 0..1);
    assert_eq!(read(&mut near), [0]);
    near.send(&Outgoing::plain(&0_u32.to_be_bytes())).expect("room");
    assert_eq!(read(&mut far), [], "held until the burst ends");
    near.flush().expect("room");
    assert_eq!(read(&mut far), [0]);
}

#[test]
fn the_same_seed_gives_the_same_faults_and_another_gives_others() {
    let faults = Faults { lose_per_mille: 50, duplicate_per_mille: 50, reorder_per_mille: 50, reorder_by: 5 };
    let run = |seed| {
        let (mut near, mut far) = link(seed, CLEAN, faults);
        send(&mut near, 0..1000);
        read(&mut far)
    };
    assert_eq!(run(6), run(6));
    assert_ne!(run(6), run(7));
}

#[test]
fn changing_one_chance_changes_no_other_fault() {
    let lost = |duplicate_per_mille| {
        let (mut near, mut far) =
            link(8, CLEAN, Faults { lose_per_mille: 100, duplicate_per_mille, ..CLEAN });
        send(&mut near, 0..1000);
        let mut arrived = read(&mut far);
        arrived.dedup();
        arrived
    };
    assert_eq!(lost(0), lost(500));
}

#[test]
fn a_full_device_blocks_and_loses_nothing_by_itself() {
    let (near, mut far) = MemoryLink::pair(MemoryConfig { queue: 1, ..MemoryConfig::default() });
    let faults = Faults { duplicate_per_mille: 1000, ..CLEAN };
    let mut near = Lossy::new(near, 9, CLEAN, faults);
    near.send(&Outgoing::plain(&7_u32.to_be_bytes())).expect("room");
    assert!(!near.has_room());
    let refused = near.send(&Outgoing::plain(&8_u32.to_be_bytes())).map_err(|e| e.kind());
    assert_eq!(refused, Err(io::ErrorKind::WouldBlock));
    assert_eq!(read(&mut far), [7]);
    near.flush().expect("room for the copy");
    assert_eq!(read(&mut far), [7]);
    assert!(near.has_room());
}
