use super::super::advice::Settings;
use super::*;

struct With(&'static [(&'static str, &'static str)]);

impl Settings for With {
    fn read(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| format!("{value}\n"))
    }
}

fn advice(step: Step, errno: i32, settings: &'static [(&'static str, &'static str)]) -> Option<Advice> {
    Advice::find(step, &io::Error::from_raw_os_error(errno), OsStr::new("cmd"), &With(settings))
}

#[test]
fn a_closed_or_missing_tun_device_is_told_apart() {
    assert_eq!(advice(Step::Tun, libc::EACCES, &[]), Some(Advice::OpenTunToUsers));
    assert_eq!(advice(Step::Tun, libc::ENOENT, &[]), Some(Advice::InstallTun));
    assert_eq!(advice(Step::Tun, libc::ENODEV, &[]), Some(Advice::InstallTun));
    assert_eq!(advice(Step::Tun, libc::EBUSY, &[]), None);
}

#[test]
fn the_switch_that_forbids_user_namespaces_is_named() {
    let denied = |settings| advice(Step::Unshare, libc::EPERM, settings);
    assert_eq!(denied(&[("user/max_user_namespaces", "0")]), Some(Advice::RaiseUserNamespaces));
    assert_eq!(denied(&[("kernel/unprivileged_userns_clone", "0")]), Some(Advice::AllowUserNamespaces));
    assert_eq!(denied(&[("kernel/unprivileged_userns_clone", "1")]), Some(Advice::LeaveTheContainer));
    assert_eq!(advice(Step::Unshare, libc::ENOSPC, &[]), Some(Advice::RaiseUserNamespaces));
    let ubuntu = &[("kernel/apparmor_restrict_unprivileged_userns", "1")];
    for step in [Step::Unshare, Step::UserNamespace, Step::Mounts, Step::Loopback, Step::Interface] {
        assert_eq!(advice(step, libc::EPERM, ubuntu), Some(Advice::LiftAppArmor), "{step:?}");
    }
}

#[test]
fn our_own_failures_are_125_and_the_programs_126_or_127() {
    let code =
        |step, errno| SpawnError::new(step, io::Error::from_raw_os_error(errno), "cmd".into()).exit_code();
    assert_eq!(code(Step::Execute, libc::ENOENT), 127);
    for errno in [libc::ENOEXEC, libc::E2BIG, libc::ENOTDIR] {
        assert_eq!(code(Step::Execute, errno), 126);
    }
    assert_eq!(
        code(Step::Execute, libc::EACCES),
        127,
        "a closed directory of PATH, and no cmd in the others"
    );
    let denied = |program: &str| {
        SpawnError::new(Step::Execute, io::ErrorKind::PermissionDenied.into(), program.into())
    };
    assert_eq!(denied("sh").exit_code(), 126, "it is there");
    assert_eq!(denied("./cmd").exit_code(), 126, "not looked up");
    for step in Step::ALL.into_iter().filter(|&step| step != Step::Execute) {
        assert_eq!(code(step, libc::ENOENT), 125, "{step:?}");
    }
}

#[test]
fn the_message_says_what_failed_and_what_to_do() {
    let error = SpawnError::new(Step::Tun, io::Error::from_raw_os_error(libc::EACCES), "curl".into());
    let text = error.to_string();
    assert!(
        text.starts_with("cannot create a network interface with /dev/net/tun: Permission denied"),
        "{text}"
    );
    assert!(text.ends_with("`sudo chmod 0666 /dev/net/tun`."), "{text}");
    let error = SpawnError::new(Step::Execute, io::Error::from_raw_os_error(libc::ENOENT), "curlx".into());
    assert!(error.to_string().starts_with("curlx: not found\nIt is in none of the directories of PATH"));
}

#[test]
fn every_step_has_a_number_of_its_own() {
    for step in Step::ALL {
        assert_eq!(Step::from_u8(step as u8), Some(step));
    }
    assert_eq!(Step::from_u8(200), None);
}

#[test]
fn everything_is_said_in_chinese_too() {
    let error = SpawnError::new(Step::Tun, io::Error::from_raw_os_error(libc::EACCES), "curl".into());
    let text = error.in_chinese().to_string();
    assert!(text.starts_with("无法用 /dev/net/tun 创建网络接口：Permission denied"), "{text}");
    assert!(text.ends_with("`sudo chmod 0666 /dev/net/tun`。"), "{text}");
    let error = SpawnError::new(Step::Execute, io::Error::from_raw_os_error(libc::ENOENT), "curlx".into());
    assert!(error.in_chinese().to_string().starts_with("curlx：找不到\nPATH 的各个目录里都没有它"));
    for step in Step::ALL {
        for words in [step.failure(), step.consequence()] {
            assert!(words.en.is_ascii() && !words.zh.is_ascii(), "{words:?}");
        }
        let warning = Warning::new(step, io::Error::from_raw_os_error(libc::EPERM));
        assert_ne!(warning.to_string(), warning.in_chinese().to_string());
    }
}

#[test]
fn advice_names_the_command_that_it_gives() {
    let all = [
        Advice::InstallTun,
        Advice::OpenTunToUsers,
        Advice::AllowUserNamespaces,
        Advice::RaiseUserNamespaces,
        Advice::LiftAppArmor,
    ];
    for advice in all {
        let command = format!("`sudo {}`", advice.command().expect("it has one"));
        for text in [advice.to_string(), advice.in_chinese().to_string()] {
            assert!(text.contains(&command), "{text}");
        }
    }
}
