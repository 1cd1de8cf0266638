//! What `cordial why` says.

cordial_trace::phrases! { pub const;
    NO_RULE: "there is no rule {name}. Did you mean {meant}?\nAll of them:  cordial why --list",
        "没有 {name} 这条规则。是不是 {meant}？\n全部规则：  cordial why --list";
    NO_PROPERTY: "there is no property {name}: say P1 to P12",
        "没有 {name} 这条性质：要写 P1 到 P12";
    CANNOT_WRITE: "{file}: {error}\nName a file that you may write to.", "{file}：{error}\n请换一个你能写的文件。";
    HOLDS_WORD: "holds", "成立";
    LIST_NEXT: "\nOne of them:  cordial why two-way-handshake", "\n看其中一条：  cordial why two-way-handshake";
    HEAD: "cordial why {rule}   rule off: {title}", "cordial why {rule}   去掉这条规则：{title}";
    VIOLATED: "VIOLATED in {n} steps", "{n} 步就被打破";
    HOLDS: "HOLDS", "成立";
    CUT_OFF: "CUT OFF: no answer yet", "没看完：还没有答案";
    PROPERTY: "property {property} {name}: {title}", "性质 {property} {name}：{title}";
    INSTEAD: "Instead: {off}.", "改成：{off}。";
    EQUAL_NUMBERS: "Assumed here: both connections begin at the same numbers. New numbers (RFC 6528) make that rare, and no one promises that it never happens.",
        "这里假设：两条连接从相同的序列号开始。每次换新号（RFC 6528）让这种巧合很少见，但没人保证它不会发生。";
    WITH_RULE: "The same network with the rule on:", "同样的网络，规则还在：";
    WITHOUT_RULE: "The rule is off:", "规则去掉了：";
    ON_HOLDS: "With the rule {property} holds: {states} states, {depth} steps deep, all of them looked at.",
        "规则在时 {property} 成立：{states} 个状态，深 {depth} 步，全部看过。";
    ON_BOUNDED: "With the rule {property} did not break in {states} states, {depth} steps deep; there are more, so it is not known to hold. Look further:  {next}",
        "规则在时，{states} 个状态（深 {depth} 步）里 {property} 没有被打破；还有没看的，所以不能说它成立。看得更远：  {next}";
    ON_BROKEN: "With the rule {property} breaks here too, in {n} steps: the rule is not what it depends on in this scenario.",
        "规则在时 {property} 在这里也会被打破（{n} 步）：这个场景里它靠的不是这条规则。";
    OFF_FOUND: "Without it: {states} states to the shortest run.", "规则不在时：看了 {states} 个状态，找到最短的一次。";
    NOTHING: "Nothing breaks: {claims} hold without the rule, too.", "什么也没有被打破：没有这条规则，{claims} 照样成立。";
    ASKED_HOLDS: "{property} holds without the rule, too.", "没有这条规则，{property} 照样成立。";
    CUT_OFF_AT: "Nothing broke in the {off} states that were looked at without the rule, {depth} steps deep. There are more, so this is no answer. Look further:  {next}",
        "规则不在时看了 {off} 个状态，深 {depth} 步，没有被打破；但还有没看的，所以这不是答案。看得更远：  {next}";
    NOT_CLAIMED: "This rule's scenario was not made for {property}, but for {claims}: elsewhere it may break.",
        "这条规则的场景不是为 {property} 设的，而是为 {claims}：换个场景，它也许会被打破。";
    BOUND: "Within the bound: {off} states without the rule, {on} with it, {depth} steps deep{rest}.",
        "限度：规则不在时 {off} 个状态，在时 {on} 个，深 {depth} 步{rest}。";
    ALL_OF_THEM: ", all of them looked at", "，全部看过";
    NOT_ALL: "; there are more with it: {next}", "；规则在时还有没看的：{next}";
    PRICE_MORE: "The price: {off} segments instead of {on} when nothing goes wrong.",
        "代价：一切顺利时，{on} 个段变成 {off} 个。";
    PRICE_SAME: "When nothing goes wrong, {on} segments either way.", "一切顺利时，都是 {on} 个段。";
    TOOK: "Searched for {t}.", "搜索用时 {t}。";
    EMPTY: "Warning: what the claims are about never happened in this search.",
        "警告：这次搜索里，该发生的事一次也没有发生，所以上面的话说明不了什么。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for (name, phrase) in ALL {
            assert!(phrase.is_complete(), "{name}");
        }
    }
}
