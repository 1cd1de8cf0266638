//! What `drill` says itself, in both languages.

cordial_trace::phrases! { pub const;
    FAIL: "FAIL", "失败";
    SKIP: "skip", "跳过";
    UNREADABLE: "UNREADABLE", "读不懂";
    LEFT_OVER: "LEFT OVER", "多余的包";
    SUMMARY: "of {all}: {passed} passed, {failed} failed, {skipped} skipped (profile {profile}, {t} s: {rate} a second)", "{all} 个脚本：通过 {passed}，失败 {failed}，跳过 {skipped}（profile {profile}，{t} 秒，每秒 {rate} 个）";
    AND_UNREADABLE: "; {n} unreadable", "；读不懂 {n}";
    AND_LENIENT: "; {n} pass without --exact", "；不带 --exact 时通过 {n}";
    AND_QUIET: "; after {n} of {all} nothing was left over", "；{all} 个通过的里有 {n} 个没有多余的包";
    NO_SCRIPTS: "{dir}: there is no script (*.pkt) below it. Name a script:  cordial drill FILE", "{dir}：下面没有脚本（*.pkt）。请指定一个脚本：cordial drill FILE";
    NOT_FOUND: "{file}: there is no such file. Scripts to begin with:  cordial drill drill/", "{file}：没有这个文件。可以先试：cordial drill drill/";
    CANNOT_READ: "{file}: {error}. Name a script or a directory that you may read.", "{file}：{error}。请指定一个可读的脚本或目录。";
    CANNOT_WRITE: "--output {file}: {error}. Name a file that you may write.", "--output {file}：{error}。请换一个可写的文件。";
    TOO_LONG: "{file}: longer than 4 MiB, which no script is. Name a script (*.pkt).", "{file}：超过 4 MiB，不会是脚本。请指定脚本（*.pkt）。";
    NO_TEXT: "{file}: not text. Name a script (*.pkt).", "{file}：不是文本。请指定脚本（*.pkt）。";
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
