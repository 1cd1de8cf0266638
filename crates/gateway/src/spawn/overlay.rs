//! Files that the program sees in place of the host's.
//!
//! The new contents live in a tmpfs that is mounted for a moment in the program's own mount
//! namespace: bind mounts keep it alive after it is unmounted, so that nothing is hidden by it and
//! nothing is left on disk.
//!
//! A file that the host puts in the place of another, by renaming, takes with it whatever is mounted over that, in all
//! namespaces; and that is how a host that moves to another network changes its `/etc/resolv.conf`. So all of `/etc` is
//! covered, by an overlay that cannot be written to. Only the machine's administrator keeps `/etc` as it is, with two
//! files covered: programs that are run as root may have to write there.

use std::ffi::{CStr, CString, OsStr};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, mkdir, symlink};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind_recursive, mount_remount, unmount};

/// Directories of which one is there on every system. What is in it is hidden for a moment.
const SCRATCH: [&CStr; 3] = [c"/tmp", c"/mnt", c"/run"];

/// Where the host's own ways to find names have their sockets: systemd-resolved, and name caches.
const HIDDEN: [&str; 3] = ["/run/systemd/resolve", "/run/nscd", "/var/run/nscd"];
/// Of these, the one whose files programs read as if they were `/etc/resolv.conf`.
const RESOLVED: &str = "/run/systemd/resolve";
const RESOLVED_FILES: [&str; 2] = ["resolv.conf", "stub-resolv.conf"];

const ETC: &str = "/etc";
const RESOLV_CONF: &str = "/etc/resolv.conf";
const NSSWITCH: &str = "/etc/nsswitch.conf";

/// How our files are mounted.
const SAFE: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV).union(MountFlags::NOEXEC);

/// What is put over the host's files, as a list of steps.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    steps: Vec<Step>,
    folders: usize,
}

/// A step; only system calls.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// A new folder.
    Folder(Source),
    /// A new file.
    File(Source, Vec<u8>),
    /// A link that points where the host's does.
    Link(Source, CString),
    /// What is at a path of the host's, also at a new file or folder.
    Mirror(CString, Source),
    /// A new file or folder, with what is mounted in it, put over one of the host's.
    Cover(Source, CString),
    /// Nothing is written any more to what covers one of the host's folders; what is mounted in it is as it was.
    Seal(CString),
    /// An overlay of folders over `/etc`; or else something else.
    Stack { options: Source, otherwise: Vec<Step> },
}

/// Where something new lies for a moment, for each of [`SCRATCH`].
type Source = [CString; SCRATCH.len()];

impl Overlay {
    /// The files by which a program finds names: its resolver is told of our server, and not to
    /// ask around it (multicast DNS, systemd-resolved, a name cache of the host's).
    pub(super) fn name_service(resolv_conf: &str) -> Self {
        let mut overlay = Self::default();
        let resolv_conf = resolv_conf.as_bytes();
        let target = fs::canonicalize(RESOLV_CONF).ok();
        let hidden = overlay.hide_sockets(target.as_deref(), resolv_conf);
        let is_hidden = |file: &Path| hidden.iter().any(|folder| file.parent() == Some(folder));
        if let Some(file) = target.as_deref().filter(|file| !is_hidden(file)) {
            overlay.replace(file, resolv_conf);
        }
        let nsswitch = fs::read_to_string(NSSWITCH).ok().map(|text| only_files_and_dns(&text));
        let nsswitch = nsswitch.as_deref().map(str::as_bytes);
        if let (Ok(file), Some(text)) = (fs::canonicalize(NSSWITCH), nsswitch) {
            overlay.replace(&file, text);
        }
        // After what is put over files deeper in /etc: with them.
        let can_be_replaced = !is_mount_point(RESOLV_CONF) && !is_administrator();
        // Missing, or a link to nowhere: there is nothing to mount over.
        if target.is_none() || can_be_replaced {
            let files = [Some(("resolv.conf", resolv_conf)), nsswitch.map(|text| ("nsswitch.conf", text))];
            let files: Vec<_> = files.into_iter().flatten().collect();
            match can_be_replaced {
                // An overlay would leave out what is mounted in the folder, and may not.
                true if mount_points().iter().any(|at| at.starts_with("/etc/")) => overlay.seal(&files),
                true => overlay.stack(&files),
                false => overlay.mirror(ETC, &files),
            }
        }
        overlay
    }

    /// Hides the sockets of the host's own ways to find names, and gives the folders in which they were. `target` is
    /// where `/etc/resolv.conf` leads.
    fn hide_sockets(&mut self, target: Option<&Path>, resolv_conf: &[u8]) -> Vec<PathBuf> {
        let mut hidden: Vec<PathBuf> = HIDDEN.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        hidden.dedup();
        let resolved = fs::canonicalize(RESOLVED).ok();
        for folder in &hidden {
            let target = target.filter(|target| target.parent() == Some(folder)).and_then(Path::file_name);
            let mut files: Vec<&OsStr> = target.into_iter().collect();
            if resolved.as_ref() == Some(folder) {
                files.extend(RESOLVED_FILES.map(OsStr::new).into_iter().filter(|&file| Some(file) != target));
            }
            self.hide(folder, &files, resolv_conf);
        }
        hidden
    }

    /// Puts these files into `/etc`, read-only, by an overlay filesystem: one mount however much is in there, and what
    /// the host changes in the rest of it is seen. A kernel that has none for users gets a mirror.
    fn stack(&mut self, files: &[(&str, &[u8])]) {
        let top = self.folder();
        for &(name, content) in files {
            self.steps.push(Step::File(source(&top.join(name)), content.into()));
        }
        let lowers =
            |scratch: &CStr| format!("lowerdir={}/{}:{ETC}", scratch.to_string_lossy(), top.display());
        let options = SCRATCH.map(|scratch| c_string(Path::new(&lowers(scratch))));
        let mut otherwise = Self { steps: Vec::new(), folders: self.folders };
        otherwise.seal(files);
        self.steps.push(Step::Stack { options, otherwise: otherwise.steps });
    }

    /// Puts these files into a mirror of `/etc` that cannot be written to.
    fn seal(&mut self, files: &[(&str, &[u8])]) {
        self.mirror(ETC, files);
        self.steps.push(Step::Seal(c_string(Path::new(ETC))));
    }

    /// Puts a file over another.
    fn replace(&mut self, target: &Path, content: &[u8]) {
        let name = format!("file{}", self.steps.len());
        self.steps.push(Step::File(source(Path::new(&name)), content.into()));
        self.steps.push(Step::Cover(source(Path::new(&name)), c_string(target)));
    }

    /// Puts a folder with nothing but these files over another.
    fn hide(&mut self, target: &Path, files: &[&OsStr], content: &[u8]) {
        let folder = self.folder();
        for file in files {
            self.steps.push(Step::File(source(&folder.join(file)), content.into()));
        }
        self.steps.push(Step::Cover(source(&folder), c_string(target)));
    }

    /// Puts over a folder another with the same things in it, and these files, which take the place of what has their
    /// names. What the host puts in the place of something in the folder later is not seen.
    fn mirror(&mut self, target: impl AsRef<Path>, files: &[(&str, &[u8])]) {
        let (target, folder) = (target.as_ref(), self.folder());
        for &(name, content) in files {
            self.steps.push(Step::File(source(&folder.join(name)), content.into()));
        }
        let is_ours = |entry: &fs::DirEntry| files.iter().any(|&(name, _)| entry.file_name() == name);
        for entry in fs::read_dir(target).into_iter().flatten().flatten().filter(|entry| !is_ours(entry)) {
            let (path, copy) = (entry.path(), source(&folder.join(entry.file_name())));
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => {
                    if let Ok(to) = fs::read_link(&path) {
                        self.steps.push(Step::Link(copy, c_string(&to)));
                    }
                }
                Ok(kind) if kind.is_dir() => {
                    self.steps.push(Step::Folder(copy.clone()));
                    self.steps.push(Step::Mirror(c_string(&path), copy));
                }
                Ok(_) => {
                    self.steps.push(Step::File(copy.clone(), Vec::new()));
                    self.steps.push(Step::Mirror(c_string(&path), copy));
                }
                Err(_) => {}
            }
        }
        self.steps.push(Step::Cover(source(&folder), c_string(target)));
    }

    /// A new folder.
    fn folder(&mut self) -> PathBuf {
        let folder = PathBuf::from(format!("folder{}", self.folders));
        self.folders += 1;
        self.steps.push(Step::Folder(source(&folder)));
        folder
    }

    /// Does it, in a mount namespace of our own; only system calls. One file that cannot be
    /// covered does not keep the others from being.
    ///
    /// # Errors
    ///
    /// The first that failed.
    pub(super) fn mount(&self) -> Result<(), Errno> {
        let mut last = Errno::NOENT;
        for (index, scratch) in SCRATCH.into_iter().enumerate() {
            match mount(c"cordial", scratch, c"tmpfs", SAFE, c"mode=755,size=1m") {
                Ok(()) => {
                    let steps = self.steps.iter().map(|step| step.take(index));
                    // All of them, whatever becomes of one.
                    let done = steps.fold(Ok(()), Result::and);
                    return done.and(unmount(scratch, UnmountFlags::DETACH));
                }
                Err(errno) => last = errno,
            }
        }
        Err(last)
    }
}

impl Step {
    fn take(&self, scratch: usize) -> Result<(), Errno> {
        match self {
            Self::Folder(source) => {
                let path = in_scratch(source, scratch)?;
                mkdir(path, Mode::from_raw_mode(0o755))?;
                // Whatever the umask says.
                rustix::fs::chmod(path, Mode::from_raw_mode(0o755))
            }
            Self::File(source, content) => write(in_scratch(source, scratch)?, content),
            Self::Link(source, to) => symlink(to.as_c_str(), in_scratch(source, scratch)?),
            Self::Mirror(from, source) => mount_bind_recursive(from.as_c_str(), in_scratch(source, scratch)?),
            Self::Cover(source, target) => {
                mount_bind_recursive(in_scratch(source, scratch)?, target.as_c_str())
            }
            Self::Seal(target) => {
                let flags = MountFlags::BIND | MountFlags::RDONLY | SAFE;
                mount_remount(target.as_c_str(), flags, c"")
            }
            Self::Stack { options, otherwise } => {
                let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
                mount(c"cordial", c"/etc", c"overlay", flags, in_scratch(options, scratch)?)
                    .or_else(|_| otherwise.iter().map(|step| step.take(scratch)).fold(Ok(()), Result::and))
            }
        }
    }
}

fn in_scratch(source: &Source, scratch: usize) -> Result<&CStr, Errno> {
    source.get(scratch).map(CString::as_c_str).ok_or(Errno::NOENT)
}

fn write(path: &CStr, content: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o644);
    let file = rustix::fs::open(path, flags, mode)?;
    // Whatever the umask says.
    rustix::fs::fchmod(&file, mode)?;
    let mut rest = content;
    while !rest.is_empty() {
        let written = rustix::io::write(&file, rest)?;
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

fn source(name: &Path) -> Source {
    SCRATCH.map(|scratch| c_string(&Path::new(OsStr::from_bytes(scratch.to_bytes())).join(name)))
}

/// Paths of the system's have no NUL in them; one that had would be none of them.
fn c_string(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}

/// True if something is mounted at this path, as in a container: then nothing is put in its place.
fn is_mount_point(path: &str) -> bool {
    mount_points().iter().any(|at| at == path)
}

/// Those with a blank in their name, which is spelled otherwise there, do not count.
fn mount_points() -> Vec<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().filter_map(|mount| mount.split(' ').nth(4)).map(str::to_owned).collect()
}

/// True for root, unless it is one of a user namespace of somebody's.
fn is_administrator() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    rustix::process::geteuid().is_root() && map.split_ascii_whitespace().eq(["0", "0", "4294967295"])
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

    #[test]
    fn a_folder_that_lacks_a_file_is_mirrored_with_it() {
        let folder = std::env::temp_dir().join(format!("cordial-overlay-{}", std::process::id()));
        fs::create_dir_all(folder.join("sub")).expect("the folder for temporary files can be written");
        fs::write(folder.join("passwd"), "x").expect("as above");
        std::os::unix::fs::symlink("../nowhere", folder.join("resolv.conf")).expect("as above");
        std::os::unix::fs::symlink("passwd", folder.join("link")).expect("as above");
        let mut overlay = Overlay::default();
        overlay.mirror(&folder, &[("resolv.conf", b"nameserver")]);
        fs::remove_dir_all(&folder).expect("ours");
        let at = |name: &str| source(&Path::new("folder0").join(name));
        let host = |name: &str| c_string(&folder.join(name));
        let has = |step: Step| assert!(overlay.steps.contains(&step), "{step:?}\n{overlay:?}");
        has(Step::File(at("resolv.conf"), b"nameserver".into()));
        has(Step::Mirror(host("passwd"), at("passwd")));
        has(Step::Mirror(host("sub"), at("sub")));
        has(Step::Link(at("link"), c"passwd".into()));
        assert_eq!(overlay.steps.first(), Some(&Step::Folder(source(Path::new("folder0")))));
        assert_eq!(overlay.steps.last(), Some(&Step::Cover(source(Path::new("folder0")), c_string(&folder))));
        assert_eq!(overlay.steps.len(), 8, "{overlay:?}");
    }
}
