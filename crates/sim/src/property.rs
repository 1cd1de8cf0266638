//! The properties of a connection that search, swarm and tests ask for: one list.

use std::fmt;

use cordial_trace::words::Phrase;

macro_rules! properties {
    ($($(#[$doc:meta])* $name:ident = $short:literal $called:literal, $en:literal, $zh:literal;)*) => {
        /// Something that has to hold in every run.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Property { $($(#[$doc])* $name),* }

        impl Property {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// A name of one or two words.
            pub const fn short(self) -> &'static str {
                match self { $(Self::$name => $short),* }
            }

            /// The same for people who read.
            pub const fn name(self) -> Phrase {
                match self { $(Self::$name => Phrase::new($short, $called)),* }
            }

            /// What it says.
            pub const fn title(self) -> Phrase {
                match self { $(Self::$name => Phrase::new($en, $zh)),* }
            }
        }
    };
}

properties! {
    /// No ghost: judged whenever an end becomes ESTABLISHED.
    P1 = "no-ghost" "无幽灵",
        "an ESTABLISHED end has a peer that asked for this connection and has not taken that back",
        "进入 ESTABLISHED 的一端，对方确实要过这条连接，而且没有反悔";
    /// The same numbers: judged whenever both ends are ESTABLISHED.
    P2 = "same-numbers" "号对得上",
        "both ends agree on both initial sequence numbers",
        "双方对两个初始序列号的看法一致";
    /// Own octets only: judged at every octet that is read.
    P3 = "own-octets" "只读自己的字节",
        "what is read is what the peer wrote on this connection, in order, and nothing else",
        "读到的就是对方在这条连接上写的，次序不乱，别无其他";
    /// Nothing lost: judged at the end of a stream and when a connection is over.
    P4 = "nothing-lost" "不丢话",
        "every octet written before a close arrives, or an error is told",
        "关闭之前写下的每个字节都会到，到不了就报错";
    /// A clean end, where both ends close in good order.
    P5 = "clean-end" "好好结束",
        "both ends end by acknowledgement, not by a reset or by giving up",
        "双方都因对方确认而结束，不靠复位，也不靠放弃";
    /// No deadlock: no run stops with a conversation unfinished.
    P6 = "no-deadlock" "不会卡死",
        "nobody waits for ever: what was begun goes on once the network lets it",
        "没有谁会永远等下去：网络一通，事情就接着办";
    /// One connection.
    P7 = "one-connection" "只有一条连接",
        "two ends have one connection between the same two ports",
        "同一对端口之间只有一条连接";
    /// No stranger: judged at every segment of one.
    P8 = "no-stranger" "外人断不了",
        "no stranger who knows no sequence number can end a connection",
        "不知道序列号的外人结束不了一条连接";
    /// An honest client gets in.
    P9 = "gets-in" "进得来",
        "an honest client gets in while somebody listens",
        "只要有人在监听，老实的客户端就进得来";
    /// The dead stay dead: judged at every segment of an attempt that is over.
    P10 = "dead-is-dead" "死者不扰生者",
        "a segment of a dead connection never moves a live one out of ESTABLISHED",
        "死掉的连接留下的段，动不了活着的连接";
    /// No reset, where segments are lost at most.
    P11 = "no-reset" "不见 RST",
        "graceful closes put no RST on the wire",
        "好好关闭时，线上不出现 RST";
    /// Half-open connections end: judged whenever time passes.
    P12 = "half-open-ends" "半连接会消失",
        "a half-open connection is gone as soon as its peer answered, not when a timer gives up",
        "对方一答复，半连接就该消失，而不是等定时器放弃";
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", *self as u16 + 1)
    }
}

/// A name that is no property's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownProperty;

impl std::str::FromStr for Property {
    type Err = UnknownProperty;

    /// `P3`, in either case, or its short name.
    fn from_str(text: &str) -> Result<Self, UnknownProperty> {
        let is_it =
            |property: &&Self| property.to_string().eq_ignore_ascii_case(text) || property.short() == text;
        Self::ALL.iter().find(is_it).copied().ok_or(UnknownProperty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_by_name_and_number() {
        for property in Property::ALL {
            assert_eq!(property.to_string().parse(), Ok(*property));
            assert_eq!(property.to_string().to_lowercase().parse(), Ok(*property));
            assert_eq!(property.short().parse(), Ok(*property));
            assert!(property.title().is_complete());
        }
        assert_eq!("P13".parse::<Property>(), Err(UnknownProperty));
    }
}
