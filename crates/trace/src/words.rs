//! Words in two languages, side by side.
//!
//! A [`Phrase`] is a sentence in English and in Chinese with the same places to fill, written `{name}`.

use std::fmt::Write as _;

use cordial_tcp::Refusal;

/// A language that people read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 中文.
    Zh,
}

/// One thing to say, in every language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phrase {
    /// English.
    pub en: &'static str,
    /// 中文.
    pub zh: &'static str,
}

/// What goes into a place: its name and its words.
pub type Fill<'a> = (&'a str, &'a str);

impl Phrase {
    /// A phrase of its two forms.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    /// In one language, places not filled.
    pub const fn text(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// In one language, with its places filled. A place without a filling stays as it is written.
    pub fn fill(&self, lang: Lang, fills: &[Fill<'_>]) -> String {
        let mut rest = self.text(lang);
        let mut out = String::new();
        while let Some((before, name, after)) = next_place(rest) {
            out.push_str(before);
            match fills.iter().find(|(place, _)| *place == name) {
                Some((_, words)) => out.push_str(words),
                None => {
                    let _ = write!(out, "{{{name}}}");
                }
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The names of its places in one language, in order of the alphabet.
    pub fn places(&self, lang: Lang) -> Vec<&'static str> {
        let mut rest = self.text(lang);
        let mut names = Vec::new();
        while let Some((_, name, after)) = next_place(rest) {
            names.push(name);
            rest = after;
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// True if both languages say something and have the same places.
    pub fn is_complete(&self) -> bool {
        !self.en.is_empty() && !self.zh.is_empty() && self.places(Lang::En) == self.places(Lang::Zh)
    }
}

fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Sentences as constants, each in both languages. In tests, `ALL` names them, so that none is forgotten there.
///
/// ```
/// cordial_trace::phrases! { pub(crate) const;
///     HELLO: "hello, {name}", "{name}，你好";
/// }
/// ```
#[macro_export]
macro_rules! phrases {
    ($vis:vis const; $($(#[$doc:meta])* $name:ident: $en:literal, $zh:literal;)*) => {
        $($(#[$doc])* $vis const $name: $crate::words::Phrase = $crate::words::Phrase::new($en, $zh);)*
        #[cfg(test)]
        const ALL: &[(&str, $crate::words::Phrase)] = &[$((stringify!($name), $name)),*];
    };
}

/// What ladders say.
pub(crate) mod ladder {
    phrases! { pub(crate) const;
        CLIENT: "client", "客户端";
        SERVER: "server", "服务器";
        CLIENT_TITLE: "CLIENT", "客户端";
        SERVER_TITLE: "SERVER", "服务器";
        TIME_TITLE: "time", "time";
        NOTES_TITLE: "timers / queues", "定时器 / 队列";
        ENGINE: "engine", "引擎";
        PROCESS: "{name}, pid {pid}", "{name}，pid {pid}";
        COMMA: ", ", "，";
        ABOUT: " ({about})", "（{about}）";
        LOST: "lost", "丢失";
        DAMAGED: "damaged", "损坏";
        HELD: "held", "扣住";
        FAULT: "fault: {name}", "故障：{name}";
        QUEUE_FULL: "queue full (--rate)", "队列满了（--rate）";
        FORGED: "forged", "伪造的段";
        EARLIER: "of an old connection", "旧连接的段";
        REWRITTEN: "rewritten on the way", "途中被改写";
        CRASHES: "the host loses its power", "主机断电";
        REBOOTS: "the host starts again", "主机重新启动";
        FAILS: "{call}() = {errno}", "{call}() = {errno}";
        SAME_NUMBER: "(same number)", "（序号不变）";
        /// Who a timer belongs to.
        OF_END: "({end})", "{end}";
        RESTARTS: "{timer} restarts: {t}", "{timer} 重新计时：{t}";
        TIMER_FIRES: "retransmission timer fires", "重传定时器到期";
        GIVES_UP: "gives up", "放弃";
        NOBODY_LISTENS: "nobody listens", "没有程序在监听";
        NO_CONNECTION: "no connection", "没有这条连接";
        NOT_TAKEN: "not taken: {why}", "未采纳：{why}";
        /// Beside a SYN that comes again while a gateway still calls the server that it stands for.
        UNDECIDED: "waits for real server", "等真正的服务器回应";
        PASS_NOTHING: "{t} pass: nothing arrives", "过了 {t}：什么也没来";
        HEARS_NOTHING: "{t}: the {end} hears nothing", "{t}：{end}什么也没收到";
        STILL_WORKING: "{t}: {end} app still working", "{t}：{end}程序还在忙";
        PASS: "{t} pass", "过了 {t}";
        MORE: "... {n} segments, {size}, fine ...", "…… {n} 个段，{size}，正常 ……";
        NUMBER_OF: "#{n} of {all}", "第 {n} 条 / 共 {all} 条";
        NUMBER: "#{n}", "第 {n} 条";
        GOES_ON_BELOW: "#{n} goes on below", "第 {n} 条在下面继续";
        GOES_ON: "#{n} goes on", "第 {n} 条（续）";
        ROWS_LEFT_OUT: "... {n} rows left out ...", "…… 略去 {n} 行 ……";
        REFUSED: "connect() = ECONNREFUSED", "connect() = ECONNREFUSED";
        ICMP: "ICMP: {what}", "ICMP：{what}";
        ICMP_OTHER: "type {kind}, code {code}", "类型 {kind}，代码 {code}";
        WINDOW_PROBE: "window probe", "窗口探测";
        KEEPALIVE_PROBE: "still there?", "还在吗？";
    }

    #[test]
    fn every_phrase_is_there_in_both_languages_with_the_same_places() {
        for (name, phrase) in ALL {
            assert!(phrase.is_complete(), "{name}");
        }
    }
}

/// Why a segment changed nothing.
pub(crate) const fn refusal(why: Refusal) -> Phrase {
    use Refusal as R;
    match why {
        R::OutsideWindow => Phrase::new("outside the window", "不在接收窗口内"),
        R::OldTimestamp => Phrase::new("timestamp too old", "时间戳太旧"),
        R::NoTimestamp => Phrase::new("no timestamp", "没带时间戳"),
        R::Challenged => Phrase::new("it must prove itself", "要求对方自证"),
        R::BadReset => Phrase::new("the RST does not fit", "RST 对不上号"),
        R::NoAck => Phrase::new("no ACK bit", "没带 ACK 标志"),
        R::AckOfUnsent => Phrase::new("ACK of what was never sent", "确认了没发过的数据"),
        R::AckTooOld => Phrase::new("ACK too old", "ACK 太旧"),
        R::BadHandshakeAck => Phrase::new("ACK of another handshake", "确认的不是这次握手"),
        R::AckWithoutSyn => Phrase::new("ACK without SYN", "有 ACK 没有 SYN"),
        R::Duplicate => Phrase::new("nothing new in it", "没有新内容"),
        R::Closed => Phrase::new("no connection", "没有这条连接"),
        R::SynFin => Phrase::new("SYN together with FIN", "SYN 和 FIN 同时置位"),
        R::AcceptQueueFull => Phrase::new("accept queue full", "全连接队列满了"),
        R::SynCacheFull => Phrase::new("SYN queue full", "半连接队列满了"),
        R::UndecidedFull => Phrase::new("too many SYNs wait", "等待答复的 SYN 太多"),
        R::Undecided => Phrase::new("no decision yet", "还没有决定"),
        R::NotSyn => Phrase::new("only a SYN opens", "监听端口只收 SYN"),
        R::OldSyn => Phrase::new("SYN too old", "SYN 太旧"),
        R::ResetInTimeWait => Phrase::new("RST in TIME_WAIT", "TIME_WAIT 里不认 RST"),
        R::NoMemory => Phrase::new("no memory", "内存不够"),
        R::TooManyHoles => Phrase::new("too many holes", "缺口太多"),
        R::BadChecksum => Phrase::new("wrong checksum", "校验和不对"),
        R::Malformed => Phrase::new("not a segment", "不是合法的 TCP 段"),
        R::BadAddress => Phrase::new("impossible address", "地址不合法"),
        R::NotTooBig => Phrase::new("it was not too big", "包并不过大"),
    }
}

/// What an ICMP message says that keeps a connection from opening, by its type and code (RFC 792, RFC 1812 §5.2.7.1;
/// RFC 4443 §3.1); none for others.
pub const fn unreachable(is_v6: bool, kind: u8, code: u8) -> Option<Phrase> {
    Some(match (is_v6, kind, code) {
        (false, 3, 0 | 6 | 11) | (true, 1, 0) => Phrase::new("network unreachable", "网络不可达"),
        (false, 3, 1 | 7 | 8 | 12) | (true, 1, 3) => Phrase::new("host unreachable", "主机不可达"),
        (false, 3, 2) => Phrase::new("protocol unreachable", "协议不可达"),
        (false, 3, 3) | (true, 1, 4) => Phrase::new("port unreachable", "端口不可达"),
        (false, 3, 9 | 10 | 13) | (true, 1, 1) => {
            Phrase::new("prohibited by an administrator", "被管理员禁止")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_words_in_both_languages() {
        for &why in Refusal::ALL {
            let phrase = refusal(why);
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{why}");
            let twice = Refusal::ALL.iter().filter(|&&other| refusal(other) == phrase).count();
            assert_eq!(twice, 1, "{why} is told from the others");
        }
    }

    #[test]
    fn an_unreachable_is_named_by_its_family() {
        let name = |is_v6, kind, code| unreachable(is_v6, kind, code).map(|phrase| phrase.en);
        assert_eq!(name(false, 3, 1), Some("host unreachable"));
        assert_eq!(name(false, 3, 13), Some("prohibited by an administrator"));
        assert_eq!(name(true, 1, 0), Some("network unreachable"));
        assert_eq!(name(true, 1, 1), Some("prohibited by an administrator"));
        // In IPv6 a packet whose time ran out.
        assert_eq!(name(true, 3, 0), None);
    }

    #[test]
    fn places_are_filled_by_name_and_unknown_ones_stay() {
        let phrase = Phrase::new("{n} of {all}", "共 {all} 条，第 {n} 条");
        assert_eq!(phrase.fill(Lang::En, &[("n", "1"), ("all", "3")]), "1 of 3");
        assert_eq!(phrase.fill(Lang::Zh, &[("n", "1"), ("all", "3")]), "共 3 条，第 1 条");
        assert_eq!(phrase.fill(Lang::En, &[("n", "1")]), "1 of {all}");
        assert!(phrase.is_complete());
        assert!(!Phrase::new("{a}", "{b}").is_complete());
    }
}
