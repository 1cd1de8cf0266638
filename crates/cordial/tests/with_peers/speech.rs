//! Octets that are known beforehand, said at one end and checked at the other.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::pair::Pair;

/// Octets before they repeat: more than a window and no multiple of anything that a segment or a buffer is long.
const PERIOD: usize = (8 << 20) - 5;

/// A stream of octets, each known by its position.
#[derive(Clone)]
pub struct Speech {
    period: Arc<[u8]>,
    len: usize,
}

impl Speech {
    /// `len` octets; another seed gives others.
    pub fn new(seed: u32, len: usize) -> Self {
        let mut state = 0x9e37_79b9 ^ seed;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        };
        Self { period: (0..PERIOD.min(len)).map(|_| next()).collect(), len }
    }

    /// The octets from `at` on, up to the end of a period.
    fn from(&self, at: usize) -> &[u8] {
        let rest = &self.period[at % PERIOD..];
        &rest[..rest.len().min(self.len - at)]
    }

    /// Writes all of it and then says goodbye.
    pub async fn say(self, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut said = 0;
        while said < self.len {
            said += to.write(self.from(said)).await?;
        }
        to.shutdown().await
    }

    /// Reads to the goodbye, and panics if it is not this.
    pub async fn hear(self, mut from: impl AsyncRead + Unpin) -> io::Result<()> {
        let mut buffer = vec![0; 256 << 10];
        let mut heard = 0;
        loop {
            let read = from.read(&mut buffer).await?;
            let mut rest = &buffer[..read];
            if rest.is_empty() {
                break;
            }
            assert!(heard + rest.len() <= self.len, "more than the {} octets that were said", self.len);
            while !rest.is_empty() {
                let expected = self.from(heard);
                let (now, later) = rest.split_at(rest.len().min(expected.len()));
                assert!(now == &expected[..now.len()], "wrong between {heard} and {}", heard + now.len());
                heard += now.len();
                rest = later;
            }
        }
        assert_eq!(heard, self.len, "octets until the goodbye");
        Ok(())
    }
}

/// Says one speech each way at once, to the goodbyes; both ends are dropped after.
pub async fn converse(pair: Pair, ours: Speech, kernels: Speech) {
    let (our_read, our_write) = pair.ours.into_split();
    let (kernel_read, kernel_write) = pair.kernels.into_split();
    let tasks = [
        ("we write", tokio::spawn(ours.clone().say(our_write))),
        ("the kernel reads", tokio::spawn(ours.hear(kernel_read))),
        ("the kernel writes", tokio::spawn(kernels.clone().say(kernel_write))),
        ("we read", tokio::spawn(kernels.hear(our_read))),
    ];
    for (what, task) in tasks {
        task.await.expect("no panic").unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}
