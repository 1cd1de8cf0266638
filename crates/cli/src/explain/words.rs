//! What `explain` says itself, in both languages.

use cordial_trace::words::Phrase;

/// What a capture holds.
pub const CAPTURE: Phrase = Phrase::new(
    "{title}: {packets} packets in {t}, {connections}",
    "{title}：{t} 内 {packets} 个包，{connections}",
);
/// What a record holds.
pub const RECORD: Phrase = Phrase::new("{title}: {connections} in {t}", "{title}：{t} 内 {connections}");
/// How many that are.
pub const CONNECTION: Phrase = Phrase::new("1 connection", "1 条连接");
/// Two or more, or none.
pub const CONNECTIONS: Phrase = Phrase::new("{n} connections", "{n} 条连接");
/// Behind either, where not all were followed to their end.
pub const OF_THEM_EARLY: Phrase = Phrase::new(
    "; too many were open at once: {n} were told before they were over, what came of them later is left out",
    "；同时打开的太多：有 {n} 条没等结束就先说了，后来的部分没算",
);
/// Nothing to be explained.
pub const NO_TCP: Phrase = Phrase::new(
    "{title}: {packets} packets, no TCP that can be read. What is inside VXLAN, GRE and other tunnels is not looked at.",
    "{title}：{packets} 个包，没有读得出的 TCP。VXLAN、GRE 等隧道里面的内容不看。",
);
/// More ladders were asked for than are drawn at once.
pub const NOT_DRAWN: Phrase = Phrase::new(
    "--connection: {n} more were open at the same time as {most} others and are not drawn. Ask for fewer at once.",
    "--connection：另有 {n} 条没画，因为同时已开着 {most} 条。请一次少要几条。",
);
/// How far it is, where nobody knows how much there is.
pub const READ: Phrase = Phrase::new("{n} packets", "{n} 个包");
/// More of what has been told.
pub const MORE_OF: Phrase = Phrase::new("... and {n} more: {kind}", "…… 另有 {n} 条：{kind}");
/// Where those are that were left out.
pub const ALL_HINT: Phrase = Phrase::new(
    "To see more of a kind:  --filter verdict:{id}; --json has everything",
    "想多看某一类：--filter verdict:{id}；--json 输出全部",
);
/// What is wrong with the capture, and for how many connections.
pub const FAULT: Phrase =
    Phrase::new("{text} ({n} of {all} connections)", "{text}（{all} 条连接中有 {n} 条）");
/// How to see more of one.
pub const LADDER_HINT: Phrase = Phrase::new(
    "What happened in one of them, step by step:  --connection {n}",
    "想看其中一条的每一步：--connection {n}",
);
/// Some were not asked for.
pub const FILTERED: Phrase =
    Phrase::new("--filter leaves out {n} more connections", "--filter 另外略去了 {n} 条连接");
/// None was asked for.
pub const NONE_MATCH: Phrase =
    Phrase::new("no connection matches --filter; there were {n}", "没有连接符合 --filter；一共有 {n} 条");
/// Those that were asked for by number were not asked for by the filter.
pub const CHOSEN_FILTERED: Phrase = Phrase::new(
    "what --connection asks for does not match --filter; give only one of the two",
    "--connection 要的连接不符合 --filter；两个只给一个",
);

/// Asked for a connection that is not there.
pub const NO_SUCH_CONNECTION: Phrase = Phrase::new(
    "--connection {wanted}: there are only {there}. Without --connection they are listed.",
    "--connection {wanted}：一共只有 {there} 条。不带 --connection 会列出来。",
);
/// The output would destroy the input.
pub const SAME_FILE: Phrase = Phrase::new(
    "--output {file}: that is the capture itself. Name another file.",
    "--output {file}：这就是抓包文件本身。请换个文件名。",
);
/// The output cannot be written.
pub const CANNOT_WRITE: Phrase = Phrase::new(
    "--output {file}: {error}. Name a file that you may write.",
    "--output {file}：{error}。请换一个可写的文件。",
);
/// There is no such file.
pub const NOT_FOUND: Phrase = Phrase::new(
    "{file}: there is no such file. To make a capture:  tcpdump -i any -w {file} tcp",
    "{file}：没有这个文件。抓包可用：tcpdump -i any -w {file} tcp",
);
/// It may not be read.
pub const FORBIDDEN: Phrase = Phrase::new(
    "{file}: you may not read it. Try:  sudo cat {file} | cordial explain -",
    "{file}：没有读取权限。请试：sudo cat {file} | cordial explain -",
);
/// It cannot be read.
pub const CANNOT_READ: Phrase = Phrase::new("{file}: {error}", "{file}：{error}");
/// It is a directory.
pub const DIRECTORY: Phrase = Phrase::new(
    "{file}: this is a directory. Name a capture in it.",
    "{file}：这是目录。请指定其中的抓包文件。",
);
/// Standard input is a keyboard.
pub const TERMINAL: Phrase = Phrase::new(
    "-: standard input is the terminal. Try:  tcpdump -i any -w - tcp | cordial explain -",
    "-：标准输入是终端。请试：tcpdump -i any -w - tcp | cordial explain -",
);

/// Packets on links that are not read.
pub const UNKNOWN_LINK: Phrase = Phrase::new(
    "packets on a kind of link that is not read: {n}. Capture on an Ethernet, `any` or TUN interface.",
    "有 {n} 个包的链路类型读不了。请在以太网、any 或 TUN 网卡上抓包。",
);
/// Packets cut off or misshapen.
pub const UNREADABLE: Phrase = Phrase::new(
    "packets cut off or misshapen before their TCP header ends: {n}. Capture with -s 128 or more.",
    "有 {n} 个包在 TCP 头之前就断了或格式不对。抓包时请用 -s 128 以上。",
);
/// Fragments.
pub const FRAGMENTS: Phrase =
    Phrase::new("IP fragments whose contents were not looked at: {n}", "有 {n} 个 IP 分片的内容没有看");
/// Connections told early.
pub const TOLD_EARLY: Phrase = Phrase::new(
    "connections told before they were over, because too many were open at once: {n}",
    "同时打开的连接太多，有 {n} 条没等结束就先说了",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [
            CAPTURE,
            RECORD,
            CONNECTION,
            CONNECTIONS,
            NO_TCP,
            OF_THEM_EARLY,
            NOT_DRAWN,
            READ,
            MORE_OF,
            ALL_HINT,
            FAULT,
            LADDER_HINT,
            FILTERED,
            NONE_MATCH,
            CHOSEN_FILTERED,
            NO_SUCH_CONNECTION,
            SAME_FILE,
            CANNOT_WRITE,
            NOT_FOUND,
            FORBIDDEN,
            CANNOT_READ,
            DIRECTORY,
            TERMINAL,
            UNKNOWN_LINK,
            UNREADABLE,
            FRAGMENTS,
            TOLD_EARLY,
        ] {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{phrase:?}");
        }
    }
}
