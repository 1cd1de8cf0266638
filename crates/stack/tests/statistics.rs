//! What is known of a connection: what passed on it, how its path looks, and how that reads.

mod common;

use std::sync::Arc;

use common::{Dealt, Lab, TestStack, Watch, ms, secs};
use cordial_stack::{CloseCause, Config, ConnId, Half, Info, Phase, Statistics, TcpConfig};

/// Two hosts that count.
fn counting() -> Lab {
    let count = |config: &mut Config| {
        config.tcp = Arc::new(TcpConfig { statistics: true, ..TcpConfig::default() });
    };
    Lab::with(count, count)
}

fn client(lab: &Lab, conn: ConnId) -> Info {
    lab.a.stack.info(conn).expect("it is held")
}

fn server(lab: &Lab, conn: ConnId) -> Info {
    lab.b.stack.info(conn).expect("it is held")
}

fn counts(info: &Info) -> Statistics {
    info.statistics.expect("they are kept")
}

/// A hundred thousand octets, one segment of them lost: both ends count the same, and what the wire saw.
/// Shows RFC9293-3.9.1.5-a.
#[test]
fn both_ends_count_what_the_wire_carries() {
    let mut lab = counting();
    let listener = lab.listen();
    let (a, b) = (lab.open(listener)).to_owned();
    lab.lose(|passing| passing.to_b && passing.nth == 12);
    let octets = vec![7; 100_000];
    assert_eq!(lab.transfer(a, b, &octets), octets);
    lab.run();
    lab.a.stack.shutdown(lab.now, a, Half::Write);
    lab.run_for(secs(1));
    let (sent, received) = (counts(&client(&lab, a)), counts(&server(&lab, b)));

    assert_eq!((sent.bytes_acked, received.bytes_received), (100_000, 100_000), "the FIN is no octet");
    assert_eq!((sent.retrans_segs, sent.bytes_retrans), (1, 1448), "{sent:?}");
    assert_eq!(sent.bytes_sent, 100_000 + sent.bytes_retrans);
    assert_eq!((sent.data_segs_out, received.data_segs_in), (71, 70), "70 full or last segments, one twice");
    let passed = |to_b| lab.ladder.lines.iter().filter(|line| line.to_b == to_b).count() as u64;
    assert_eq!(sent.segs_out, passed(true), "SYN, ACK and FIN included");
    // The server's SYN-ACK left before there was a connection, and so did the SYN arrive; one segment was lost.
    assert_eq!((received.segs_in, received.segs_out), (passed(true) - 2, passed(false) - 1));
    assert_eq!(sent.segs_in, passed(false));
    // SYN, octets and FIN.
    assert_eq!(sent.bytes_delivered, 100_002);
    assert_eq!(sent.min_rtt, Some(ms(20)));
    assert_eq!((received.bytes_sent, received.last_data_sent, sent.last_data_received), (0, None, None));
}

/// Connections that end in each way keep what was known of them until they are released.
#[test]
fn what_is_known_outlives_the_connection() {
    let mut lab = counting();
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lab.transfer(a, b, &[1; 10_000]);
    lab.a.stack.shutdown(lab.now, a, Half::Write);
    lab.run();
    lab.b.stack.shutdown(lab.now, b, Half::Write);
    lab.run();
    let (ours, theirs) = (client(&lab, a), server(&lab, b));
    assert_eq!((ours.phase, theirs.phase), (Phase::TimeWait, Phase::Closed));
    assert_eq!((counts(&ours).bytes_acked, counts(&theirs).bytes_received), (10_000, 10_000));
    assert_eq!(ours.path.rtt.map(|(mean, _)| mean), Some(ms(20)), "how it looked at the end");

    let (a, b) = lab.open(listener);
    lab.transfer(a, b, &[1; 10_000]);
    let before = counts(&client(&lab, a)).segs_out;
    lab.a.stack.abort(lab.now, a);
    lab.run();
    let (ours, theirs) = (client(&lab, a), server(&lab, b));
    assert_eq!((ours.cause, theirs.cause), (Some(CloseCause::Aborted), Some(CloseCause::Reset)));
    assert_eq!(counts(&ours).segs_out, before + 1, "the reset counts");
    assert_eq!(counts(&theirs).bytes_received, 10_000);
    assert_eq!(theirs.path.window_scale, Some((7, 7)));
}

/// Numbers that pass 2³² on the way: counts do not.
#[test]
fn counts_go_on_where_sequence_numbers_begin_anew() {
    let mut lab = counting();
    lab.a.stack = {
        let config = lab.a.stack.config().clone();
        TestStack::new(config, Dealt::new(1, &[u32::MAX - 1_500_000]), Watch::default())
    };
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    let octets = vec![3; 1 << 20];
    for round in 1..=3 {
        lab.transfer(a, b, &octets);
        lab.run_for(ms(100));
        assert_eq!(counts(&client(&lab, a)).bytes_acked, round << 20);
        assert_eq!(counts(&server(&lab, b)).bytes_received, round << 20);
    }
    let vars = client(&lab, a).vars;
    assert!(vars.snd_una.0 < vars.iss.0, "it did pass 2³²");
}

#[test]
fn nothing_is_counted_unless_asked_for_and_the_path_is_known_all_the_same() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lab.transfer(a, b, &[1; 10_000]);
    let info = client(&lab, a);
    assert_eq!(info.statistics, None);
    assert_eq!((info.path.mss, info.path.advertised_mss, info.path_mtu), (1448, 1460, 1500));
    assert!(info.path.timestamps && info.path.sack && info.path.rtt.is_some());
    lab.a.stack.abort(lab.now, a);
    assert_eq!(client(&lab, a).path, Default::default());
}

/// A connection in the middle of its work: octets on their way, some lost and found so, some not yet sent.
#[test]
fn it_reads_as_those_who_know_ss_read() {
    let mut lab = counting();
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lab.lose(|passing| passing.to_b && passing.nth == 2);
    lab.a.write(lab.now, a, &[9; 20_000]).expect("open");
    lab.run_for(ms(25));
    let line = |info: &Info| info.at(lab.now).to_string();
    let local = client(&lab, a).tuple.local;
    assert_eq!(
        line(&client(&lab, a)),
        format!(
            "ESTABLISHED {local} 10.0.0.2:80 timer:(retransmit,175.016ms) ts sack cc:newreno wscale:7,7 rto:200 \
             rtt:20/7.273 minrtt:20 mss:1448 pmtu:1500 rcvmss:1 advmss:1460 cwnd:7 ssthresh:7 bytes_sent:21448 \
             bytes_retrans:1448 segs_out:17 segs_in:10 data_segs_out:15 lastsnd:5 lastack:5 delivered:10 unacked:14 \
             retrans:1/1 lost:1 sacked:9 rcv_space:131072 rcv_wnd:131072 snd_wnd:131072"
        )
    );
    lab.run_for(secs(1));
    let json = server(&lab, b).at(lab.now).json();
    let head =
        format!(r#"{{"local":"10.0.0.2:80","peer":"{local}","state":"ESTABLISHED","ts":true,"sack":true,"#);
    assert!(json.starts_with(&head), "{json}");
    assert!(json.contains(r#","wscale":[7,7],"#) && json.contains(r#","bytes_received":20000,"#), "{json}");
    assert!(json.ends_with(r#","timers":{}}"#), "{json}");
}
