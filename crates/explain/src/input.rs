//! What is read, a window of it at a time.

use std::io::{self, ErrorKind, Read};

/// Octets asked for at once.
const CHUNK: usize = 256 * 1024;

/// A reader with what it gave and nobody has consumed yet.
#[derive(Debug)]
pub(crate) struct Input<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where in the whole the window begins.
    offset: u64,
    is_over: bool,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, buffer: vec![0; CHUNK], start: 0, end: 0, offset: 0, is_over: false }
    }

    /// Reads until the window holds `wanted` octets, and no further than one read goes. False if the input ends before.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    pub(crate) fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        while self.end - self.start < wanted && !self.is_over {
            self.make_room(wanted);
            match self.inner.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => self.is_over = true,
                Ok(count) => self.end = (self.end + count).min(self.buffer.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.end - self.start >= wanted)
    }

    /// Moves the window to the front when it would not fit behind where it is.
    fn make_room(&mut self, wanted: usize) {
        if self.start + wanted > self.buffer.len() || self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if wanted > self.buffer.len() {
            self.buffer.resize(wanted, 0);
        }
    }

    /// The window.
    pub(crate) fn data(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Moves the window's beginning on, as far as there is a window.
    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Where in the whole the window begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one octet at a time, as a slow pipe may.
    struct Drops(u32);

    impl Read for Drops {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Ok(0);
            }
            self.0 -= 1;
            buffer[0] = self.0 as u8;
            Ok(1)
        }
    }

    #[test]
    fn a_window_moves_over_a_reader_that_gives_little() {
        let mut input = Input::new(Drops(5));
        assert!(input.fill(3).expect("it reads"));
        assert_eq!(input.data(), [4, 3, 2]);
        input.consume(2);
        assert!(!input.fill(4).expect("it reads"), "only three are left");
        assert_eq!((input.data(), input.offset()), (&[2, 1, 0][..], 2));
        input.consume(9);
        assert_eq!((input.data().len(), input.offset()), (0, 5));
    }

    #[test]
    fn a_window_may_be_larger_than_what_is_read_at_once() {
        let whole: Vec<u8> = (0..3 * CHUNK).map(|i| (i % 251) as u8).collect();
        let mut input = Input::new(&whole[..]);
        input.fill(100).expect("it reads");
        input.consume(100);
        assert!(input.fill(2 * CHUNK).expect("it reads"));
        assert_eq!(input.data()[..2 * CHUNK], whole[100..2 * CHUNK + 100]);
    }
}
