//! What the panes say, in both languages.

cordial_trace::phrases! { pub const;
    CONNECTIONS: "{shown} of {all} connections", "{all} 条连接中的 {shown} 条";
    FILTERED: "filter: {filter}", "过滤：{filter}";
    FROZEN: "FROZEN, {n} events wait (space)", "已冻结，{n} 个事件在等（空格）";
    ENDED: "CMD ended: {how}", "程序已结束：{how}";
    ENDED_CODE: "exit code {code}", "退出码 {code}";
    ENDED_SIGNAL: "signal {code}", "信号 {code}";
    RUNNING: "CMD runs", "程序在运行";
    LADDER: "ladder #{n}", "第 {n} 条的时序";
    NO_CONNECTION: "no connection yet", "还没有连接";
    NONE_MATCH: "no connection matches the filter (/ to change it)", "没有连接符合过滤条件（按 / 修改）";
    WHY: "why this row", "这一行的来由";
    GONE: "what led to it is no longer kept", "它的来由已不再保存";
    NOT_AN_EVENT: "time passes here, or rows are left out", "这里只是时间流逝，或略去了若干行";
    SENT: "{from} -> {to}", "{from} -> {to}";
    CAUSED_BY: "caused by", "起因";
    RULE: "rule", "规则";
    STATE: "state", "状态";
    TIMERS: "timers", "定时器";
    NO_TIMERS: "none changed", "没有变化";
    VARS: "variables", "变量";
    OCTETS: "octets", "字节";
    TIMER: "a timer of the {end}", "{end}的定时器";
    CALL: "the {end} calls {call}", "{end}调用 {call}";
    QUEUES: "a queue changed", "队列变化";
    ICMP: "ICMP type {kind}, code {code}", "ICMP 类型 {kind}，代码 {code}";
    CLIENT: "client", "客户端";
    SERVER: "server", "服务器";
    VERDICT: "verdict", "结论";
    EVIDENCE: "{certainty} · evidence {segments}", "{certainty} · 依据 {segments}";
    CERTAIN: "certain", "确定";
    LIKELY: "likely", "很可能";
    POSSIBLE: "possible", "有可能";
    NO_VERDICT: "Nothing can be said yet.", "暂时没什么可说的。";
    STACK: "queues", "队列";
    LISTENER: "{at}  SYN queue {syn}  accept queue {accept}", "{at}  半连接队列 {syn}  全连接队列 {accept}";
    FULL: "FULL", "满";
    COUNTS: "open {open} · half-open {half} · TIME_WAIT {tw} · segments in {in} out {out} · sent again {again} · RST sent {rst} · SYNs dropped {drops}",
        "已开 {open} · 半开 {half} · TIME_WAIT {tw} · 收 {in} 段 发 {out} 段 · 重传 {again} · 发出 RST {rst} · 丢弃 SYN {drops}";
    KEYS: "j/k move · Tab pane · ←/→ step · space freeze · / filter · e explain · o output · L 中文 · ? help · q quit",
        "j/k 移动 · Tab 换窗格 · ←/→ 单步 · 空格 冻结 · / 过滤 · e 解释 · o 输出 · L English · ? 帮助 · q 退出";
    HELP: "keys", "按键";
    STORY: "explained", "解释";
    OUTPUT: "what CMD wrote", "程序的输出";
    NO_OUTPUT: "CMD has written nothing to the terminal.", "程序还没有向终端输出。";
    LEFT_OUT: "cordial: the first {n} octets that CMD wrote are left out here; to have all of it, redirect it to a file",
        "cordial：程序输出太多，最前面的 {n} 字节没有保留；要全部留下，请把输出重定向到文件";
    LEAVE: "CMD is still running.   e  end it (SIGTERM) and leave   w  leave, let it run on   any other key: stay",
        "程序还在运行。   e  结束它（SIGTERM）并退出   w  退出，让它继续运行   其他键：留下";
    FILTER: "filter (Enter applies, Esc leaves, empty shows all)", "过滤（回车应用，Esc 取消，留空显示全部）";
    EXPORTED: "written to {file}", "已写入 {file}";
    NOT_EXPORTED: "could not be written: {why}", "写不了：{why}";
    INTERRUPTED: "Ctrl-C passed on to CMD; once more ends it", "已把 Ctrl-C 转给程序；再按一次就结束它";
    HELP_TEXT: "j k, up down    row or connection        Tab     other pane
Enter, Esc      into the ladder, back    left right   step through what happened
g G, PgUp PgDn  far                      space   freeze the view, never the traffic
/               filter: state:close_wait !port:443 level:warn /regex/
e               everything that is said of this connection
o               what CMD wrote            t       times from the run's beginning
L               English / 中文            p       hide addresses and names
x               write the ladder to a file
?               this                      q       leave
Ctrl-C goes to CMD; a second one ends it. The mouse selects and scrolls.",
        "j k、上下键     换行或换连接              Tab     换窗格
Enter、Esc      进入时序图、返回          左右键  逐个事件前后走
g G、PgUp PgDn  大步走                    空格    冻结画面，不影响通信
/               过滤：state:close_wait !port:443 level:warn /正则/
e               关于这条连接的全部结论
o               程序的输出                t       时间从运行开始算起
L               English / 中文            p       隐藏地址和名字
x               把时序图写入文件
?               本页                      q       退出
Ctrl-C 交给程序；再按一次就结束它。可用鼠标选择和滚动。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for (name, phrase) in ALL {
            assert!(phrase.is_complete(), "{name}");
        }
    }
}
