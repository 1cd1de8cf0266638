//! Files that the program sees in place of the host's.
//!
//! The new contents live in a tmpfs that is mounted for a moment in the program's own mount
//! namespace: bind mounts keep it alive after it is unmounted, so that nothing is hidden by it and
//! nothing is left on disk.

use std::ffi::{CStr, CString};
use std::fs;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount};

/// Directories of which one is there on every system. What is in it is hidden for a moment.
const SCRATCH: [&CStr; 3] = [c"/tmp", c"/mnt", c"/run"];

/// A file to be put over another.
#[derive(Debug)]
pub(super) struct Overlay {
    target: CString,
    content: Vec<u8>,
    /// Where the content lies for a moment, for each of [`SCRATCH`].
    sources: [CString; SCRATCH.len()],
}

impl Overlay {
    /// The files by which a program finds names: its resolver is told of our server, and not to
    /// ask around it (multicast DNS, systemd-resolved, a name cache of the host's).
    pub(super) fn name_service(resolv_conf: &str) -> Vec<Self> {
        let mut overlays = vec![Self::new(c"/etc/resolv.conf", resolv_conf.into(), "resolv.conf")];
        if let Ok(text) = fs::read_to_string("/etc/nsswitch.conf") {
            let content = only_files_and_dns(&text).into_bytes();
            overlays.push(Self::new(c"/etc/nsswitch.conf", content, "nsswitch.conf"));
        }
        if fs::exists("/run/nscd/socket").unwrap_or(false) {
            overlays.push(Self::new(c"/run/nscd/socket", Vec::new(), "nscd"));
        }
        overlays
    }

    fn new(target: &CStr, content: Vec<u8>, name: &str) -> Self {
        let source = |scratch: &CStr| {
            let path = [scratch.to_bytes(), b"/", name.as_bytes()].concat();
            CString::new(path).expect("neither part has a NUL")
        };
        Self { target: target.into(), content, sources: SCRATCH.map(source) }
    }

    /// Puts all of them over their targets, in a mount namespace of our own; only system calls.
    pub(super) fn mount_all(overlays: &[Self]) -> Result<(), Errno> {
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        let mounted = |scratch: &CStr| mount(c"cordial", scratch, c"tmpfs", flags, c"mode=755,size=1m");
        let mut last = Errno::NOENT;
        for (index, scratch) in SCRATCH.into_iter().enumerate() {
            match mounted(scratch) {
                Ok(()) => {
                    let done = overlays.iter().try_for_each(|overlay| overlay.mount_from(index));
                    return done.and(unmount(scratch, UnmountFlags::DETACH));
                }
                Err(errno) => last = errno,
            }
        }
        Err(last)
    }

    fn mount_from(&self, scratch: usize) -> Result<(), Errno> {
        let source = self.sources.get(scratch).ok_or(Errno::NOENT)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o644);
        let file = rustix::fs::open(source.as_c_str(), flags, mode)?;
        // Whatever the umask says.
        rustix::fs::fchmod(&file, mode)?;
        let mut rest = &self.content[..];
        while !rest.is_empty() {
            let written = rustix::io::write(&file, rest)?;
            rest = rest.get(written..).unwrap_or_default();
        }
        mount_bind(source.as_c_str(), self.target.as_c_str())
    }
}

/// The host's nsswitch.conf with another way to find hosts. The other lines stay: they say who
/// the users are.
fn only_files_and_dns(text: &str) -> String {
    let others = text.lines().filter(|line| !line.trim_start().starts_with("hosts:"));
    others.chain(["hosts: files dns"]).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_line_of_nsswitch_changes() {
        let host =
            "passwd: files systemd\nhosts: mymachines resolve [!UNAVAIL=return] files dns\ngroup: files";
        assert_eq!(only_files_and_dns(host), "passwd: files systemd\ngroup: files\nhosts: files dns\n");
    }
}
