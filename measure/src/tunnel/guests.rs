//! A namespace of its own with slirp4netns in front, as rootless containers have it.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// The namespace's keeper, and the slirp4netns that serves it.
pub struct Slirp {
    keeper: Child,
    slirp: Option<Child>,
}

impl Slirp {
    /// What the host's loopback is called inside.
    pub const HOST: &'static str = "10.0.2.2";

    /// Makes the namespace and waits until the network in it is there.
    pub fn start() -> Result<Self, Error> {
        let keeper = Command::new("unshare")
            .args(["--user", "--map-root-user", "--net", "--kill-child", "sleep", "infinity"])
            .spawn()
            .map_err(|error| format!("unshare: {error}; `cargo xtask peers` installs it"))?;
        let mut guest = Self { keeper, slirp: None };
        until("the namespace is there", || guest.is_separate())?;
        guest.attach()?;
        Ok(guest)
    }

    /// As slirp4netns is usually started: the MTU that rootless containers use, for the best it can do.
    fn attach(&mut self) -> Result<(), Error> {
        let mut slirp = Command::new("slirp4netns")
            .args(["--configure", "--mtu=65520", "--disable-dns", "--ready-fd=1"])
            .args([&self.keeper.id().to_string(), "tap0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("slirp4netns: {error}; `cargo xtask peers` installs it"))?;
        let ready = slirp.stdout.take();
        self.slirp = Some(slirp);
        let mut one = [0];
        match ready.map(|mut pipe| pipe.read(&mut one)) {
            Some(Ok(1)) => Ok(()),
            _ => Err("slirp4netns did not get ready".into()),
        }
    }

    /// A command that runs inside.
    pub fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new("nsenter");
        command.args([
            "--preserve-credentials",
            "--user",
            "--net",
            "--target",
            &self.keeper.id().to_string(),
        ]);
        command.args(words);
        command
    }

    /// True once the keeper has left our network namespace.
    fn is_separate(&self) -> bool {
        let theirs = std::fs::read_link(format!("/proc/{}/ns/net", self.keeper.id()));
        matches!((theirs, std::fs::read_link("/proc/self/ns/net")), (Ok(theirs), Ok(ours)) if theirs != ours)
    }
}

impl Drop for Slirp {
    fn drop(&mut self) {
        for child in [self.slirp.as_mut(), Some(&mut self.keeper)].into_iter().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until `holds`, ten seconds at most.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) -> Result<(), Error> {
    let began = Instant::now();
    while !holds() {
        if began.elapsed() > Duration::from_secs(10) {
            return Err(format!("waited in vain until {what}").into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
