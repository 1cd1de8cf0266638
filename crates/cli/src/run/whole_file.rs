//! A file that holds whole records at any time.

use std::fs::File;
use std::io::{self, Write};

/// Octets that are gathered before the system is asked to take them.
const GATHER: usize = 256 << 10;

/// Writes records, each given in one call of [`write`](Write::write), so that the file ends with a
/// whole one: what of a record did not fit on a full disk is taken back.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    waiting: Vec<u8>,
    /// Octets of whole records in the file.
    whole: u64,
    has_failed: bool,
}

impl WholeFile {
    /// Writes from the beginning of an empty file, or into a pipe or device.
    pub fn new(file: File) -> Self {
        Self { file, waiting: Vec::new(), whole: 0, has_failed: false }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.has_failed {
            // It has been told.
            return Err(io::ErrorKind::Other.into());
        }
        let result = self.file.write_all(&self.waiting);
        match result {
            Ok(()) => self.whole += self.waiting.len() as u64,
            Err(_) => {
                self.has_failed = true;
                // A pipe cannot take anything back.
                let _ = self.file.set_len(self.whole);
            }
        }
        self.waiting.clear();
        result
    }
}

impl Write for WholeFile {
    /// Takes the whole record.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        if self.waiting.len() >= GATHER {
            self.hand_over()?;
        }
        self.waiting.extend_from_slice(record);
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() && !self.has_failed { Ok(()) } else { self.hand_over() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_reach_the_file_when_flushed() {
        let path = std::env::temp_dir().join(format!("cordial-whole-{}", std::process::id()));
        let mut out = WholeFile::new(File::create(&path).expect("a file"));
        out.write_all(b"one\n").expect("gathered");
        assert_eq!(std::fs::read(&path).expect("a file"), b"");
        out.flush().expect("room");
        out.write_all(b"two\n").expect("gathered");
        out.flush().expect("room");
        assert_eq!(std::fs::read(&path).expect("a file"), b"one\ntwo\n");
        std::fs::remove_file(&path).expect("ours");
    }

    #[test]
    fn a_full_disk_is_an_error_and_stays_one() {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let mut out = WholeFile::new(full);
        out.write_all(b"one\n").expect("gathered");
        assert_eq!(out.flush().expect_err("full").kind(), io::ErrorKind::StorageFull);
        assert!(out.flush().is_err());
    }
}
