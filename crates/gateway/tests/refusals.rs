//! Systems on which it cannot work, and what they are told.

mod common;

use cordial_gateway::{Advice, DeviceChoice, Network, Spawner, Step};

use common::{again, assert_passed, is_inside, is_root};

/// Runs the test `name` again after `script`, which changes the world for it: `"$@"` runs it.
fn in_a_world(name: &str, script: &str, body: impl FnOnce()) {
    if is_inside() {
        return body();
    }
    assert!(is_root(), "this test changes /dev/net and sysctls in namespaces of its own: run it as root");
    assert_passed(&again(&["unshare", "--mount", "sh", "-ec", script, "sh"], &["--exact", name]));
}

/// A program that is to have a TUN device and nothing else.
fn only_tun() -> Spawner {
    Spawner::new(["true"]).network(Network { choice: DeviceChoice::Tun, ..Network::default() })
}

#[test]
fn a_tun_device_closed_to_the_user() {
    let script = "mount -t tmpfs -o mode=755 tmpfs /dev/net
        mknod -m 0600 /dev/net/tun c 10 200
        cp \"$1\" /dev/net/tests
        shift
        exec setpriv --reuid 1234 --regid 1234 --clear-groups /dev/net/tests \"$@\"";
    in_a_world("a_tun_device_closed_to_the_user", script, || {
        let error = only_tun().prepare().expect_err("closed");
        assert_eq!((error.step(), error.advice()), (Step::Tun, Some(Advice::OpenTunToUsers)));
        assert_eq!(error.exit_code(), 125);
        assert!(error.to_string().contains("sudo chmod 0666 /dev/net/tun"), "{error}");
    });
}

#[test]
fn a_system_without_a_tun_device() {
    let script = "mount -t tmpfs tmpfs /dev/net; exec \"$@\"";
    in_a_world("a_system_without_a_tun_device", script, || {
        let error = only_tun().prepare().expect_err("missing");
        assert_eq!((error.step(), error.advice()), (Step::Tun, Some(Advice::InstallTun)));
        assert!(error.to_string().contains("modprobe tun"), "{error}");
    });
}

/// A veth pair takes a second network namespace; the first is the program's.
#[test]
fn a_system_with_neither_a_tun_device_nor_a_veth_pair() {
    let script = "mount -t tmpfs tmpfs /dev/net
        exec unshare --user --map-root-user sh -ec '
        echo 1 >/proc/sys/user/max_net_namespaces
        exec \"$@\"' sh \"$@\"";
    in_a_world("a_system_with_neither_a_tun_device_nor_a_veth_pair", script, || {
        let error = Spawner::new(["true"]).prepare().expect_err("neither");
        assert_eq!((error.step(), error.advice()), (Step::Veth, Some(Advice::InstallTun)));
        assert_eq!(error.exit_code(), 125);
        for text in [error.to_string(), error.in_chinese().to_string()] {
            assert!(
                text.contains("/dev/net/tun") && text.contains("veth") && text.contains("modprobe"),
                "{text}"
            );
            assert_eq!(text.lines().count(), 3, "{text}");
        }
    });
}

#[test]
fn a_system_without_user_namespaces() {
    // The limit is one of the user namespace it is written in: the host keeps its own.
    let script = "exec unshare --user --map-root-user sh -ec '
        echo 0 >/proc/sys/user/max_user_namespaces
        exec setpriv --bounding-set -all --inh-caps -all -- \"$@\"' sh \"$@\"";
    in_a_world("a_system_without_user_namespaces", script, || {
        let error = Spawner::new(["true"]).prepare().expect_err("none allowed");
        assert_eq!((error.step(), error.advice()), (Step::Unshare, Some(Advice::RaiseUserNamespaces)));
        assert!(error.to_string().contains("user.max_user_namespaces"), "{error}");
    });
}

/// Root without capabilities, as in a container: everybody stays who they are, in a user namespace.
#[test]
fn root_without_capabilities_is_not_told_to_become_root() {
    let script = "mount -t tmpfs -o mode=755 tmpfs /dev/net
        mknod -m 0666 /dev/net/tun c 10 200
        exec setpriv --bounding-set -sys_admin,-net_admin --inh-caps -all -- \"$@\"";
    in_a_world("root_without_capabilities_is_not_told_to_become_root", script, || {
        let inside = common::output_of("id -u; cat /proc/self/uid_map");
        let words = inside.split_whitespace().collect::<Vec<_>>();
        assert_eq!(words, ["0", "0", "0", "4294967295"], "user, and the map of users");
    });
}
