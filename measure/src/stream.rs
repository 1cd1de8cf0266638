//! One connection, as fast as it goes, all in memory.

use std::time::Instant;

use crate::Error;
use crate::host::{Host, Ours, Read, Smol};
use crate::pair::{Pair, SERVICE};
use crate::rounds::compare;

/// Octets of buffer each way, for both stacks.
const BUFFER: usize = 256 << 10;
/// Octets carried in one round.
const OCTETS: usize = 256 << 20;
/// Octets offered, and asked for, in one call.
const CALL: usize = 64 << 10;

/// Prints Gbit/s of payload of both.
pub fn measure() -> Result<(), Error> {
    compare("Gbit/s", (Ours::NAME, round::<Ours>), (Smol::NAME, round::<Smol>))?;
    Ok(())
}

fn round<H: Host>() -> Result<f64, Error> {
    let mut pair = Pair::new(|address| H::new(address, BUFFER));
    let (from, to) = open(&mut pair)?;
    let block = vec![0x5a; CALL];
    let mut room = vec![0; CALL];
    let (mut sent, mut received) = (0, 0);

    let began = Instant::now();
    while received < OCTETS {
        while sent < OCTETS {
            let len = block.len().min(OCTETS - sent);
            match pair.client.send(pair.now, from, &block[..len]) {
                0 => break,
                count => sent += count,
            }
        }
        pair.poll_client();
        pair.poll_server();
        while let Read::Octets(count) = pair.server.receive(pair.now, to, &mut room) {
            received += count;
        }
        pair.advance();
    }
    let seconds = began.elapsed().as_secs_f64();

    if received != OCTETS || room[..16] != [0x5a; 16] {
        return Err(format!("{}: {received} octets came of {OCTETS}", H::NAME).into());
    }
    Ok(OCTETS as f64 * 8.0 / seconds / 1e9)
}

/// Opens one connection and gives both ends.
fn open<H: Host>(pair: &mut Pair<H>) -> Result<(H::Conn, H::Conn), Error> {
    pair.server.listen(SERVICE.port(), 1);
    let from = pair.client.connect(pair.now, SERVICE);
    for _ in 0..100 {
        pair.poll_client();
        pair.poll_server();
        if let Some(to) = pair.server.accept(pair.now) {
            return Ok((from, to));
        }
        pair.advance();
    }
    Err(format!("{}: the connection does not open", H::NAME).into())
}
