//! Why something cannot be explained at all.

use std::{fmt, io};

use cordial_trace::Lang;
use cordial_trace::words::Phrase;

/// Why something cannot be read as a capture or a record.
#[derive(Debug)]
pub enum CaptureError {
    /// It cannot be read.
    Io(io::Error),
    /// It is something else.
    NotACapture(Looks),
}

/// What something that is no capture looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Looks {
    /// There is nothing in it.
    Empty,
    /// Compressed with gzip.
    Gzip,
    /// Compressed with zstd.
    Zstd,
    /// Compressed with xz.
    Xz,
    /// Compressed with bzip2.
    Bzip2,
    /// An archive.
    Zip,
    /// Sun's snoop.
    Snoop,
    /// JSON, but not a record of ours.
    Json,
    /// Text, perhaps what tcpdump printed.
    Text,
    /// Nothing that is known.
    Unknown,
}

impl Looks {
    /// Judges by the first octets.
    pub(crate) fn like(head: &[u8]) -> Self {
        match head {
            [] => Self::Empty,
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', ..] => Self::Xz,
            [b'B', b'Z', b'h', ..] => Self::Bzip2,
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            [b's', b'n', b'o', b'o', b'p', ..] => Self::Snoop,
            [b'{' | b'[', ..] => Self::Json,
            head if is_text(head) => Self::Text,
            _ => Self::Unknown,
        }
    }
}

/// True of characters that are printed, the last of which may be cut.
fn is_text(octets: &[u8]) -> bool {
    let whole = match std::str::from_utf8(octets) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole && octets.iter().all(|octet| !octet.is_ascii_control() || octet.is_ascii_whitespace())
}

const EMPTY: Phrase = Phrase::new(
    "there is nothing in it. To make a capture:  tcpdump -i any -w FILE tcp",
    "文件是空的。抓包可用：tcpdump -i any -w FILE tcp",
);
const COMPRESSED: Phrase = Phrase::new(
    "it is compressed. Try:  {tool} -dc FILE | cordial explain -",
    "文件是压缩过的。请试：{tool} -dc FILE | cordial explain -",
);
const ZIP: Phrase = Phrase::new(
    "it is a zip archive. Try:  unzip -p FILE | cordial explain -",
    "这是 zip 压缩包。请试：unzip -p FILE | cordial explain -",
);
const SNOOP: Phrase = Phrase::new(
    "it is in snoop's format. Try:  editcap -F pcapng FILE - | cordial explain -",
    "这是 snoop 格式。请试：editcap -F pcapng FILE - | cordial explain -",
);
const JSON: Phrase = Phrase::new(
    "it is JSON, but not a record of ours. To make one:  cordial run --events FILE -- CMD",
    "这是 JSON，但不是 cordial 的记录。生成记录：cordial run --events FILE -- CMD",
);
const TEXT: Phrase = Phrase::new(
    "it is text, not a capture. Have tcpdump write packets:  tcpdump -w capture.pcap ...",
    "这是文本，不是抓包文件。请让 tcpdump 写出数据包：tcpdump -w capture.pcap ...",
);
const UNKNOWN: Phrase = Phrase::new(
    "it is neither pcap, pcapng nor a record of `cordial run --events`. \
     To convert a capture:  editcap -F pcapng FILE - | cordial explain -",
    "既不是 pcap、pcapng，也不是 cordial run --events 的记录。转换格式可用：editcap -F pcapng FILE - | cordial explain -",
);

impl CaptureError {
    /// It in words, with what to type next where that is known.
    pub fn text(&self, lang: Lang) -> String {
        let looks = match self {
            Self::Io(error) => return error.to_string(),
            Self::NotACapture(looks) => looks,
        };
        let compressed = |tool: &str| COMPRESSED.fill(lang, &[("tool", tool)]);
        match looks {
            Looks::Empty => EMPTY.text(lang).to_owned(),
            Looks::Gzip => compressed("gzip"),
            Looks::Zstd => compressed("zstd"),
            Looks::Xz => compressed("xz"),
            Looks::Bzip2 => compressed("bzip2"),
            Looks::Zip => ZIP.text(lang).to_owned(),
            Looks::Snoop => SNOOP.text(lang).to_owned(),
            Looks::Json => JSON.text(lang).to_owned(),
            Looks::Text => TEXT.text(lang).to_owned(),
            Looks::Unknown => UNKNOWN.text(lang).to_owned(),
        }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for CaptureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::NotACapture(_) => None,
        }
    }
}

impl From<io::Error> for CaptureError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
