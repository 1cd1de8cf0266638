//! What has to hold.

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
    /// P1. Safety: judged whenever an end becomes ESTABLISHED.
    P1 = "no-ghost" "无幽灵",
        "an ESTABLISHED end has a peer that asked for this connection and has not taken that back",
        "进入 ESTABLISHED 的一端，对方确实要过这条连接，而且没有反悔";
    /// P2. Safety: judged whenever both ends are ESTABLISHED.
    P2 = "same-numbers" "号对得上",
        "both ends agree on both initial sequence numbers",
        "双方对两个初始序列号的看法一致";
    /// P3. Safety: judged at every octet that is read.
    P3 = "own-octets" "只读自己的字节",
        "what is read is what the peer wrote on this connection, in order, and nothing else",
        "读到的就是对方在这条连接上写的，次序不乱，别无其他";
    /// P4. Safety: judged at the end of a stream and when a connection is over.
    P4 = "nothing-lost" "不丢话",
        "every octet written before a close arrives, or an error is told",
        "关闭之前写下的每个字节都会到，到不了就报错";
    /// P5. Safety, for scenarios in which both ends close in good order.
    P5 = "clean-end" "好好结束",
        "both ends end by acknowledgement, not by a reset or by giving up",
        "双方都因对方确认而结束，不靠复位，也不靠放弃";
    /// P6. Liveness: nobody gives up, and no run stops with a conversation unfinished.
    P6 = "no-deadlock" "不会卡死",
        "nobody waits for ever: what was begun goes on once the network lets it",
        "没有谁会永远等下去：网络一通，事情就接着办";
    /// P7. Safety.
    P7 = "one-connection" "只有一条连接",
        "two ends have one connection between the same two ports",
        "同一对端口之间只有一条连接";
    /// P8. Safety: judged at every segment of a stranger's.
    P8 = "no-stranger" "外人断不了",
        "no stranger who knows no sequence number can end a connection",
        "不知道序列号的外人结束不了一条连接";
    /// P9. Liveness.
    P9 = "gets-in" "进得来",
        "an honest client gets in while somebody listens",
        "只要有人在监听，老实的客户端就进得来";
    /// P10. Safety: judged at every segment of an attempt that is over.
    P10 = "dead-is-dead" "死者不扰生者",
        "a segment of a dead connection never moves a live one out of ESTABLISHED",
        "死掉的连接留下的段，动不了活着的连接";
    /// P11. Safety, for scenarios in which segments are lost at most.
    P11 = "no-reset" "不见 RST",
        "graceful closes put no RST on the wire",
        "好好关闭时，线上不出现 RST";
    /// P12. Liveness: judged whenever time passes.
    P12 = "half-open-ends" "半连接会消失",
        "a half-open connection is gone as soon as its peer answered, not when a timer gives up",
        "对方一答复，半连接就该消失，而不是等定时器放弃";
}

impl Property {
    /// Its bit in [`Broken`].
    const fn bit(self) -> u16 {
        1 << self as u16
    }
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

/// Properties that a step broke.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Broken(u16);

impl Broken {
    /// None.
    pub const NONE: Self = Self(0);

    /// One more.
    pub fn add(&mut self, property: Property) {
        self.0 |= property.bit();
    }

    /// One less.
    pub fn remove(&mut self, property: Property) {
        self.0 &= !property.bit();
    }

    /// Adds it if `is_broken`.
    pub fn add_if(&mut self, is_broken: bool, property: Property) {
        if is_broken {
            self.add(property);
        }
    }

    /// True if it is among them.
    pub const fn has(self, property: Property) -> bool {
        self.0 & property.bit() != 0
    }

    /// True if there are none.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Property> {
        Property::ALL.iter().copied().filter(move |property| self.has(*property))
    }
}

impl FromIterator<Property> for Broken {
    fn from_iter<I: IntoIterator<Item = Property>>(properties: I) -> Self {
        let mut all = Self::NONE;
        properties.into_iter().for_each(|property| all.add(property));
        all
    }
}

/// Something that has to happen in some run, or what the properties claim would be claimed of nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sometimes {
    /// Both ends are ESTABLISHED at once.
    BothEstablished,
    /// An octet is read.
    OctetRead,
    /// A segment of an attempt that is over arrives.
    OldSegment,
    /// It arrives at an end that is ESTABLISHED in a later attempt.
    OldSegmentAtEstablished,
    /// A second connection between the same two ports is ESTABLISHED at both ends.
    SecondConnection,
    /// A connection stands in TIME-WAIT.
    TimeWait,
    /// Something that was lost is sent again.
    SentAgain,
    /// A FIN is sent again.
    FinAgain,
    /// A stranger's segment arrives.
    Forged,
    /// A segment is refused.
    Refused,
    /// A reset goes out.
    Reset,
    /// The peer's window is closed while octets wait.
    WindowClosed,
    /// Both ends have said goodbye and nothing is left.
    BothClosed,
}

impl Sometimes {
    /// Its bit in a set of them.
    pub const fn bit(self) -> u32 {
        1 << self as u32
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
