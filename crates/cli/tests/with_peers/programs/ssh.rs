//! ssh with a command, and scp both ways.

use std::process::Command;

use super::super::harness::Scratch;
use super::super::ports::free_port;
use super::server::{Server, assert_same, outside, random_file};
use super::way::Way;

/// sshd on the host. As root in a mount namespace of its own, with the folder that sshd asks for and an account that
/// is not locked and reads no profile: nothing of this machine's is touched.
const SSHD: &str = r#"
if [ "$(id -u)" = 0 ]; then
    mount -t tmpfs tmpfs /run; mkdir /run/sshd
    sed "s#^root:.*#root:x:0:0:root:$1:/bin/sh#" /etc/passwd > passwd; mount --bind passwd /etc/passwd
    sed "s#^root:[^:]*:#root:NP:#" /etc/shadow > shadow; mount --bind shadow /etc/shadow
fi
exec /usr/sbin/sshd -D -e -f "$1/sshd_config"
"#;

struct Sshd {
    _server: Server,
    folder: Scratch,
    port: u16,
}

impl Sshd {
    fn start() -> Self {
        let (folder, port) = (Scratch::new(), free_port());
        outside(
            &folder,
            "ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f key; cp key.pub keys",
        );
        let at = |name: &str| folder.file(name).display().to_string();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nListenAddress ::1\nHostKey {}\nAuthorizedKeysFile {}\n\
             StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n\
             MaxStartups 100\n",
            at("host"),
            at("keys")
        );
        std::fs::write(folder.file("sshd_config"), config).expect("the folder can be written");
        let mut command = Command::new(if rustix::process::geteuid().is_root() { "unshare" } else { "sh" });
        if rustix::process::geteuid().is_root() {
            command.args(["--mount", "sh"]);
        }
        command.args(["-ec", SSHD, "sh"]).arg(folder.file("")).current_dir(folder.file(""));
        Self { _server: Server::start(command, &[port]), folder, port }
    }

    /// Options that ssh and scp understand.
    fn options(&self, way: Way) -> String {
        format!(
            "{} -q -F none -i {} -o Port={} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
             -o BatchMode=yes -o ConnectTimeout=30",
            way.flag(),
            self.folder.file("key").display(),
            self.port
        )
    }
}

/// Its output, what it complains of and its exit code are the command's; its input arrives to the last octet.
#[test]
fn ssh_runs_a_command() {
    let (sshd, scratch) = (Sshd::start(), Scratch::new());
    random_file(scratch.file("input"), 3_000_000);
    for way in Way::ALL {
        let ssh = format!("timeout 50 ssh {} $(id -un)@host.cordial", sshd.options(way));
        let script = format!(
            "code=0; {ssh} 'echo said; echo complained >&2; exit 7' 2>complaints || code=$?; echo $code; cat complaints
             {ssh} sha256sum < input; sha256sum < input; {ssh} cat < input | cmp - input && echo same"
        );
        let ended = way.run(&scratch, &script);
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert_eq!(lines.len(), 6, "{way}: {ended}");
        assert_eq!((&lines[..3], lines[5]), (&["said", "7", "complained"][..], "same"), "{way}: {ended}");
        assert_eq!(lines[3], lines[4], "{way}: {ended}");
    }
}

#[test]
fn scp_copies_twenty_megabytes_both_ways() {
    let (sshd, scratch) = (Sshd::start(), Scratch::new());
    let file = random_file(scratch.file("file"), 20_000_000);
    let there = sshd.folder.file("there");
    for way in Way::ALL {
        let scp = format!("timeout 50 scp {}", sshd.options(way));
        let remote = format!("$(id -un)@host.cordial:{}", there.display());
        way.run(&scratch, &format!("set -e; {scp} file {remote}; {scp} {remote} back"));
        for copy in [&there, &scratch.file("back")] {
            assert_same(copy, &file, way);
            std::fs::remove_file(copy).expect("it is there");
        }
    }
}
