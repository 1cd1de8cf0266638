//! What a run says beside its ladders, in both languages.

use cordial_trace::words::Phrase;

/// The record of a run has gaps.
pub const DROPPED: Phrase = Phrase::new(
    "connections that are not in the record, because recording could not keep up: {n}",
    "记录跟不上，有 {n} 条连接没记下来",
);

/// Too many ladders.
pub const UNTOLD: Phrase = Phrase::new(
    "connections that are not drawn: {n}; --events FILE has them",
    "还有 {n} 条连接没画出来；用 --events FILE 可以都记下来",
);

/// The capture has gaps.
pub const CUT_OFF: Phrase = Phrase::new(
    "--pcap: connections that are cut off in it, because writing could not keep up: {n}",
    "--pcap：写盘跟不上，其中 {n} 条连接不完整",
);

/// The gateway had no room.
pub const TURNED_AWAY: Phrase = Phrase::new(
    "connections refused for want of file descriptors: {n}; more: ulimit -n",
    "文件描述符不够，拒绝了 {n} 条连接；可用 ulimit -n 调大",
);

/// CMD has ended, and not all that it started.
pub const LEFT_RUNNING: Phrase = Phrase::new(
    "processes that CMD left running, and that were ended with it: {n}",
    "CMD 结束时还留下 {n} 个进程在运行，已一并结束",
);

/// A file cannot be written any more.
pub const RECORD_ENDS: Phrase = Phrase::new(
    "The record ends here; the program goes on. Free some space, or name a file elsewhere, and run it again.",
    "记录到此为止，程序照常运行。请腾出空间，或换个位置存文件，再运行一次。",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [DROPPED, UNTOLD, CUT_OFF, TURNED_AWAY, LEFT_RUNNING, RECORD_ENDS] {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{phrase:?}");
        }
    }
}
