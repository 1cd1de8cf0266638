//! Octets that both ends can make and check: a stream per seed, without keeping any of it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Octets that are made or checked at a time.
const PIECE: usize = 16 * 1024;

/// A stream of octets, from its first on.
#[derive(Debug, Clone)]
pub struct Octets {
    state: fastrand::Rng,
    kept: [u8; 8],
    left: usize,
}

impl Octets {
    /// The stream of `seed`.
    pub fn of(seed: u64) -> Self {
        Self { state: fastrand::Rng::with_seed(seed), kept: [0; 8], left: 0 }
    }

    /// The next octets.
    pub fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            if self.left == 0 {
                (self.kept, self.left) = (self.state.u64(..).to_le_bytes(), 8);
            }
            *octet = self.kept[8 - self.left];
            self.left -= 1;
        }
    }

    /// True if `octets` are the next ones.
    pub fn are(&mut self, octets: &[u8]) -> bool {
        let mut expected = vec![0; octets.len()];
        self.fill(&mut expected);
        expected == octets
    }
}

/// Sends `count` octets of the stream of `seed`.
pub async fn send(to: &mut (impl AsyncWrite + Unpin), seed: u64, count: u64) -> io::Result<()> {
    let (mut octets, mut left, mut piece) = (Octets::of(seed), count, vec![0; PIECE]);
    while left > 0 {
        let now = PIECE.min(usize::try_from(left).unwrap_or(PIECE));
        let piece = &mut piece[..now];
        octets.fill(piece);
        to.write_all(piece).await?;
        left -= now as u64;
    }
    Ok(())
}

/// How a stream that was to be `count` octets of a seed came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// All of it, and then the end.
    Whole,
    /// The first so many, and then the end.
    Short(u64),
    /// The first so many, and then an error.
    Broken(u64, io::ErrorKind),
    /// An octet that was never sent, or one too many.
    Wrong,
}

/// Reads to the end and compares.
pub async fn check(from: &mut (impl AsyncRead + Unpin), seed: u64, count: u64) -> Came {
    let (mut octets, mut came, mut piece) = (Octets::of(seed), 0, vec![0; PIECE]);
    loop {
        match from.read(&mut piece).await {
            Ok(0) if came == count => return Came::Whole,
            Ok(0) => return Came::Short(came),
            Ok(n) => {
                came += n as u64;
                if came > count || !octets.are(&piece[..n]) {
                    return Came::Wrong;
                }
            }
            Err(error) => return Came::Broken(came, error.kind()),
        }
    }
}

/// What a client asks of a server: a seed and a count.
pub fn request(seed: u64, count: u64) -> [u8; 16] {
    let mut octets = [0; 16];
    octets[..8].copy_from_slice(&seed.to_be_bytes());
    octets[8..].copy_from_slice(&count.to_be_bytes());
    octets
}

/// Reads such a request.
pub async fn requested(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(u64, u64)> {
    Ok((from.read_u64().await?, from.read_u64().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_sent_is_recognised_and_nothing_else() {
        let mut sent = Vec::new();
        send(&mut sent, 7, 40_000).await.expect("memory takes it");
        assert_eq!(sent.len(), 40_000);
        assert_eq!(check(&mut &sent[..], 7, 40_000).await, Came::Whole);
        assert_eq!(check(&mut &sent[..39_999], 7, 40_000).await, Came::Short(39_999));
        assert_eq!(check(&mut &sent[..], 7, 39_999).await, Came::Wrong);
        assert_eq!(check(&mut &sent[..], 8, 40_000).await, Came::Wrong);
        sent[20_000] ^= 1;
        assert_eq!(check(&mut &sent[..], 7, 40_000).await, Came::Wrong);
    }
}
