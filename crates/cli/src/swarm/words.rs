//! What `cordial swarm` says.

use cordial_swarm::Kind;
use cordial_trace::words::Phrase;

cordial_trace::phrases! { pub const;
    SO_FAR: "{ran} scenarios, {failed} failed, {rate}/s", "{ran} 个场景，{failed} 个失败，每秒 {rate} 个";
    FAILS: "seed {seed} fails ({who}):", "种子 {seed} 失败（{who}）：";
    SHRUNK: "The smallest scenario that still fails so, of size {after} instead of {before}, found in {runs} runs:",
        "仍会这样失败的最小场景，大小从 {before} 缩到 {after}，用了 {runs} 次运行：";
    WRITTEN: "Written to {file}", "已写入 {file}";
    PLAY: "To play it:  {command}", "重演：  {command}";
    NOT_WHOLE: "A scenario file cannot say all of it; what is missing stands in its comments.",
        "场景文件写不下全部内容；缺的写在它的注释里。";
    AGAIN: "To run the seed again:  {command}", "再跑这个种子：  {command}";
    NOT_AGAIN: "it did not fail so again", "再跑时没有这样失败";
    CLEAN: "{ran} scenarios, none failed: {time} s, {rate} a second with {jobs} at a time",
        "{ran} 个场景，没有失败的：{time} 秒，每秒 {rate} 个，同时 {jobs} 个";
    DIRTY: "{ran} scenarios, {failed} failed: {time} s, {rate} a second with {jobs} at a time",
        "{ran} 个场景，{failed} 个失败：{time} 秒，每秒 {rate} 个，同时 {jobs} 个";
    COVERED: "{kind}: all {all} seen: {names}", "{kind}：{all} 种全部见过：{names}";
    COVERED_BUT: "{kind}: {seen} of {all} seen: {names}\n  never seen: {missing}",
        "{kind}：{all} 种见过 {seen} 种：{names}\n  没见过：{missing}";
    EXCUSED: "  {name}: {why} ({file}, {test})", "  {name}：{why}（{file}，{test}）";
    GAP: "Coverage fails: {kind} {name} was never seen, and nothing says why not.",
        "覆盖不合格：{kind} {name} 从未见到，也没有写明原因。";
    STALE: "Coverage fails: {kind} {name} was seen, though the list says that it cannot be. Take it off the list.",
        "覆盖不合格：{kind} {name} 见到了，清单却说不会出现。请把它从清单里去掉。";
    A_REFUSAL: "the refusal", "拒收理由";
    A_CAUSE: "the end", "结束方式";
    A_VERDICT: "the verdict", "结论";
    CANNOT_WRITE: "{file}: {error}. Name a directory that you may write to:  --keep DIR",
        "{file}：{error}。请换一个你能写的目录：  --keep DIR";
    REFUSALS: "Reasons for which segments were refused", "拒收一个段的理由";
    CAUSES: "Ways in which connections ended", "连接结束的方式";
    VERDICTS: "Verdicts", "结论";
}

/// Above the list of a kind.
pub const fn kind(kind: Kind) -> Phrase {
    match kind {
        Kind::Refusal => REFUSALS,
        Kind::Cause => CAUSES,
        Kind::Verdict => VERDICTS,
    }
}

/// One of a kind.
pub const fn one(kind: Kind) -> Phrase {
    match kind {
        Kind::Refusal => A_REFUSAL,
        Kind::Cause => A_CAUSE,
        Kind::Verdict => A_VERDICT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for (name, phrase) in ALL {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{name}");
        }
    }
}
