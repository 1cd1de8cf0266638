//! The properties of a connection that tests, swarm and search ask for: one list.

use std::fmt;

use cordial_trace::words::Phrase;

/// Something that holds of every connection, whatever the network does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Property {
    /// An ESTABLISHED end has a peer that, in its current life, asked for this connection.
    NoGhost,
    /// Both ends agree on both initial sequence numbers.
    AgreedNumbers,
    /// No octet of an earlier connection is delivered; what is read is a prefix of what was written.
    PureStream,
    /// Every octet sent before a close arrives, or an error is reported.
    NothingLost,
    /// Both ends end by acknowledgment, not by reset or giving up, once the network heals.
    AcknowledgedEnd,
    /// Nobody waits for ever.
    NoDeadlock,
    /// A pair of addresses has one connection.
    OneConnection,
    /// No stranger can end it.
    NoStranger,
    /// An honest client gets in.
    HonestClient,
    /// A segment of a dead connection never moves a live one out of ESTABLISHED.
    NoKill,
    /// Graceful closes put no RST on the wire.
    CleanClose,
    /// A half-open entry is gone within one round trip once the peer answers, and within its limit otherwise.
    HalfOpenEnds,
}

impl Property {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::NoGhost,
        Self::AgreedNumbers,
        Self::PureStream,
        Self::NothingLost,
        Self::AcknowledgedEnd,
        Self::NoDeadlock,
        Self::OneConnection,
        Self::NoStranger,
        Self::HonestClient,
        Self::NoKill,
        Self::CleanClose,
        Self::HalfOpenEnds,
    ];

    /// Its number, as it is cited: `P1` to `P12`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::NoGhost => "P1",
            Self::AgreedNumbers => "P2",
            Self::PureStream => "P3",
            Self::NothingLost => "P4",
            Self::AcknowledgedEnd => "P5",
            Self::NoDeadlock => "P6",
            Self::OneConnection => "P7",
            Self::NoStranger => "P8",
            Self::HonestClient => "P9",
            Self::NoKill => "P10",
            Self::CleanClose => "P11",
            Self::HalfOpenEnds => "P12",
        }
    }

    /// Its name, as it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoGhost => "no-ghost",
            Self::AgreedNumbers => "agreed-numbers",
            Self::PureStream => "pure-stream",
            Self::NothingLost => "nothing-lost",
            Self::AcknowledgedEnd => "acknowledged-end",
            Self::NoDeadlock => "no-deadlock",
            Self::OneConnection => "one-connection",
            Self::NoStranger => "no-stranger",
            Self::HonestClient => "honest-client",
            Self::NoKill => "no-kill",
            Self::CleanClose => "clean-close",
            Self::HalfOpenEnds => "half-open-ends",
        }
    }

    /// The property with this number (`P3`, `p3`) or name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|property| {
            property.id().eq_ignore_ascii_case(text) || property.name().eq_ignore_ascii_case(text)
        })
    }

    /// What it says.
    pub const fn title(self) -> Phrase {
        match self {
            Self::NoGhost => Phrase::new(
                "an ESTABLISHED end has a peer that asked for this connection",
                "处于 ESTABLISHED 的一端，对方确实请求过这条连接",
            ),
            Self::AgreedNumbers => {
                Phrase::new("both ends agree on both initial numbers", "两端对两个初始序列号看法一致")
            }
            Self::PureStream => {
                Phrase::new("no octet of an earlier connection is delivered", "旧连接的数据不会混进新连接")
            }
            Self::NothingLost => Phrase::new(
                "every octet sent before a close arrives, or an error is reported",
                "关闭之前发出的每个字节都会到达，否则会报错",
            ),
            Self::AcknowledgedEnd => Phrase::new(
                "both ends end by acknowledgment once the network heals",
                "网络恢复后，两端都凭确认结束，而不是靠 RST 或放弃",
            ),
            Self::NoDeadlock => Phrase::new("nobody waits for ever", "没有一端会永远等下去"),
            Self::OneConnection => {
                Phrase::new("one connection per pair of addresses", "一对地址只有一条连接")
            }
            Self::NoStranger => Phrase::new("no stranger can end it", "外人无法切断它"),
            Self::HonestClient => Phrase::new("an honest client gets in", "正常的客户端连得上"),
            Self::NoKill => Phrase::new(
                "a segment of a dead connection never ends a live one",
                "已结束的连接留下的段不会打断活着的连接",
            ),
            Self::CleanClose => {
                Phrase::new("graceful closes put no RST on the wire", "正常关闭时网线上没有 RST")
            }
            Self::HalfOpenEnds => {
                Phrase::new("a half-open entry is gone within its limit", "半连接在期限之内消失")
            }
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_found_by_number_and_name_and_has_a_title_in_both_languages() {
        for (i, property) in Property::ALL.into_iter().enumerate() {
            assert_eq!(property.id(), format!("P{}", i + 1));
            assert_eq!(Property::named(property.id()), Some(property));
            assert_eq!(Property::named(property.name()), Some(property));
            let title = property.title();
            assert!(title.is_complete() && !title.zh.is_ascii(), "{property}");
        }
        assert_eq!(Property::named("P13"), None);
    }
}
