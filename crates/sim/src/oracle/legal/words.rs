//! What is said of illegal segments. Each sentence has the segment and its sender.

cordial_trace::phrases! { pub(super) const;
    CHECKSUM: "{end} sends {segment} with a wrong checksum", "{end} 发出的 {segment} 校验和不对";
    NO_ACK_BIT: "{end} sends {segment} without an ACK", "{end} 发出的 {segment} 没有 ACK 标志";
    NEVER_OPENED: "{end} sends {segment} on a connection that it never opened", "{end} 没有打开过连接却发出 {segment}";
    OUT_OF_SEQUENCE: "{end} sends {segment}, but the next number after all it has sent is {next}", "{end} 发出 {segment}，但它发过的内容之后的下一个序号是 {next}";
    SYN_WITH: "{end} sends {segment}: a SYN with data or FIN", "{end} 发出 {segment}：SYN 带了数据或 FIN";
    SYN_CHANGED: "{end} sends its SYN again with other options: {segment}", "{end} 重发的 SYN 选项变了：{segment}";
    ACK_BEYOND: "{end} sends {segment}: it acknowledges what has not come", "{end} 发出 {segment}：确认了还没收到的内容";
    ACK_BACK: "{end} sends {segment}, having acknowledged {before} before", "{end} 发出 {segment}，而之前已经确认到 {before}";
    ONLY_ON_SYN: "{end} sends {segment} with an option that only a SYN may have", "{end} 发出的 {segment} 带有只能出现在 SYN 上的选项";
    NOT_AGREED: "{end} sends {segment} with an option that was not agreed on", "{end} 发出的 {segment} 带有没有协商过的选项";
    NO_TIMESTAMP: "{end} sends {segment} without the timestamp that was agreed on", "{end} 发出的 {segment} 缺少协商好的时间戳";
    TIME_BACK: "{end} sends {segment}: its clock said {before} before", "{end} 发出 {segment}：它的时钟之前是 {before}";
    ECHO_UNHEARD: "{end} sends {segment}: it echoes a time that it was never told", "{end} 发出 {segment}：回显了从未收到过的时间戳";
    SACK_UNHEARD: "{end} sends {segment}: positions {start} to {after} have not all come", "{end} 发出 {segment}：位置 {start} 到 {after} 并没有全部收到";
    EDGE_BACK: "{end} sends {segment}: its window ends at {edge}, and ended at {before} before", "{end} 发出 {segment}：窗口右沿是 {edge}，而之前是 {before}";
    TOO_LONG: "{end} sends {segment}: {octets} octets, where the other end takes {mss}, options included", "{end} 发出 {segment}：{octets} 个字节，而对方连选项在内最多收 {mss}";
    PAST_FIN: "{end} sends {segment} past its FIN", "{end} 发出的 {segment} 越过了自己的 FIN";
    PAST_WINDOW: "{end} sends {segment}: {over} octets past the window", "{end} 发出 {segment}：超出窗口 {over} 个字节";
    CHANGED: "{end} sends {segment}: the octet at position {position} is not the one that it sent there first", "{end} 发出 {segment}：位置 {position} 的字节与第一次发送的不同";
    RESET_WITH: "{end} sends {segment}: a RST with SYN, FIN or data", "{end} 发出 {segment}：RST 带了 SYN、FIN 或数据";
    RESET_FORM: "{end} sends {segment}: no connection of its own has this number, and it answers nothing that came", "{end} 发出 {segment}：它没有这个序号的连接，也没有收到过能引出它的段";
}

#[test]
fn every_phrase_is_there_in_both_languages() {
    for (name, phrase) in ALL {
        assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{name}");
    }
}
