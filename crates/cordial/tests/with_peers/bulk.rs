//! Much data between our host and the kernel, in super-segments both ways.

use std::time::Instant;

use super::pair::{Pair, Side};
use super::speech::{Speech, converse};
use super::{Family, host, in_a_namespace, until};

const OCTETS: usize = 200_000_000;

/// 200 MB from one side to the other, and a goodbye each way.
async fn two_hundred_megabytes(family: Family, from: Side) {
    let host = host(true);
    let pair = Pair::open(&host, family, from).await;
    let (much, nothing) = (Speech::new(5, OCTETS), Speech::new(6, 0));
    let (ours, kernels) = if from == Side::Us { (much, nothing) } else { (nothing, much) };
    let begin = Instant::now();
    converse(pair, ours, kernels).await;
    let took = begin.elapsed().as_secs_f64();

    let counters = host.counters();
    eprintln!(
        "200 MB from {from:?} over {family:?}: {:.2} Gbit/s, {} packets in, {} out",
        OCTETS as f64 * 8e-9 / took,
        counters.ip_in_receives,
        counters.ip_out_requests
    );
    let with_data = if from == Side::Us { counters.ip_out_requests } else { counters.ip_in_receives };
    assert!(with_data < OCTETS as u64 / 1460, "super-segments: {with_data} packets with data");
    assert_eq!(counters.tcp_in_errs, 0, "every checksum was right");
    until("our connection ends", || host.connections() == 0).await;
}

#[test]
fn two_hundred_megabytes_go_to_the_kernel_over_ipv4() {
    in_a_namespace(async || two_hundred_megabytes(Family::V4, Side::Us).await);
}

#[test]
fn two_hundred_megabytes_go_to_the_kernel_over_ipv6() {
    in_a_namespace(async || two_hundred_megabytes(Family::V6, Side::Us).await);
}

#[test]
fn two_hundred_megabytes_come_from_the_kernel_over_ipv4() {
    in_a_namespace(async || two_hundred_megabytes(Family::V4, Side::Kernel).await);
}

#[test]
fn two_hundred_megabytes_come_from_the_kernel_over_ipv6() {
    in_a_namespace(async || two_hundred_megabytes(Family::V6, Side::Kernel).await);
}
