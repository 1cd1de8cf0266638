//! The steps on the way to a running program.

use super::both::Both;

/// A step on the way to a running program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// The command makes sense: it has a name and no NUL in it.
    Command,
    /// A new process, bound to end with us.
    Fork,
    /// Namespaces of its own.
    Unshare,
    /// Its users, where it has a user namespace.
    UserNamespace,
    /// Mounts of its own.
    Mounts,
    /// The TUN device, opened and with an interface.
    Tun,
    /// The pair of virtual Ethernet interfaces, and the packet socket on its far end.
    Veth,
    /// The loopback interface.
    Loopback,
    /// The interface: its MTU, and that it is up.
    Interface,
    /// The IPv4 address and route.
    Ipv4,
    /// The IPv6 address and route, without which we can do.
    Ipv6,
    /// Ports below 1024 for everybody, without which we can do.
    LowPorts,
    /// Echo requests from ordinary users, without which we can do.
    Ping,
    /// `/etc/resolv.conf` and its like, without which we can do.
    NameService,
    /// The device, handed over to us.
    HandOver,
    /// The new process, waiting to be told to go on.
    Ended,
    /// The program itself.
    Execute,
}

impl Step {
    pub(super) const ALL: [Self; 17] = [
        Self::Command,
        Self::Fork,
        Self::Unshare,
        Self::UserNamespace,
        Self::Mounts,
        Self::Tun,
        Self::Veth,
        Self::Loopback,
        Self::Interface,
        Self::Ipv4,
        Self::Ipv6,
        Self::LowPorts,
        Self::Ping,
        Self::NameService,
        Self::HandOver,
        Self::Ended,
        Self::Execute,
    ];

    pub(super) fn from_u8(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&step| step as u8 == number)
    }

    /// What could not be done.
    pub(super) const fn failure(self) -> Both {
        match self {
            Self::Command => {
                Both::new("the command is empty or has a NUL in it", "命令是空的，或者里面有 NUL 字符")
            }
            Self::Fork => Both::new("cannot start a process", "无法启动进程"),
            Self::Unshare => Both::new("cannot create namespaces for the program", "无法为程序创建命名空间"),
            Self::UserNamespace => Both::new(
                "cannot map the user into the program's namespace",
                "无法把当前用户映射到程序的命名空间里",
            ),
            Self::Mounts => Both::new(
                "cannot separate the program's mounts from the system's",
                "无法把程序的挂载与系统的分开",
            ),
            Self::Tun => Both::new(
                "cannot create a network interface with /dev/net/tun",
                "无法用 /dev/net/tun 创建网络接口",
            ),
            Self::Veth => Both::new(
                "cannot create a veth pair with a packet socket",
                "无法创建 veth 接口对及其数据包套接字",
            ),
            Self::Loopback => {
                Both::new("cannot bring up the program's loopback interface", "无法启用程序的回环接口")
            }
            Self::Interface => {
                Both::new("cannot bring up the program's network interface", "无法启用程序的网络接口")
            }
            Self::Ipv4 => Both::new(
                "cannot give the program an IPv4 address and route",
                "无法给程序配置 IPv4 地址和路由",
            ),
            Self::Ipv6 => Both::new(
                "cannot give the program an IPv6 address and route",
                "无法给程序配置 IPv6 地址和路由",
            ),
            Self::LowPorts => {
                Both::new("cannot open ports below 1024 to the program", "无法让程序使用 1024 以下的端口")
            }
            Self::Ping => Both::new("cannot let the program ping", "无法让程序使用 ping"),
            Self::NameService => Both::new(
                "cannot replace /etc/resolv.conf for the program",
                "无法为程序替换 /etc/resolv.conf",
            ),
            Self::HandOver => {
                Both::new("cannot take over the program's network interface", "无法接管程序的网络接口")
            }
            Self::Ended => Both::new(
                "the program's process ended before the program ran",
                "程序还没运行，它的进程就结束了",
            ),
            Self::Execute => Both::new("cannot execute the program", "无法执行该程序"),
        }
    }

    /// What it means for the program when a step failed that can be done without.
    pub(super) const fn consequence(self) -> Both {
        match self {
            Self::Ipv6 => Both::new("it has IPv4 only", "程序只有 IPv4"),
            Self::LowPorts => Both::new(
                "unless it is root, it can listen on ports from 1024 on only",
                "除非是 root，它只能监听 1024 及以上的端口",
            ),
            Self::Ping => Both::new("unless it is root, ping fails", "除非是 root，ping 会失败"),
            Self::NameService => Both::new(
                "it may ask the system's name server, which it cannot reach",
                "它可能会去问系统的域名服务器，而那台服务器它访问不到",
            ),
            _ => Both::new("it runs without", "程序在没有它的情况下运行"),
        }
    }
}
