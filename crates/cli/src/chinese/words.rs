//! The Chinese words of the command line.

/// A part of the command line: the whole, or a verb.
pub struct Verb {
    pub name: &'static str,
    pub about: &'static str,
    /// The long description; empty where there is none.
    pub more: &'static str,
    /// What follows the options; empty where there is nothing.
    pub after: &'static str,
    pub args: &'static [Words],
}

/// An argument: its id, its help, and more about it where there is more.
pub type Words = (&'static str, &'static str, &'static str);

impl Verb {
    /// Its own arguments and those that every verb has.
    pub fn args(&self) -> impl Iterator<Item = &'static Words> {
        self.args.iter().chain(COMMON)
    }
}

/// In every verb.
const COMMON: &[Words] = &[
    ("help", "显示帮助（-h 是简短版）", ""),
    ("version", "显示版本", ""),
    ("lang", "语言：en 英文，zh 中文；默认看系统区域（LC_ALL、LC_MESSAGES、LANG）", ""),
    ("color", "颜色：auto、always 或 never；默认 auto：在终端里、且没有设 NO_COLOR 时用", ""),
    ("ascii", "只用 ASCII 字符画图", ""),
];

/// `cordial`
pub const WHOLE: Verb = Verb {
    name: "cordial",
    about: "好好打招呼、好好说再见的 TCP：看清一个程序的每次握手和挥手。",
    more: "",
    after: "例子：\n  \
        cordial run -- curl -s http://hello.cordial/      先看一眼，不需要联网\n  \
        cordial explain capture.pcapng                    用大白话解释一份抓包\n  \
        cordial help run                                  run 能做的一切",
    args: &[],
};

/// The verbs.
pub const VERBS: &[Verb] = &[
    RUN,
    super::play::PLAY,
    EXPLAIN,
    super::swarm::SWARM,
    super::drill::DRILL,
    WHY,
    DOCTOR,
    COMPLETIONS,
    MAN,
    HELP,
];

const RUN: Verb = Verb {
    name: "run",
    about: "让程序跑在 Cordial 的 TCP 上，把它的连接画出来",
    more: "让程序跑在 Cordial 的 TCP 上，把它的连接画出来。\n\n\
        CMD 在自己的网络里运行，唯一的出口是本命令里的 TCP 协议栈，不需要 root。CMD 连到哪里，本命令就替它从这台机器\
        连到哪里。CMD 的标准输入输出还是它自己的：我们要说的都写到标准错误，或写到 --output 指定的文件。",
    after: "除了普通的名字，CMD 还能连：\n  \
        hello.cordial    本命令里的一个小网站\n  \
        host.cordial     这台机器自己的回环地址：127.0.0.1 和 ::1\n\n\
        退出码：CMD 的退出码；被信号 n 结束时是 128+n；我们自己准备不成或用法不对是 125；CMD 不能执行是 126；找不到是\
        127。运行中记录写不下去时会在标准错误上说明，CMD 照常运行，退出码不变。\n\n\
        Ctrl-C 和其他信号都由 CMD 自己处理；CMD 不理第一次 Ctrl-C 时，第二次会结束它。\n\
        CMD 结束时留下的进程也一起结束。\n\n\
        例子：\n  \
        cordial run -- curl -s http://hello.cordial/\n  \
        cordial run --lang zh -- curl -sO https://example.org/file\n  \
        cordial run --pcap run.pcapng --events run.jsonl -- ./my-test\n  \
        cordial run --filter 'level:warn' -- ./many-connections\n  \
        cordial run --tui -- ./my-test\n  \
        cordial run --fault 'drop last ack' -- curl -s http://hello.cordial/\n  \
        cordial run --quiet -- iperf3 -c host.cordial",
    args: &[
        ("events", "把每个事件也写进 FILE，一行一个 JSON 对象", ""),
        ("pcap", "把每个包也写进 FILE，pcapng 格式", ""),
        ("quiet", "标准错误上只说出了什么错", ""),
        (
            "stats",
            "结束时列出计数：每条连接的（像 ss -ti），整台主机的（像 nstat）",
            "写在标准错误上：每条连接一行，包括最后结束的 2,048 条和还开着的；各个表用了多少；每个不为 0 的计数，用 SNMP 或 \
             TcpExt 的名字。用 --json 时，以及在 --events 写的文件里，它们是记录里的行，名为 stats:connection 和 stats:host。",
        ),
        ("json", "不画图，改写 JSON 行", ""),
        ("output", "图（或 --json 的事件）写进 FILE，不写标准错误", ""),
        ("ladder", "什么时候画、画几条连接，其余各占一行：live、end、all、lines、none 或条数；默认 end", ""),
        (
            "filter",
            "只显示一部分连接，例如 'state:close_wait !port:443'",
            "每一项是 field:value 或 /正则/，要全部满足，前面加 ! 表示“不是”。可用的有：state:close_wait、port:5432 或 \
             port:8000-8999、peer:10.0.0.0/8、host:example.org、process:curl、pid:4711、verdict:C05、level:warn（或更严重）。\
             --events、--json 和 --pcap 写的内容不受影响。",
        ),
        (
            "tui",
            "占满终端地看，分几格：连接、梯形图、为什么、结论、队列；在里面按 ? 看按键",
            "CMD 写到终端的内容显示在单独一格里，离开时再打印出来；重定向了的照旧去它该去的地方。CMD 不能从终端读：\
             给它文件或管道。",
        ),
        ("absolute", "序列号照线上的写，不从 0 数起", ""),
        ("mtu", "CMD 的网卡上最大的包有多少字节；默认 1500", ""),
        ("device", "用什么运 CMD 的包：tun，或不需要 /dev/net/tun 的 veth；默认 auto：自己选", ""),
        (
            "publish",
            "把到达本机一个端口的连接引到 CMD 的端口；可重复",
            "不写 ADDR 时只有本机能连（127.0.0.1 和 ::1）；写 0.0.0.0 或 [::] 谁都能连。HOSTPORT 写 0 时挑一个空闲端口并告诉\
             你。CMD 看到的是来者自己的地址；来者在本机回环上时是 host.cordial 的地址。CMD 不能只监听它自己的 127.0.0.1。",
        ),
        (
            "no_host",
            "不让 CMD 碰这台机器：没有 host.cordial，也到不了本机自己的任何地址",
            "旁边的机器照样能到，名字照样能解析。",
        ),
        (
            "ip",
            "CMD 自己的地址，IPv4 或 IPv6，各一次",
            "默认 10.77.0.2/24 和 fd77::2/64。这个网段归 CMD 自己：本机用这些地址能到的地方，CMD 到不了。",
        ),
        (
            "dns",
            "不问本机的域名服务器，改问它；可重复，按顺序问",
            "地址从本机看：127.0.0.1 就是本机的回环。搜索域和选项仍用本机 /etc/resolv.conf 里的。",
        ),
        (
            "faults",
            "让 CMD 的 TCP 段遇上故障，例如 'drop 1st syn-ack'；可重复",
            "故障有 drop（丢）、delay（迟到）、dup（重复）、reorder（乱序）、corrupt（损坏），后面写每条连接的哪些段：'drop last \
             ack'、'delay fin 300ms'、'dup data 5%'、'reorder 2%'、'drop 3rd data from server'。还有 'loss 1%'、'corrupt 0.1%'、\
             'blackhole >1400'（更长的包连 IP 头算，悄悄消失）和 'rst after 1MB'。哪些段：[1st|2nd|every|every 3rd] \
             [syn|syn-ack|ack|data|fin|rst|last ack|last fin|segment] [from client|from server] [5%]。client 是发 SYN 的一方；\
             重传的段另算一次。梯形图会标出每个段遇上了什么、是哪条规则。\n\n\
             故障只针对一个个段：用了 --fault、--rate 或 --delay，CMD 的内核就不再一次交出 64 KiB 的大块，速度会慢一些。UDP 和 \
             ping 只受 --rate 和 --delay 影响。",
        ),
        ("rate", "每个方向最多这么快：10mbit、500kbit；排队要超过 100 ms 的就丢掉", ""),
        ("delay", "每个包单程要这么久：50ms", ""),
        (
            "seed",
            "--fault 的随机种子；不写就自己挑一个，结束时告诉你",
            "同一个种子，在第一条、第二条……连接上命中同样的段，只要 CMD 发的东西相同。",
        ),
        ("add_host", "给一个地址起名字，优先于所有域名服务器；可重复，同名也行", ""),
        ("command", "要运行的程序和它的参数", ""),
    ],
};

const EXPLAIN: Verb = Verb {
    name: "explain",
    about: "用大白话说明一份抓包里的连接都怎么了",
    more: "用大白话说明一份抓包里的连接都怎么了。\n\n\
        FILE 是抓包（pcap 或 pcapng，tcpdump、Wireshark 等写的），或 `cordial run --events` 的记录；看内容就知道是哪种。`-` 读标\
        准输入，边写边读也行。\n\n\
        只有一条连接时画成梯形图，下面写它说明什么。有好几条时，耽误了时间或出了错的逐条说，最费时间的在前；正常的只报\
        个数。",
    after: "退出码：0；带 --check 时，有问题（warn 或 fail 级的结论）是 1；用法不对或 FILE 读不了是 2。\n\n\
        例子：\n  \
        cordial explain capture.pcapng\n  \
        cordial explain --connection 3 capture.pcapng\n  \
        cordial explain --filter 'peer:10.0.0.0/8 level:warn' capture.pcapng\n  \
        tcpdump -i any -w - tcp port 443 | cordial explain -\n  \
        gzip -dc capture.pcap.gz | cordial explain --check -",
    args: &[
        ("connection", "画出这条连接的梯形图：编号，或 3-7 这样的范围；可给多次", ""),
        (
            "filter",
            "只显示一部分连接，例如 'state:close_wait !port:443'",
            "每一项是 field:value 或 /正则/，要全部满足，前面加 ! 表示“不是”。可用的有：state:close_wait、port:5432 或 \
             port:8000-8999、peer:10.0.0.0/8、host:example.org、process:curl、pid:4711、verdict:C05、level:warn（或更严重）。\
             程序名只有记录里才有。--check 只看显示出来的连接。",
        ),
        ("all", "正常的连接也列出来", ""),
        ("exact", "每个段占一行，不合并", ""),
        ("check", "有 warn 或 fail 级的结论时退出码为 1", ""),
        ("json", "改写事件和结论的 JSON 行", ""),
        ("output", "写进 FILE，不写标准输出", ""),
        ("absolute", "序列号照线上的写，不从 0 数起", ""),
        ("file", "抓包或记录；`-` 是标准输入", ""),
    ],
};

const WHY: Verb = Verb {
    name: "why",
    about: "去掉 TCP 的一条规则，找出最短的一次出事经过",
    more: "去掉 TCP 的一条规则，找出最短的一次出事经过。\n\n\
        RULE 按“改成怎样”起名：two-way-handshake、no-time-wait；--list 列出全部。两端跑的都是引擎自己的 TCP，网络可以丢几个段、\
        复制几个段、扣住几个段；凡是可能发生的都走一遍，由近及远，所以画出来的是最短的一次。下面再画同样的经过、规则还在时会\
        怎样。如果什么坏事也没有，那就是答案，并说明看了多少。",
    after: "退出码：没找到出事经过是 0（是不是全看过了，回答里有）；找到一次是 1；用法不对或没有这条规则是 2。\n\n\
        例子：\n  \
        cordial why --list\n  \
        cordial why two-way-handshake\n  \
        cordial why no-time-wait --property P5\n  \
        cordial why four-way-handshake --lang zh",
    args: &[
        ("list", "列出各条规则，以及去掉后哪条性质会被打破", ""),
        ("property", "改问这条性质（P1 到 P12），不问规则本来管的那条", ""),
        ("states", "最多看 N 个状态；默认 1000000", ""),
        ("json", "把这次经过的事件写成 JSON 行，答案是最后一行", ""),
        ("output", "写进 FILE，不写标准输出", ""),
        ("rule", "要去掉的规则", ""),
    ],
};

const DOCTOR: Verb = Verb {
    name: "doctor",
    about: "实际试一遍：run 在这里能不能用，该改什么",
    more: "实际试一遍，看 `cordial run` 在这里能不能用。\n\n\
        以当前用户的身份，把 run 要建的命名空间和设备真的建一遍，让一个程序进去看看，再全部拆掉。一行一项：什么能用，\
        什么不能用，用哪条命令改。",
    after: "退出码：`cordial run` 能用是 0，不能用是 1。\n\n\
        例子：\n  \
        cordial doctor\n  \
        cordial doctor --json      一行一个 JSON 对象\n  \
        sudo cordial doctor        看 root 能做什么",
    args: &[("json", "写 JSON 对象，一行一个", "")],
};

const COMPLETIONS: Verb = Verb {
    name: "completions",
    about: "打印某个 shell 的补全脚本",
    more: "",
    after: "例子：\n  \
        cordial completions bash > ~/.local/share/bash-completion/completions/cordial\n  \
        cordial completions zsh > ~/.zfunc/_cordial      在 ~/.zshrc 的 compinit 之前写 fpath+=~/.zfunc\n  \
        cordial completions fish > ~/.config/fish/completions/cordial.fish",
    args: &[("shell", "哪个 shell：bash、elvish、fish、powershell 或 zsh", "")],
};

const MAN: Verb = Verb {
    name: "man",
    about: "打印手册页",
    more: "",
    after: "例子：\n  \
        cordial man | man -l -                           cordial(1)\n  \
        cordial man run | man -l -                       cordial-run(1)\n  \
        cordial man --dir ~/.local/share/man/man1        全部写到 man 找得到的地方",
    args: &[("verb", "哪个子命令；不写就是总的那一页", ""), ("dir", "全部写进 DIR", "")],
};

const HELP: Verb =
    Verb { name: "help", about: "显示总的或某个子命令的帮助", more: "", after: "", args: &[] };
