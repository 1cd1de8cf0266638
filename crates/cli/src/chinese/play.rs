//! The Chinese words of `cordial play`.

use super::words::Verb;

/// `cordial play`
pub const PLAY: Verb = Verb {
    name: "play",
    about: "演一个场景：模拟的网络、两端，和它们的段遭遇的事",
    more: "演一个场景：模拟的网络、两端，和它们的段遭遇的事。\n\n\
        SCENARIO 是自带场景的名字（--list 列出），或一个文件。一切都在虚拟时间里发生，等几个小时也不用真等；种子相同，\
        每次都一样。发生的事画成梯形图，下面写它说明什么；场景里写的期望逐条检查。",
    after: "退出码：一切符合期望是 0，不符合是 1；用法不对、场景看不懂或自相矛盾、文件写不了是 2。\n\n\
        场景是文本文件，例如：\n  \
        net     delay 10ms\n  \
        server  listen; accept; read end; close\n  \
        client  connect; send 5; close @3s\n  \
        drop    c1                      # 客户端的 SYN\n  \
        expect  client connect works @1020ms; server reads 5; no RST\n\n\
        例子：\n  \
        cordial play --list\n  \
        cordial play last-ack-lost\n  \
        cordial play --lang zh late-syn\n  \
        cordial play --seed 7 --pcap run.pcapng ./my.scenario",
    args: &[
        ("list", "列出自带的场景：名字和标题", ""),
        ("seed", "随机由它决定：种子相同，过程相同；默认 1", ""),
        ("events", "把每个事件也写进 FILE，一行一个 JSON 对象", ""),
        ("pcap", "把客户端收发的每个包写进 FILE，pcapng 格式", ""),
        ("json", "不画图，改写 JSON 行", ""),
        ("output", "写进 FILE，不写标准输出", ""),
        ("absolute", "序列号照线上的写，不从 0 数起", ""),
        ("scenario", "场景的名字，或文件", ""),
    ],
};
