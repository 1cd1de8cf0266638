//! `cordial swarm`, in Chinese.

use super::words::Verb;

/// `cordial swarm`
pub const SWARM: Verb = Verb {
    name: "swarm",
    about: "跑随机场景，一个种子一个，找任何不该发生的事",
    more: "跑随机场景，一个种子一个，找任何不该发生的事。\n\n\
        种子决定网络、程序和各种不幸：丢包、伪造的段、宕机、拔线、端口重用。每次运行都有守则和“程序可能看到什么”的模型盯着。\
        遇到第一个失败的种子，就把场景缩到仍会这样失败的最小，画出来，写进文件。",
    after: "退出码：没有失败是 0，有失败是 1；用法不对或文件写不了是 2。\n\n\
        例子：\n  \
        cordial swarm\n  \
        cordial swarm --seeds 0..100000 --jobs 2\n  \
        cordial swarm --minutes 10\n  \
        cordial swarm --seeds 4711 --keep failures",
    args: &[
        ("seeds", "种子：A..B，不含 B，或单独一个；默认 0..2000，给了 --minutes 就没有尽头", ""),
        ("minutes", "M 分钟后停下，除非种子先用完", ""),
        ("jobs", "同时跑 N 个；默认每个处理器一个", ""),
        ("keep_going", "失败后接着跑；每种失败只说一次，用它的第一个种子", ""),
        ("coverage", "列出各种拒收理由、结束方式和结论里见过哪些、没见过哪些", ""),
        ("keep", "失败的场景写进 DIR，不写当前目录", ""),
        ("json", "不写文字，每个失败一个 JSON 对象，最后一个说总的", ""),
    ],
};
