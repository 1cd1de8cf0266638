//! What to type or change when a step fails.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use super::Step;
use super::both::{Both, InChinese, Speak, Tongue};

/// What to type or change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The kernel has no TUN driver, or the container no device file.
    InstallTun,
    /// The device file is closed to us.
    OpenTunToUsers,
    /// Debian's switch for user namespaces is off.
    AllowUserNamespaces,
    /// The number of user namespaces is limited, perhaps to none.
    RaiseUserNamespaces,
    /// Ubuntu's AppArmor lets user namespaces be made and nothing be done in them.
    LiftAppArmor,
    /// Something else, mostly a container's system call filter, forbids namespaces.
    LeaveTheContainer,
    /// The program's name has no slash and is in none of the directories of `PATH`.
    CheckThePath,
    /// The file is there; what its first line or its header asks for is not.
    CheckTheInterpreter,
    /// The file may not be executed.
    MakeExecutable,
    /// The file's format is not one that this machine runs.
    CheckTheFormat,
}

impl Advice {
    pub(super) fn find(
        step: Step,
        error: &io::Error,
        program: &OsStr,
        system: &impl Settings,
    ) -> Option<Self> {
        let errno = error.raw_os_error()?;
        let is_denied = matches!(errno, libc::EPERM | libc::EACCES);
        match step {
            Step::Execute => Self::on_execute(errno, program),
            Step::Tun if matches!(errno, libc::ENOENT | libc::ENODEV | libc::ENXIO) => Some(Self::InstallTun),
            Step::Tun if errno == libc::EACCES => Some(Self::OpenTunToUsers),
            Step::Unshare | Step::UserNamespace if system.is("user/max_user_namespaces", "0") => {
                Some(Self::RaiseUserNamespaces)
            }
            Step::Unshare if matches!(errno, libc::ENOSPC | libc::EUSERS) => Some(Self::RaiseUserNamespaces),
            Step::Unshare if is_denied && system.is("kernel/unprivileged_userns_clone", "0") => {
                Some(Self::AllowUserNamespaces)
            }
            _ if is_denied && system.is("kernel/apparmor_restrict_unprivileged_userns", "1") => {
                Some(Self::LiftAppArmor)
            }
            Step::Unshare | Step::UserNamespace if is_denied => Some(Self::LeaveTheContainer),
            _ => None,
        }
    }

    fn on_execute(errno: i32, program: &OsStr) -> Option<Self> {
        match errno {
            libc::ENOENT if !has_slash(program) => Some(Self::CheckThePath),
            libc::ENOENT if Path::new(program).exists() => Some(Self::CheckTheInterpreter),
            libc::EACCES if Path::new(program).is_file() => Some(Self::MakeExecutable),
            libc::ENOEXEC => Some(Self::CheckTheFormat),
            _ => None,
        }
    }
}

impl Advice {
    /// The sentence or two, in Chinese; in English it is what `Display` says.
    pub fn in_chinese(&self) -> impl fmt::Display + '_ {
        InChinese(self)
    }

    /// The command that changes it, where there is one; root has to type it.
    pub const fn command(self) -> Option<&'static str> {
        match self {
            Self::InstallTun => Some("modprobe tun"),
            Self::OpenTunToUsers => Some("chmod 0666 /dev/net/tun"),
            Self::AllowUserNamespaces => Some("sysctl -w kernel.unprivileged_userns_clone=1"),
            Self::RaiseUserNamespaces => Some("sysctl -w user.max_user_namespaces=10000"),
            Self::LiftAppArmor => Some("sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
            _ => None,
        }
    }

    const fn words(self) -> Both {
        match self {
            Self::InstallTun => Both::new(
                "The kernel's TUN driver is not there. Load it with `sudo modprobe tun`; \
                 a container needs `--device /dev/net/tun`.",
                "内核的 TUN 驱动不在。用 `sudo modprobe tun` 加载；容器启动时要加 `--device /dev/net/tun`。",
            ),
            Self::OpenTunToUsers => Both::new(
                "Only root may open it here. Run this with sudo, or let everybody open it, as most \
                 systems do: `sudo chmod 0666 /dev/net/tun`.",
                "这里只有 root 能打开它。请用 sudo 运行，或者像多数系统那样对所有人开放：\
                 `sudo chmod 0666 /dev/net/tun`。",
            ),
            Self::AllowUserNamespaces => Both::new(
                "User namespaces are switched off. Run this with sudo, or switch them on: \
                 `sudo sysctl -w kernel.unprivileged_userns_clone=1`.",
                "用户命名空间被关掉了。请用 sudo 运行，或者打开它：\
                 `sudo sysctl -w kernel.unprivileged_userns_clone=1`。",
            ),
            Self::RaiseUserNamespaces => Both::new(
                "No more user namespaces are allowed. Run this with sudo, or allow more: \
                 `sudo sysctl -w user.max_user_namespaces=10000`.",
                "用户命名空间的数量到了上限。请用 sudo 运行，或者调高上限：\
                 `sudo sysctl -w user.max_user_namespaces=10000`。",
            ),
            Self::LiftAppArmor => Both::new(
                "AppArmor keeps user namespaces from being used. Run this with sudo, or lift that: \
                 `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`.",
                "AppArmor 不让使用用户命名空间。请用 sudo 运行，或者解除限制：\
                 `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`。",
            ),
            Self::LeaveTheContainer => Both::new(
                "Something forbids namespaces, in a container mostly its system call filter. Run this \
                 outside, or start the container with `--privileged`.",
                "命名空间被禁止了，在容器里多半是系统调用过滤器所致。请在容器外运行，\
                 或者用 `--privileged` 启动容器。",
            ),
            Self::CheckThePath => Both::new(
                "It is in none of the directories of PATH. Check the spelling, or give its path.",
                "PATH 的各个目录里都没有它。请检查拼写，或者给出它的路径。",
            ),
            Self::CheckTheInterpreter => Both::new(
                "The file is there, but what runs it is not: check the interpreter in its first line, \
                 or the loader and libraries (`ldd`) of a program.",
                "文件在，但运行它的东西不在：请检查脚本首行的解释器，或者程序的加载器和动态库（`ldd`）。",
            ),
            Self::MakeExecutable => Both::new(
                "The file is not executable for you: `chmod +x` makes it so.",
                "你没有执行这个文件的权限：可用 `chmod +x` 加上。",
            ),
            Self::CheckTheFormat => Both::new(
                "This machine cannot run its format: it is for another kind of processor, or not a program.",
                "这台机器不能运行这种格式：它是给另一种处理器的，或者根本不是程序。",
            ),
        }
    }
}

impl Speak for Advice {
    fn speak(&self, tongue: Tongue, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().text(tongue))
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.speak(Tongue::English, f)
    }
}

/// Such a program is not looked up in `PATH`.
pub(super) fn has_slash(program: &OsStr) -> bool {
    program.as_encoded_bytes().contains(&b'/')
}

pub(super) fn is_in_path(program: &OsStr) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).exists())
}

/// The kernel's settings, by their path below `/proc/sys`.
pub(super) trait Settings {
    fn read(&self, name: &str) -> Option<String>;

    fn is(&self, name: &str, value: &str) -> bool {
        self.read(name).is_some_and(|text| text.trim() == value)
    }
}

pub(super) struct System;

impl Settings for System {
    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(format!("/proc/sys/{name}")).ok()
    }
}
