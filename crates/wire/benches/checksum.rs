//! How fast sums are taken: `cargo bench -p cordial-wire`.

use std::hint::black_box;
use std::time::Instant;

use cordial_wire::checksum::Sum;

/// Octets gone through per measurement.
const TOTAL: usize = 4 << 30;

fn main() {
    println!("{:>8} {:>12} {:>12} {:>12}   GB/s", "octets", "sum", "copy+sum", "copy");
    for len in [64, 536, 1448, 4096, 65_536, 1 << 20] {
        let src = vec![0x5a; len];
        let mut dst = vec![0; len];
        let sum = gigaoctets_per_second(len, || {
            let mut sum = Sum::new();
            sum.add(black_box(&src));
            black_box(sum.finish());
        });
        let copy_and_sum = gigaoctets_per_second(len, || {
            let mut sum = Sum::new();
            sum.copy_and_add(black_box(&mut dst), black_box(&src));
            black_box(sum.finish());
        });
        let copy = gigaoctets_per_second(len, || {
            black_box(&mut dst).copy_from_slice(black_box(&src));
        });
        println!("{len:>8} {sum:>12.1} {copy_and_sum:>12.1} {copy:>12.1}");
    }
}

/// The best of five, so that a busy machine matters less.
fn gigaoctets_per_second(len: usize, mut work: impl FnMut()) -> f64 {
    let turns = TOTAL / 10 / len;
    (0..5)
        .map(|_| {
            let start = Instant::now();
            (0..turns).for_each(|_| work());
            (turns * len) as f64 / start.elapsed().as_secs_f64() / 1e9
        })
        .fold(0.0, f64::max)
}
