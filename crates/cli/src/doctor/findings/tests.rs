use std::time::Duration;

use cordial_gateway::doctor::Switches;

use super::*;

/// Root on a machine where everything works.
fn healthy() -> Examination {
    Examination {
        needs_user_namespace: false,
        switches: Switches { most: Some(1_000), unprivileged: None, apparmor: None },
        tun: Ok(()),
        veth: Ok(()),
        inside: Some(Inside { ping: true, low_ports: true, ipv6: true, names: true }),
        ipv6_outside: true,
        ping_outside: true,
        names: vec![NameServer {
            at: ([192, 0, 2, 1], 53).into(),
            answers: Answers::After(Duration::from_millis(7)),
        }],
        descriptors: 1_048_576,
    }
}

#[track_caller]
fn find(found: &Examination, name: &str) -> Finding {
    Finding::all(found, Lang::En).into_iter().find(|finding| finding.name == name).expect("a line for it")
}

#[test]
fn where_everything_works_there_is_nothing_to_change() {
    for lang in [Lang::En, Lang::Zh] {
        for finding in Finding::all(&healthy(), lang) {
            assert_eq!((finding.state, &finding.change), (State::Works, &None), "{finding:?}");
            assert!(!finding.says.contains('{'), "{finding:?}");
        }
    }
    assert_eq!(find(&healthy(), "names").says, "192.0.2.1 answers, in 7 ms");
}

#[test]
fn a_name_server_that_is_silent_is_named() {
    let silent =
        NameServer { at: ([127, 0, 0, 53], 53).into(), answers: Answers::Silent(Duration::from_secs(2)) };
    let mut found = Examination { names: vec![silent], ..healthy() };
    let names = find(&found, "names");
    assert_eq!((names.state, &*names.says), (State::Limited, "127.0.0.53 did not answer within 2 s"));
    assert!(names.change.is_some_and(|change| change.contains("/etc/resolv.conf")));
    found.names.extend(healthy().names);
    assert_eq!(find(&found, "names").state, State::Works, "one is enough");
    found.names.clear();
    assert_eq!(find(&found, "names").state, State::Limited);
}

#[test]
fn apparmor_matters_where_it_is_in_the_way() {
    let with = |needs_user_namespace, apparmor| {
        let switches = Switches { apparmor: Some(apparmor), ..healthy().switches };
        find(&Examination { needs_user_namespace, switches, ..healthy() }, "apparmor")
    };
    assert_eq!(with(true, false).says, "off");
    assert_eq!(with(false, true).says, "on, and does not concern root");
    assert_eq!(with(true, true).says, "on, and lets this program through");
}

#[test]
fn what_is_missing_inside_says_so() {
    let nothing = Inside { ping: false, low_ports: false, ipv6: false, names: false };
    let found = Examination { inside: Some(nothing), ..healthy() };
    for name in ["ping", "low_ports", "ipv6", "names"] {
        assert_eq!(find(&found, name).state, State::Limited, "{name}");
    }
    let found = Examination { ipv6_outside: false, ping_outside: false, descriptors: 1_024, ..healthy() };
    assert_eq!(find(&found, "ipv6").state, State::Limited);
    assert!(find(&found, "ping").change.is_some_and(|change| change.contains("ping_group_range")));
    assert!(find(&found, "descriptors").change.is_some_and(|change| change.contains("prlimit")));
}
