//! The programs that the interop tests talk to, and where they come from.

use crate::failure::Failure;
use crate::shell::{command, has, run};

/// Debian's package, and a program that is there once it is installed.
const PEERS: &[(&str, &str)] = &[
    ("curl", "curl"),
    ("nginx-light", "nginx"),
    ("iperf3", "iperf3"),
    ("netcat-openbsd", "nc.openbsd"),
    ("socat", "socat"),
    ("tshark", "tshark"),
    ("iproute2", "ip"),
    ("iputils-ping", "ping"),
    ("bind9-dnsutils", "dig"),
    ("slirp4netns", "slirp4netns"),
    ("nftables", "nft"),
    ("util-linux", "unshare"),
    ("procps", "ps"),
    ("python3", "python3"),
    ("redis-server", "redis-server"),
    ("openssh-server", "sshd"),
    ("openssh-client", "scp"),
    ("wget", "wget"),
    ("git", "git"),
    ("openssl", "openssl"),
    ("nodejs", "node"),
    // The compiler comes with the whole kit only.
    ("default-jdk-headless", "javac"),
    ("bsdutils", "script"),
    ("vim-tiny", "vi"),
    ("less", "less"),
    // The fuzzer's runtime is C++.
    ("g++", "c++"),
];

/// Asked by tshark's package on some systems; the answer is its default.
const PRESEED: &str = "wireshark-common wireshark-common/install-setuid boolean false\n";

/// Sees to it that every peer is there: installs what is missing if it may.
///
/// # Errors
///
/// [`Failure::Missing`] with what to install, if that takes another user or another system.
pub fn provide() -> Result<(), Failure> {
    let missing = missing();
    if missing.is_empty() {
        eprintln!("all {} peers are here", PEERS.len());
        return Ok(());
    }
    if !is_root() || !has("apt-get") {
        return Err(Failure::Missing(advice(&missing)));
    }
    install(&missing)?;
    match self::missing() {
        left if left.is_empty() => Ok(()),
        left => Err(Failure::Missing(format!("installed, yet not found: {}", left.join(" ")))),
    }
}

/// Packages whose program is not there.
fn missing() -> Vec<&'static str> {
    PEERS.iter().filter(|(_, program)| !has(program)).map(|&(package, _)| package).collect()
}

fn advice(missing: &[&str]) -> String {
    format!(
        "missing peers: {0}\ninstall them first (Debian's names): sudo apt-get install --no-install-recommends {0}",
        missing.join(" ")
    )
}

/// Installs by apt-get. If that fails: once more, with an installation that was cut off brought to its end
/// (dpkg refuses all else before that) and with fresh package lists.
fn install(packages: &[&str]) -> Result<(), Failure> {
    preseed()?;
    if apt(&["install"], packages).is_ok() {
        return Ok(());
    }
    let mut dpkg = command("dpkg");
    dpkg.env("DEBIAN_FRONTEND", "noninteractive").args(["--configure", "-a"]);
    run(dpkg)?;
    apt(&["update"], &[])?;
    apt(&["install"], packages)
}

fn apt(verb: &[&str], packages: &[&str]) -> Result<(), Failure> {
    let mut apt = command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-q", "-y", "--no-install-recommends"])
        .args(verb)
        .args(packages);
    run(apt)
}

/// Answers, before it is asked, what a package would ask.
fn preseed() -> Result<(), Failure> {
    use std::io::Write;
    use std::process::Stdio;

    let failed = |error| Failure::Start { program: "debconf-set-selections".into(), error };
    let mut child = command("debconf-set-selections").stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(PRESEED.as_bytes()).map_err(failed)?;
    }
    child.wait().map_err(failed)?;
    Ok(())
}

/// True if the effective user is root, by what the kernel says of this process.
fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    effective_uid(&status) == Some(0)
}

fn effective_uid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_user_is_the_second_number() {
        assert_eq!(effective_uid("Name:\tx\nUid:\t1000\t0\t0\t0\n"), Some(0));
        assert_eq!(effective_uid("Uid:\t0\t1000\t0\t0\n"), Some(1000));
        assert_eq!(effective_uid(""), None);
    }

    #[test]
    fn advice_can_be_pasted() {
        assert!(
            advice(&["curl", "socat"]).ends_with("sudo apt-get install --no-install-recommends curl socat")
        );
    }
}
