//! Whether an IPv6 address may be used yet.
//!
//! While the kernel makes sure that nobody else has an address, the address is *tentative*
//! (RFC 4862 §5.4), and a connection made in that moment takes another source and hangs.

use std::net::Ipv6Addr;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::thread::{Timespec, nanosleep};

const ATTEMPTS: u32 = 400;
const BETWEEN: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// Waits until the kernel lets `address` be used, at most two seconds; only system calls.
pub(super) fn wait(address: Ipv6Addr) -> Result<(), Errno> {
    for _ in 0..ATTEMPTS {
        let mut table = [0; 4096];
        let file =
            rustix::fs::open(c"/proc/self/net/if_inet6", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let read = rustix::io::read(&file, &mut table)?;
        if is_listed_and_usable(table.get(..read).unwrap_or_default(), address) {
            return Ok(());
        }
        // Woken early by a signal, it looks again early.
        let _ = nanosleep(&BETWEEN);
    }
    Err(Errno::TIMEDOUT)
}

/// Reads the kernel's list: per line the address in 32 hex digits, then the interface's index,
/// the prefix length, the scope and the flags, in hex as well, and the interface's name.
fn is_listed_and_usable(table: &[u8], address: Ipv6Addr) -> bool {
    table.split(|&octet| octet == b'\n').any(|line| {
        let mut fields = line.split(|&octet| octet == b' ').filter(|field| !field.is_empty());
        let listed = fields.next().and_then(hex);
        let flags = fields.nth(3).and_then(hex);
        let unusable = u128::from(libc::IFA_F_TENTATIVE | libc::IFA_F_DADFAILED);
        listed == Some(address.to_bits()) && flags.is_some_and(|flags| flags & unusable == 0)
    })
}

fn hex(digits: &[u8]) -> Option<u128> {
    u128::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_usable_when_it_is_listed_and_not_tentative() {
        let ours = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 2);
        let line = |flags: &str| {
            format!(
                "00000000000000000000000000000001 01 80 10 80       lo\n\
                 fd770000000000000000000000000002 02 40 00 {flags} cordial0\n"
            )
        };
        assert!(is_listed_and_usable(line("82").as_bytes(), ours));
        assert!(!is_listed_and_usable(line("c2").as_bytes(), ours), "tentative");
        assert!(!is_listed_and_usable(line("88").as_bytes(), ours), "a duplicate");
        assert!(!is_listed_and_usable(line("82").as_bytes(), Ipv6Addr::UNSPECIFIED));
        assert!(!is_listed_and_usable(b"", ours));
    }
}
