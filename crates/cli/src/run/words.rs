//! What a run says beside its ladders, in both languages.

use cordial_trace::words::Phrase;

/// The record of a run has gaps.
pub const DROPPED: Phrase = Phrase::new(
    "connections that are not in the record, because recording could not keep up: {n}",
    "记录跟不上，有 {n} 条连接没记下来",
);

/// The capture has gaps.
pub const CUT_OFF: Phrase = Phrase::new(
    "--pcap: connections that are cut off in it, because writing could not keep up: {n}",
    "--pcap：写盘跟不上，其中 {n} 条连接不完整",
);

/// What was counted of connections.
pub const STATS_CONNECTIONS: Phrase = Phrase::new("Connections ({n}):", "连接（{n} 条）：");

/// There were more connections than are kept.
pub const STATS_LEFT_OUT: Phrase = Phrase::new("and {n} before these", "更早的还有 {n} 条");

/// How full the tables are.
pub const STATS_TABLES: Phrase = Phrase::new(
    "Tables and queues (in use / at most, empty ones left out):",
    "各个表和队列（已用 / 上限，空的不列出）：",
);

/// What was counted of the host.
pub const STATS_COUNTERS: Phrase = Phrase::new(
    "Counters (SNMP and TcpExt names, zeros left out):",
    "计数（SNMP 和 TcpExt 的名字，零不列出）：",
);

/// How to have the same faults again.
pub const SEED: Phrase = Phrase::new(
    "--fault drew from seed {n}; for the same faults again:  --seed {n}",
    "--fault 用的随机种子是 {n}；要再来一次同样的故障：--seed {n}",
);

/// More faults than are followed.
pub const TOO_MANY_FAULTS: Phrase =
    Phrase::new("--fault: {n} rules at most; leave some out", "--fault：最多 {n} 条规则，请去掉一些");

/// The program cannot be waited for.
pub const NO_WAIT: Phrase = Phrase::new("cannot wait for CMD: {why}", "没法等待程序结束：{why}");

/// No threads for the stack.
pub const NO_RUNTIME: Phrase = Phrase::new(
    "cannot start the runtime: {why}\nMore processes and memory help:  ulimit -u; ulimit -v",
    "启动不了运行时：{why}\n放宽进程数和内存的限制再试：ulimit -u；ulimit -v",
);

/// No thread for a record.
pub const NO_THREAD: Phrase = Phrase::new(
    "cannot start a thread: {why}\nMore processes help:  ulimit -u",
    "启动不了线程：{why}\n放宽进程数的限制再试：ulimit -u",
);

/// No stack.
pub const NO_STACK: Phrase = Phrase::new(
    "cannot start the network stack: {why}\nWhat works here and what does not:  cordial doctor",
    "启动不了网络协议栈：{why}\n看看这里什么能用、什么不能用：cordial doctor",
);

/// No signals.
pub const NO_SIGNALS: Phrase = Phrase::new("cannot take in signals: {why}", "接收不了信号：{why}");

/// The view cannot have the terminal.
pub const NO_VIEW: Phrase = Phrase::new(
    "--tui: the terminal cannot be taken: {why}\nWatch with --ladder=live instead.",
    "--tui：占用不了终端：{why}\n请改用 --ladder=live。",
);

/// `--tui` without a terminal.
pub const NO_TERMINAL: Phrase = Phrase::new(
    "--tui draws on standard error, and that is no terminal here. Leave its redirection out, or watch with --ladder=live.",
    "--tui 要画在标准错误上，可它现在不是终端。请不要重定向它，或改用 --ladder=live。",
);

/// The gateway had no room.
pub const TURNED_AWAY: Phrase = Phrase::new(
    "attempts to connect left without an answer for want of file descriptors: {n}; more: ulimit -n",
    "文件描述符不够，有 {n} 次连接请求没有得到应答；可用 ulimit -n 调大",
);

/// The host's network went away.
pub const LOST: Phrase = Phrase::new(
    "connections that broke off because this machine's network failed or the other end fell silent: {n}",
    "本机网络出了故障或对端不再回应，断了 {n} 条连接",
);

/// A published port is another's.
pub const PORT_BUSY: Phrase = Phrase::new(
    "-p: {at} is taken on this machine. See by whom:  ss -{flag}np 'sport = :{port}'\nor publish another port, say  -p {other}",
    "-p：本机的 {at} 已被占用。看看是谁：ss -{flag}np 'sport = :{port}'\n或者换一个端口，例如 -p {other}",
);

/// A published port takes root.
pub const PORT_PRIVILEGED: Phrase = Phrase::new(
    "-p: not permitted to listen on {at}. Publish a higher port, say  -p {other}\nor let users have it:  sudo sysctl net.ipv4.ip_unprivileged_port_start={port}",
    "-p：没有权限监听 {at}。换一个较大的端口，例如 -p {other}\n或者允许普通用户使用：sudo sysctl net.ipv4.ip_unprivileged_port_start={port}",
);

/// A published address is not this machine's.
pub const ADDRESS_ELSEWHERE: Phrase = Phrase::new(
    "-p: this machine does not have the address {ip}. Those it has:  ip address\nFor all of them:  -p {other}",
    "-p：本机没有地址 {ip}。查看本机地址：ip address\n要监听所有地址：-p {other}",
);

/// A port cannot be published for another reason.
pub const UNPUBLISHED: Phrase =
    Phrase::new("-p: cannot listen on {at}: {error}", "-p：无法监听 {at}：{error}");

/// A port that the kernel chose.
pub const PUBLISHED: Phrase = Phrase::new("{at} leads to CMD's port {port}", "{at} 通往程序的 {port} 端口");

/// Two addresses of a family.
pub const IP_TWICE: Phrase = Phrase::new(
    "--ip: two {family} addresses; give one of each family, say  --ip 192.168.50.2/24 --ip fd00:1::2/64",
    "--ip：给了两个 {family} 地址；每种各给一个，例如 --ip 192.168.50.2/24 --ip fd00:1::2/64",
);

/// CMD has ended, and not all that it started.
pub const LEFT_RUNNING: Phrase = Phrase::new(
    "processes that CMD left running, and that were ended with it: {n}",
    "CMD 结束时还留下 {n} 个进程在运行，已一并结束",
);

/// Not even SIGKILL has ended it.
pub const STILL_RUNNING: Phrase = Phrase::new(
    "processes of CMD's that could not be ended and are still there: {n}; see them with  ps -e",
    "程序留下的进程中有 {n} 个没能结束，仍在运行；可用 ps -e 查看",
);

/// The host does not let this user ping.
pub const PINGS_NOT_ALLOWED: Phrase = Phrase::new(
    "pings of other machines go unanswered, because this user may not send them; to allow it: sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'",
    "当前用户无权发 ping，所以 ping 别的机器不会有回应；要放行：sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'",
);

/// Nobody can be asked for names.
pub const NO_NAME_SERVER: Phrase = Phrase::new(
    "names cannot be looked up, because /etc/resolv.conf names no server that can be asked; to ask one: --dns ADDR",
    "/etc/resolv.conf 里没有可用的域名服务器，域名查不了；可用 --dns ADDR 指定一台",
);

/// Nobody who was asked for a name answered.
pub const SILENT_NAME_SERVERS: Phrase = Phrase::new(
    "a name could not be looked up, because no name server answered ({servers}); to ask another: --dns ADDR",
    "域名服务器（{servers}）没有应答，域名查不了；可用 --dns ADDR 换一台",
);

/// A file cannot be written any more.
pub const RECORD_ENDS: Phrase = Phrase::new(
    "The record ends here; the program goes on. Free some space, or name a file elsewhere, and run it again.",
    "记录到此为止，程序照常运行。请腾出空间，或换个位置存文件，再运行一次。",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [
            DROPPED,
            NO_WAIT,
            NO_RUNTIME,
            NO_THREAD,
            NO_STACK,
            NO_SIGNALS,
            NO_VIEW,
            NO_TERMINAL,
            STILL_RUNNING,
            CUT_OFF,
            TURNED_AWAY,
            LEFT_RUNNING,
            LOST,
            PORT_BUSY,
            PORT_PRIVILEGED,
            ADDRESS_ELSEWHERE,
            UNPUBLISHED,
            PUBLISHED,
            IP_TWICE,
            PINGS_NOT_ALLOWED,
            NO_NAME_SERVER,
            SILENT_NAME_SERVERS,
            RECORD_ENDS,
        ] {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{phrase:?}");
        }
    }
}
