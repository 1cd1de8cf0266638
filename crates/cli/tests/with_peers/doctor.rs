//! `cordial doctor`, where everything works and where something was taken away.

use super::harness::{Ended, Scratch, finish};
use super::inside::{User, in_a_world};

/// Asks nobody outside: this machine's name server is itself, and has none.
const OWN_NAMES: &str =
    "echo 'nameserver 127.0.0.1' > /dev/net/resolv.conf; mount --bind /dev/net/resolv.conf /etc/resolv.conf";
const NO_TUN: &str = "rm /dev/net/tun";

fn doctor(user: User, script: &str, options: &[&str]) -> Ended {
    let scratch = Scratch::new();
    let words = [&["doctor"], options].concat();
    let ended = finish(in_a_world(&scratch, user, &format!("{OWN_NAMES}; {script}"), &words));
    assert_eq!(scratch.survivors(), [], "it leaves nothing");
    ended
}

/// The line of one subject.
#[track_caller]
fn line<'a>(ended: &'a Ended, subject: &str) -> &'a str {
    let mut lines = ended.stdout.lines();
    lines.find(|line| line.contains(subject)).unwrap_or_else(|| panic!("nothing of {subject}: {ended}"))
}

#[test]
fn it_says_that_a_run_works() {
    for user in [User::Root, User::Nobody] {
        let ended = doctor(user, "", &[]).expect_code(0);
        let works = ["user namespaces", "AppArmor", "TUN device", "veth pair", "ports below 1024"];
        for subject in works {
            assert!(line(&ended, subject).starts_with('✓'), "{user:?}: {subject}: {ended}");
        }
        assert!(line(&ended, "name service").starts_with("! "), "nobody answers at 127.0.0.1: {ended}");
        assert!(ended.stdout.contains("`cordial run` works here, on a TUN device."), "{ended}");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn without_tun_there_is_the_veth_pair() {
    for user in [User::Root, User::Nobody] {
        let ended = doctor(user, NO_TUN, &[]).expect_code(0);
        let tun = line(&ended, "TUN device");
        assert!(tun.starts_with('!') && tun.contains("sudo modprobe tun"), "{ended}");
        assert!(ended.stdout.contains("works here, on a veth pair"), "{ended}");
    }
    let ended = doctor(User::Nobody, "chmod 0600 /dev/net/tun", &[]).expect_code(0);
    assert!(line(&ended, "TUN device").contains("sudo chmod 0666 /dev/net/tun"), "{ended}");
}

/// The limit is one of the user namespace that it is written in: the machine keeps its own.
#[test]
fn without_user_namespaces_it_names_the_command() {
    let scratch = Scratch::new();
    let script = "exec unshare --user --map-root-user sh -ec '
        echo 0 > /proc/sys/user/max_user_namespaces
        exec setpriv --bounding-set -all --inh-caps -all -- /dev/net/cordial \"$@\"' sh \"$@\"";
    let ended = |options: &[&str]| {
        let words = [&["doctor"], options].concat();
        finish(in_a_world(&scratch, User::Root, &format!("{OWN_NAMES}; {script}"), &words)).expect_code(1)
    };
    let english = ended(&[]);
    let namespaces = line(&english, "user namespaces");
    assert!(namespaces.starts_with('✗'), "{english}");
    assert!(namespaces.ends_with("sudo sysctl -w user.max_user_namespaces=10000"), "{english}");
    assert!(line(&english, "TUN device").contains("not tried"), "{english}");
    assert!(english.stdout.contains("does not work here"), "{english}");
    let chinese = ended(&["--lang", "zh", "--ascii"]);
    assert!(line(&chinese, "用户命名空间").starts_with("no  "), "{chinese}");
    assert!(chinese.stdout.contains("在这里不可用"), "{chinese}");
    let json = ended(&["--json"]);
    assert!(line(&json, "\"user_namespaces\"").contains(r#""state":"missing""#), "{json}");
    assert!(line(&json, "\"run\"").contains(r#""device":null"#), "{json}");
    for line in json.stdout.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
    // And a run says the same.
    let words = ["run", "--", "true"];
    let ran = finish(in_a_world(&scratch, User::Root, script, &words)).expect_code(125);
    ran.expect_stderr(&["cannot create namespaces", "sudo sysctl -w user.max_user_namespaces=10000"]);
}

#[test]
fn it_leaves_nothing_behind() {
    let mounts = || std::fs::read_to_string("/proc/self/mountinfo").expect("/proc is there");
    let interfaces = || std::fs::read_to_string("/proc/self/net/dev").map(|text| text.lines().count());
    let before = (mounts(), interfaces().expect("/proc is there"));
    let scratch = Scratch::new();
    let script = format!("{OWN_NAMES}; unset nothing");
    finish(in_a_world(&scratch, User::Root, &script, &["doctor"])).expect_code(0);
    assert_eq!((mounts(), interfaces().expect("/proc is there")), before);
    assert_eq!(scratch.names(), Vec::<String>::new());
}
