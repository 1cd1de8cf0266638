//! What the doctor says, in both languages.

cordial_trace::phrases! { pub const;
    USER_NAMESPACES: "user namespaces", "用户命名空间";
    APPARMOR: "AppArmor's restriction", "AppArmor 限制";
    TUN: "TUN device", "TUN 设备";
    VETH: "veth pair", "veth 接口对";
    PING: "ping", "ping 命令";
    IPV6: "IPv6", "IPv6 协议";
    LOW_PORTS: "ports below 1024", "1024 以下的端口";
    NAMES: "name service", "域名解析";
    DESCRIPTORS: "file descriptors", "文件描述符";
    COMMA: "; ", "；";
    NOT_TRIED: "not tried: there is no namespace to try it in", "没有试：没有可用的命名空间";
    NAMESPACES_MADE: "can be made and used (as many as {most})", "可以创建并使用（上限 {most} 个）";
    NAMESPACES_NOT_NEEDED: "not needed: you are root", "不需要：你是 root";
    APPARMOR_ABSENT: "this system has none", "本系统没有这项限制";
    APPARMOR_OFF: "off", "已关闭";
    APPARMOR_ROOT: "on, and does not concern root", "已开启，但不影响 root";
    APPARMOR_LETS_US: "on, and lets this program through", "已开启，但放行本程序";
    APPARMOR_BLOCKS: "on, and keeps user namespaces from being used", "已开启，用户命名空间因此不能使用";
    DEVICE_WORKS: "works: a program ran on it", "可用：已在上面运行过一个程序";
    PING_WORKS: "works, inside and to the outside", "可用，内外都通";
    PING_NOT_INSIDE: "a program that is not root cannot ping: /proc/sys is closed here", "不是 root 的程序不能 ping：这里的 /proc/sys 不可写";
    PING_NOT_OUTSIDE: "reaches our own names only: your group may not send echo requests from this machine", "只能 ping 通我们自己的名字：你所在的组不能从本机发送回显请求";
    IPV6_WORKS: "works, inside and to the outside", "可用，内外都通";
    IPV6_NOT_INSIDE: "not inside: this kernel has it switched off", "里面不可用：内核关闭了 IPv6";
    IPV6_NOT_OUTSIDE: "works inside; this machine itself has no way to IPv6 addresses", "里面可用；但本机没有通往 IPv6 地址的路由";
    LOW_PORTS_WORK: "a program may listen on them", "程序可以监听";
    LOW_PORTS_CLOSED: "a program that is not root cannot listen on them: /proc/sys is closed here", "不是 root 的程序不能监听：这里的 /proc/sys 不可写";
    ANSWERS: "{at} answers, in {ms} ms", "{at} 有应答，用时 {ms} 毫秒";
    SILENT: "{at} did not answer within {s} s", "{at} 在 {s} 秒内没有应答";
    UNREACHABLE: "{at} cannot be asked ({error})", "{at} 无法访问（{error}）";
    NO_NAME_SERVER: "/etc/resolv.conf names no server that can be asked", "/etc/resolv.conf 里没有可用的服务器";
    NAMES_NOT_INSIDE: "a program may ask the system's name server, which it cannot reach: /etc/resolv.conf cannot be replaced here", "程序可能会去问系统的域名服务器，而它访问不到：这里无法替换 /etc/resolv.conf";
    NAMES_CHANGE: "only hello.cordial and host.cordial are found; name a server in /etc/resolv.conf", "只能找到 hello.cordial 和 host.cordial；请在 /etc/resolv.conf 里写上一台服务器";
    DESCRIPTORS_ALLOW: "{most}, one for each connection that is relayed", "{most} 个，每条转发的连接用一个";
    RUN_BY_TUN: "`cordial run` works here, on a TUN device.", "`cordial run` 在这里可用（TUN 设备）。";
    RUN_BY_VETH: "`cordial run` works here, on a veth pair.", "`cordial run` 在这里可用（veth 接口对）。";
    NO_RUN: "`cordial run` does not work here. What is marked above says why, and what changes it.", "`cordial run` 在这里不可用。原因和解决办法见上面带标记的几行。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for (name, phrase) in ALL {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{name}");
        }
    }
}
