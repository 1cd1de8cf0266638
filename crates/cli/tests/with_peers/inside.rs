//! Who runs inside: servers that change user, on ports below 1024, as root and as somebody else.

use std::process::Command;

use super::harness::{Ended, Scratch, finish};

/// Who runs the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    Root,
    Nobody,
}

/// `cordial` with these words, in a mount namespace that `script` has changed: with an empty folder at /mnt that all may
/// write to, where the command is, and a /dev/net/tun that is open to all.
pub fn in_a_world(scratch: &Scratch, user: User, script: &str, words: &[&str]) -> Command {
    assert!(
        rustix::process::geteuid().is_root(),
        "this test mounts things in a namespace of its own: run it as root"
    );
    let become_user = match user {
        User::Root => "",
        User::Nobody => "setpriv --reuid nobody --regid nogroup --clear-groups",
    };
    let script = format!(
        "mount -t tmpfs -o mode=1777 tmpfs /mnt
         mount -t tmpfs -o mode=755 tmpfs /dev/net
         mknod -m 0666 /dev/net/tun c 10 200
         cp \"$0\" /dev/net/cordial
         cd /mnt
         {script}
         exec {become_user} /dev/net/cordial \"$@\""
    );
    let cordial = scratch.cordial(words);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-ec", &script]).arg(cordial.get_program()).args(cordial.get_args());
    for (name, value) in cordial.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TMPDIR", "/mnt");
    command
}

/// What sshd asks for: a folder of its own, and an account that is not locked and has a shell.
const ACCOUNT: &str = "mkdir -p /run/sshd
    sed 's#^nobody:.*#nobody:x:65534:65534:nobody:/mnt:/bin/sh#' /etc/passwd > /dev/net/passwd
    sed 's#^nobody:[^:]*:#nobody:NP:#' /etc/shadow > /dev/net/shadow
    mount --bind /dev/net/passwd /etc/passwd
    mount --bind /dev/net/shadow /etc/shadow";

/// Runs a script inside, as both users.
fn as_both(script: &str, check: impl Fn(User, Ended)) {
    for user in [User::Root, User::Nobody] {
        let scratch = Scratch::new();
        let words = ["run", "--quiet", "--", "sh", "-ec", script];
        check(user, finish(in_a_world(&scratch, user, ACCOUNT, &words)));
        assert_eq!(scratch.survivors(), [], "{user:?}");
    }
}

/// Waits inside until a port answers.
const WAIT: &str =
    "answers() { for i in $(seq 200); do nc.openbsd -z 127.0.0.1 $1 && return; sleep 0.05; done; false; }";

#[test]
fn everybody_stays_who_they_are() {
    as_both("id -u; id -g; whoami", |user, ended| {
        let expected = match user {
            User::Root => "0\n0\nroot\n",
            User::Nobody => "65534\n65534\nnobody\n",
        };
        assert_eq!(ended.expect_code(0).stdout, expected);
    });
}

#[test]
fn nginx_serves_on_port_80() {
    let script = format!(
        "{WAIT}
         mkdir www; echo from nginx > www/index.html
         echo 'daemon off; worker_processes 2; pid /mnt/pid; error_log /mnt/log; events {{}}
           http {{ access_log off; client_body_temp_path /mnt/t; proxy_temp_path /mnt/t; fastcgi_temp_path /mnt/t;
             uwsgi_temp_path /mnt/t; scgi_temp_path /mnt/t; server {{ listen 80; listen [::]:80; root /mnt/www; }} }}' > conf
         nginx -c /mnt/conf -e /mnt/log 2>/dev/null & nginx=$!
         answers 80 || {{ cat /mnt/log; exit 9; }}
         curl -sS --max-time 10 http://127.0.0.1/; curl -sS --max-time 10 'http://[fd77::2]/'
         kill -TERM $nginx; wait $nginx"
    );
    as_both(&script, |user, ended| {
        assert_eq!(ended.expect_code(0).stdout, "from nginx\nfrom nginx\n", "{user:?}");
    });
}

#[test]
fn redis_serves() {
    let script = format!(
        "{WAIT}
         redis-server --port 379 --dir /mnt --save '' > /dev/null & redis=$!
         answers 379
         redis-cli -p 379 set greeting hello; redis-cli -p 379 get greeting
         kill -TERM $redis; wait $redis"
    );
    as_both(&script, |user, ended| assert_eq!(ended.expect_code(0).stdout, "OK\nhello\n", "{user:?}"));
}

#[test]
fn sshd_serves_on_port_22() {
    let script = format!(
        "{WAIT}
         ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f key; cp key.pub keys
         echo it came over > file
         me=$(whoami)
         printf '%s\\n' 'Port 22' 'HostKey /mnt/host' 'AuthorizedKeysFile /mnt/keys' 'StrictModes no' 'UsePAM no' \
             'PidFile none' 'PermitRootLogin yes' 'Subsystem sftp internal-sftp' > sshd_config
         /usr/sbin/sshd -D -e -f /mnt/sshd_config 2> log & sshd=$!
         answers 22 || {{ cat log; exit 9; }}
         options='-q -F none -i /mnt/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes'
         scp $options $me@127.0.0.1:/mnt/file copy || {{ cat log; exit 8; }}
         cat copy
         ssh $options $me@127.0.0.1 'echo as $(id -u)'
         kill -TERM $sshd; wait $sshd || :"
    );
    as_both(&script, |user, ended| {
        let expected = match user {
            User::Root => "it came over\nas 0\n",
            User::Nobody => "it came over\nas 65534\n",
        };
        let ended = ended.expect_code(0);
        assert_eq!(ended.stdout, expected, "{ended}");
    });
}

#[test]
fn ping_needs_no_root() {
    as_both("ping -c 1 -W 5 hello.cordial; ping -4 -c 1 -W 5 hello.cordial", |_, ended| {
        assert_eq!(ended.expect_code(0).stdout.matches("1 received").count(), 2);
    });
}

/// A proxy of the host's is not asked for our names, and one on the host's loopback is reached.
#[test]
fn a_proxy_on_the_loopback_is_reached_from_inside_and_not_for_our_names() {
    use std::io::{Read, Write};
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = proxy.local_addr().expect("bound").port();
    let serves = std::thread::spawn(move || {
        let (mut stream, _) = proxy.accept().expect("somebody asks");
        let mut request = [0; 1024];
        let length = stream.read(&mut request).expect("a request");
        stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nproxy\n").expect("it listens");
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let scratch = Scratch::new();
    let script = "curl -sS --max-time 10 http://hello.cordial/ | head -1 | cut -c1-5; curl -sS --max-time 10 http://name.invalid/";
    let mut command = scratch.cordial(["run", "--quiet", "--", "sh", "-c", script]);
    command
        .env("http_proxy", format!("http://127.0.0.1:{port}"))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY");
    assert_eq!(finish(command).expect_code(0).stdout, "Hello\nproxy\n");
    assert!(serves.join().expect("it ends").starts_with("GET http://name.invalid/"));
}

/// What keeps the command from running is said in the reader's language.
#[test]
fn what_is_missing_is_said_in_chinese() {
    let scratch = Scratch::new();
    let ended = finish(scratch.cordial(["run", "--lang", "zh", "--", "no-such-command"]));
    ended.expect_code(127).expect_stderr(&["no-such-command：找不到", "请检查拼写"]);
}
