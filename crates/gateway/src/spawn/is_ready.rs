//! Whether an IPv6 address may be used yet.
//!
//! While the kernel makes sure that nobody else has an address, the address is *tentative*
//! (RFC 4862 §5.4), and a connection made in that moment takes another source and hangs. A moment
//! after that, in a thread of its own, the kernel enters the route by which it knows packets for the
//! address as its own: an answer that comes before that is dropped, and a SYN goes out again a
//! second later.

use std::ffi::CStr;
use std::net::Ipv6Addr;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::thread::{Timespec, nanosleep};

/// Octets of a table that are read: a new namespace has a dozen lines of at most 160.
const TABLE: usize = 8192;
/// A route's flag: its destination is this machine (`RTF_LOCAL`).
const LOCAL: u128 = 0x8000_0000;
const ATTEMPTS: u32 = 400;
const BETWEEN: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// Waits until the kernel lets `address` be used, at most two seconds; only system calls.
pub(super) fn wait(address: Ipv6Addr) -> Result<(), Errno> {
    for _ in 0..ATTEMPTS {
        let mut table = [0; TABLE];
        if is_listed_and_usable(read(c"/proc/self/net/if_inet6", &mut table)?, address)
            && is_known_as_own(read(c"/proc/self/net/ipv6_route", &mut table)?, address)
        {
            return Ok(());
        }
        // Woken early by a signal, it looks again early.
        let _ = nanosleep(&BETWEEN);
    }
    Err(Errno::TIMEDOUT)
}

/// As much of a table of the kernel's as there is room for.
fn read<'a>(path: &CStr, table: &'a mut [u8; TABLE]) -> Result<&'a [u8], Errno> {
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut used = 0;
    while let Some(rest @ [_, ..]) = table.get_mut(used..) {
        match rustix::io::read(&file, rest)? {
            0 => break,
            read => used += read,
        }
    }
    Ok(table.get(..used).unwrap_or_default())
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

/// Reads the kernel's routes: per line the destination and its prefix length, the source and its,
/// the next hop, the metric, two counters and the flags, all in hex, and the interface's name.
fn is_known_as_own(table: &[u8], address: Ipv6Addr) -> bool {
    table.split(|&octet| octet == b'\n').any(|line| {
        let mut fields = line.split(|&octet| octet == b' ').filter(|field| !field.is_empty());
        let destination = (fields.next().and_then(hex), fields.next().and_then(hex));
        let flags = fields.nth(6).and_then(hex);
        destination == (Some(address.to_bits()), Some(128)) && flags.is_some_and(|flags| flags & LOCAL != 0)
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

    #[test]
    fn an_address_is_known_once_its_local_route_is_there() {
        let ours = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 2);
        let none = "00000000000000000000000000000000";
        let line = |to: &str, prefix: &str, flags: &str| {
            format!("{to} {prefix} {none} 00 {none} 00000000 00000001 00000000 {flags} cordial0\n")
        };
        let own = "fd770000000000000000000000000002";
        let others = [
            line("fd770000000000000000000000000000", "40", "00000001"),
            line("00000000000000000000000000000001", "80", "80200001"),
            line(own, "40", "80200001"),
            line(own, "80", "00000001"),
        ]
        .concat();
        assert!(!is_known_as_own(others.as_bytes(), ours));
        assert!(is_known_as_own([others, line(own, "80", "80200001")].concat().as_bytes(), ours));
        assert!(!is_known_as_own(b"", ours));
    }
}
