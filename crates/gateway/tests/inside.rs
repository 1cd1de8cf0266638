//! What the program finds: names asked of us whatever the host's files look like, and the variables
//! of a proxy.

mod common;

use common::{again, assert_passed, is_inside, is_root, output_of};

/// Runs the test `name` again twice, as root and as user 1234, after `script` has changed the world
/// for it in a mount namespace of its own.
fn in_a_world(name: &str, script: &str, body: impl FnOnce()) {
    if is_inside() {
        return body();
    }
    assert!(is_root(), "this test mounts things in namespaces of its own: run it as root");
    let users = ["", "setpriv --reuid 1234 --regid 1234 --clear-groups"];
    for user in users {
        let script = format!(
            "mount -t tmpfs -o mode=755 tmpfs /dev/net
             mknod -m 0666 /dev/net/tun c 10 200
             cp \"$1\" /dev/net/tests
             shift
             {script}
             exec {user} /dev/net/tests \"$@\""
        );
        assert_passed(&again(&["unshare", "--mount", "sh", "-ec", &script, "sh"], &["--exact", name]));
    }
}

/// A copy of /etc, in which the files by which names are found can be changed.
const OWN_ETC: &str = "mount -t tmpfs -o mode=755 tmpfs /mnt
    cp -a /etc /mnt/etc
    rm -f /mnt/etc/resolv.conf
    mount --bind /mnt/etc /etc";

const OURS: &str = "nameserver 10.77.0.1\n";

#[test]
fn a_resolv_conf_that_links_to_nothing() {
    let script = format!(
        "{OWN_ETC}; ln -s ../run/nowhere/stub-resolv.conf /etc/resolv.conf; rm -f /etc/nsswitch.conf"
    );
    in_a_world("a_resolv_conf_that_links_to_nothing", &script, || {
        assert_eq!(output_of("cat /etc/resolv.conf"), OURS);
        // The rest of /etc is as it was.
        assert!(output_of("cat /etc/passwd").starts_with("root:"));
        let names = |listing: String| listing.lines().map(str::to_owned).collect::<Vec<_>>();
        let mut host: Vec<String> = std::fs::read_dir("/etc")
            .expect("there")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        host.sort();
        assert_eq!(names(output_of("LC_ALL=C ls -A /etc")), host);
        assert_eq!(
            std::fs::read_link("/etc/resolv.conf").expect("a link").to_str(),
            Some("../run/nowhere/stub-resolv.conf")
        );
    });
}

/// As NetworkManager and dhclient do; what is mounted over the file goes away with it.
#[test]
fn a_resolv_conf_that_is_replaced_while_the_program_runs() {
    let wait = |file: &str| {
        format!("i=0; while [ ! -e {file} ] && [ $i -lt 3000 ]; do sleep 0.02; i=$((i + 1)); done")
    };
    let replace = "echo 'nameserver 127.0.0.99' >/etc/new && mv /etc/new /etc/resolv.conf";
    let script = format!(
        "{OWN_ETC}; echo 'nameserver 127.0.0.53' >/etc/resolv.conf; mkdir -m 777 /mnt/talk /etc/own
         echo mounted >/etc/own/what
         ({}; {replace}; echo later >/etc/later; touch /mnt/talk/done) >/dev/null 2>&1 &",
        wait("/mnt/talk/go")
    );
    in_a_world("a_resolv_conf_that_is_replaced_while_the_program_runs", &script, || {
        let new = "touch /etc/new-file 2>/dev/null; cat /etc/own/what /etc/later 2>/dev/null; test -w /etc/passwd && echo can-write";
        if is_root() {
            // Who may write in /etc still may.
            assert_eq!(
                output_of(&format!("cat /etc/resolv.conf; {new}")),
                format!("{OURS}mounted\ncan-write\n")
            );
            return assert!(std::fs::exists("/etc/new-file").expect("/etc can be searched"));
        }
        let meanwhile = format!("touch /mnt/talk/go; {}; test -e /mnt/talk/done", wait("/mnt/talk/done"));
        let script =
            format!("cat /etc/resolv.conf; {meanwhile}; cat /etc/resolv.conf; {new}; ls /etc/new-file; true");
        let out = output_of(&script);
        assert!(out.starts_with(&OURS.repeat(2)), "{out}");
        assert!(!out.contains("can-write") && out.contains("No such file"), "{out}");
        assert!(out.contains("mounted\n") && out.contains("later\n"), "the rest is the host's: {out}");
        let host = std::fs::read_to_string("/etc/resolv.conf").expect("there");
        assert_eq!(host, "nameserver 127.0.0.99\n");
    });
}

#[test]
fn a_system_without_a_resolv_conf() {
    in_a_world("a_system_without_a_resolv_conf", OWN_ETC, || {
        assert_eq!(output_of("cat /etc/resolv.conf"), OURS);
        assert!(!std::fs::exists("/etc/resolv.conf").expect("/etc can be searched"), "the host has none");
    });
}

#[test]
fn systemd_resolved_and_name_caches_are_hidden() {
    let script = format!(
        "{OWN_ETC}
         ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
         echo 'hosts: resolve [!UNAVAIL=return] files dns' >/etc/nsswitch.conf
         mount -t tmpfs -o mode=755 tmpfs /run
         mkdir -p /run/systemd/resolve/netif /run/nscd
         touch /run/systemd/resolve/io.systemd.Resolve /run/nscd/socket
         echo 'nameserver 127.0.0.53' | tee /run/systemd/resolve/stub-resolv.conf >/run/systemd/resolve/resolv.conf"
    );
    in_a_world("systemd_resolved_and_name_caches_are_hidden", &script, || {
        assert_eq!(output_of("cat /etc/resolv.conf /run/systemd/resolve/resolv.conf"), OURS.repeat(2));
        assert_eq!(output_of("cat /etc/nsswitch.conf"), "hosts: files dns\n");
        assert_eq!(output_of("ls -A /run/systemd/resolve"), "resolv.conf\nstub-resolv.conf\n");
        assert_eq!(output_of("ls -A /run/nscd /var/run/nscd/"), "/run/nscd:\n\n/var/run/nscd/:\n");
        assert!(std::fs::exists("/run/nscd/socket").expect("searchable"), "the host's are where they were");
    });
}

#[test]
fn a_resolv_conf_elsewhere_is_covered_where_it_is() {
    let script = format!(
        "{OWN_ETC}
         mkdir /mnt/elsewhere
         echo 'nameserver 127.0.0.53' >/mnt/elsewhere/resolv.conf
         ln -s /mnt/elsewhere/resolv.conf /etc/resolv.conf"
    );
    in_a_world("a_resolv_conf_elsewhere_is_covered_where_it_is", &script, || {
        assert_eq!(output_of("cat /etc/resolv.conf /mnt/elsewhere/resolv.conf"), OURS.repeat(2));
    });
}

#[test]
fn echo_requests_need_no_root() {
    in_a_world("echo_requests_need_no_root", "", || {
        let range = output_of("cat /proc/sys/net/ipv4/ping_group_range");
        let range: Vec<u32> =
            range.split_whitespace().map(|number| number.parse().expect("a group")).collect();
        let group = rustix::process::getegid().as_raw();
        assert!(range[0] <= group && group <= range[1], "{range:?}");
        let echo = "import socket
for family, protocol in (socket.AF_INET, socket.IPPROTO_ICMP), (socket.AF_INET6, socket.IPPROTO_ICMPV6):
    socket.socket(family, socket.SOCK_DGRAM, protocol)";
        // Debian's own, not one below a home that user 1234 cannot enter.
        if std::fs::exists("/usr/bin/python3").expect("searchable") {
            output_of(&format!("/usr/bin/python3 -c '{echo}'"));
        }
    });
}

#[test]
fn a_proxy_on_the_loopback_is_named_as_it_is_reached() {
    let script = "export http_proxy=http://127.0.0.1:3128 NO_PROXY=intranet.example; unset no_proxy";
    in_a_world("a_proxy_on_the_loopback_is_named_as_it_is_reached", script, || {
        let variables =
            output_of("echo $http_proxy; echo $no_proxy; echo $NO_PROXY; echo $CORDIAL_TEST_INSIDE");
        let lines: Vec<&str> = variables.lines().collect();
        assert_eq!((lines[0], lines[3]), ("http://10.77.0.254:3128", "1"), "{variables}");
        assert!(lines[1].starts_with("intranet.example,hello.cordial,host.cordial,"), "{variables}");
        assert_eq!(lines[1], lines[2]);
    });
}
