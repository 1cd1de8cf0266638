//! What is wrong with a file that was read as far as it could be.

use cordial_trace::Lang;
use cordial_trace::words::Phrase;

/// Where and how a file is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Octets before it; lines, in a record of ours.
    pub offset: u64,
    /// What is wrong.
    pub kind: DamageKind,
}

/// How a file is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DamageKind {
    /// It ends in the middle of something, as after a crash or while it is still being written.
    CutOff,
    /// A length that nothing has. Where the next packet begins cannot be told.
    Length,
    /// A block whose contents contradict its length or each other. It was skipped; the next one is where it should be.
    Block,
    /// More interfaces than are believed.
    Interfaces,
    /// A line that is no event.
    Line,
    /// The last line, which has no end.
    LastLine,
}

impl DamageKind {
    /// True if nothing behind the damage can be read.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::CutOff | Self::Length | Self::Interfaces | Self::LastLine)
    }
}

const CUT_OFF: Phrase = Phrase::new(
    "The file ends in the middle of a packet (octet {offset}). Only what came before is explained.",
    "文件在一个包的中间断了（第 {offset} 字节）。只说了之前的部分。",
);
const LENGTH: Phrase = Phrase::new(
    "The file is damaged at octet {offset}: an impossible length. Only what came before is explained.",
    "文件在第 {offset} 字节处损坏：长度不可能。只说了之前的部分。",
);
const BLOCK: Phrase = Phrase::new(
    "The file is damaged at octet {offset}: a block that contradicts itself was skipped.",
    "文件在第 {offset} 字节处损坏：有一块自相矛盾，已跳过。",
);
const INTERFACES: Phrase = Phrase::new(
    "A section of the file names too many interfaces (octet {offset}). Only what came before is explained.",
    "文件的一节里网卡太多（第 {offset} 字节）。只说了之前的部分。",
);
const LAST_LINE: Phrase = Phrase::new(
    "The record ends in the middle of line {offset}. Only what came before is explained.",
    "记录在第 {offset} 行中间断了。只说了之前的部分。",
);
const LINE: Phrase = Phrase::new(
    "Line {offset} of the record is damaged and was skipped.",
    "记录的第 {offset} 行损坏，已跳过。",
);

impl Damage {
    /// It in words.
    pub fn text(&self, lang: Lang) -> String {
        let phrase = match self.kind {
            DamageKind::CutOff => CUT_OFF,
            DamageKind::Length => LENGTH,
            DamageKind::Block => BLOCK,
            DamageKind::Interfaces => INTERFACES,
            DamageKind::Line => LINE,
            DamageKind::LastLine => LAST_LINE,
        };
        phrase.fill(lang, &[("offset", &self.offset.to_string())])
    }
}
