//! `cordial drill` in Chinese.

use super::words::Verb;

pub const DRILL: Verb = Verb {
    name: "drill",
    about: "对着这个 TCP 跑 packetdrill 脚本，用虚拟时间，不需要 root",
    more: "对着这个 TCP 跑 packetdrill 脚本，用虚拟时间，不需要 root。\n\n\
        脚本同时扮演程序和线的另一头：注入包、做调用，并写明应该出来什么、什么时候出来。FILE 是一个脚本、一个放脚本\
        （*.pkt）的目录，或代表标准输入的 `-`。\n\n\
        不带 --exact 时：选项按集合比较，不比较 PSH，窗口只在 profile 定死的地方比较。",
    after: "退出码：没有脚本失败是 0；有失败的，或者带 --strict 时有跳过的、带 --strict-end 时有多余包的，是 1；用法不对\
        或脚本读不懂是 2。\n\n\
        例子：\n  \
        cordial drill drill/\n  \
        cordial drill drill/handshake/passive-open.pkt\n  \
        cordial drill --profile linux --exact gtests/net/tcp/\n  \
        cordial drill --json drill/ | jq -r 'select(.result == \"skip\") | .reason' | sort | uniq -c",
    args: &[
        ("profile", "脚本默认的策略：rfc 本协议栈自己的默认值（默认），linux，freebsd", ""),
        ("exact", "照写的逐项比较；同时给出不这样比较的成绩", ""),
        ("strict_end", "脚本没提到的多余包也算失败；另计一项成绩", ""),
        ("strict", "跳过的脚本算失败", ""),
        ("json", "改写 JSON 对象，一个脚本一行：file、result、line、reason", ""),
        ("output", "写进 FILE，不写标准输出", ""),
        ("files", "脚本、脚本目录，或 `-`", ""),
    ],
};
