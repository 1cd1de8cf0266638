//! What is said of runs, in two languages.

cordial_trace::phrases! { pub(crate) const;
    STEP: "step {n}", "第 {n} 步";
    STEP_TITLE: "", "";
    NETWORK_TITLE: "network", "网络";
    CLIENT: "client", "客户端";
    SERVER: "server", "服务器";
    GIVES_UP: "gives up: close()", "放弃：close()";
    CRASHES: "crashes, and starts again", "断电，重启";
    DELAYED: "network delays it", "网络把它扣住了";
    COPIED: "a copy is held", "留下一个副本";
    LATE: "late", "迟到了";
    FORGED: "a stranger's", "外人伪造的";
    COMMA: ",", "，";
    HELD: "{n} held", "扣住 {n} 个";
    PASSES: "{t} pass", "过了 {t}";
    BROKEN: "{property} violated: {name}", "{property} 被打破：{name}";
    SHORTEST: "shortest: {n} steps", "最短：{n} 步";
    SENT_AGAIN: "!rto ({end})", "!rto {end}";
    TIME_WAIT_OVER: "!2msl ({end})", "!2msl {end}";
    DELAYED_ACK: "!ack ({end})", "!ack {end}";
    PROBE: "!persist ({end})", "!persist {end}";
    GAVE_UP: "{end} gives up", "{end}放弃了";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Property, RULES};

    #[test]
    fn everything_is_said_in_both_languages() {
        for (name, phrase) in ALL.iter().filter(|(name, _)| *name != "STEP_TITLE") {
            assert!(phrase.is_complete(), "{name}");
        }
        for rule in RULES {
            for phrase in [rule.title, rule.off, rule.keep] {
                assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{}", rule.name);
            }
        }
        for property in Property::ALL {
            assert!(property.title().is_complete() && property.name().is_complete(), "{property}");
        }
    }
}
