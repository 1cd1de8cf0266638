//! What the text of a test says, found without compiling it.

/// A test's text: its comments, attributes, name and body. `None` if `name` is no test in this text.
///
/// Formatted source is taken for granted: a function ends at the first `}` that stands as deep as its first line.
///
/// # Errors
///
/// Why nothing can be said of it.
pub fn test<'a>(text: &'a str, name: &str) -> Result<&'a str, String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut heads = (0..lines.len()).filter(|at| is_head(lines[*at], name));
    let head = heads.next().ok_or_else(|| format!("there is no `fn {name}`"))?;
    if heads.next().is_some() {
        return Err(format!("there is more than one `fn {name}`"));
    }
    let begins_with = |line: &&str| ["#[", "//"].iter().any(|mark| line.trim_start().starts_with(mark));
    let above = lines[..head].iter().rev().take_while(|line| begins_with(line)).count();
    let attributes = lines[head - above..head].iter().filter(|line| line.trim_start().starts_with("#["));
    if !attributes.clone().any(|line| line.contains("test]") || line.contains("test(")) {
        return Err(format!("`fn {name}` is no test: no `#[test]` above it"));
    }
    let offset = |line: usize| lines[..line].iter().map(|line| line.len()).sum::<usize>();
    Ok(&text[offset(head - above)..offset(end(&lines, head))])
}

/// True if the line begins the function `name`.
fn is_head(line: &str, name: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| matches!(*word, "pub" | "async"));
    let is_function = words.next() == Some("fn");
    let called = words.next().and_then(|word| word.strip_prefix(name));
    is_function && called.is_some_and(|rest| rest.starts_with(['(', '<']))
}

/// The line after the function that begins at `head`.
fn end(lines: &[&str], head: usize) -> usize {
    if lines[head].trim_end().ends_with('}') {
        return head + 1;
    }
    let depth = lines[head].len() - lines[head].trim_start().len();
    let closes = |line: &&str| line.len() - line.trim_start().len() == depth && line.trim() == "}";
    lines[head..].iter().position(closes).map_or(lines.len(), |at| head + at + 1)
}

/// True if a text names an id as a word, or in the way of a function's name: `must_30` for `MUST-30`.
pub fn cites(text: &str, id: &str) -> bool {
    let as_name = id.to_lowercase().replace(['-', '.'], "_");
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    let is_name_part = |c: char| c.is_alphanumeric();
    has_word(text, id, is_part) || has_word(text, &as_name, is_name_part)
}

/// True if `word` stands in the text with no part of a word on either side.
fn has_word(text: &str, word: &str, is_part: impl Fn(char) -> bool) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + word.len()..].chars();
        let next = after.next();
        // A full stop ends a sentence, unless a number goes on after it.
        let goes_on = next == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit());
        !before.is_some_and(&is_part) && !next.is_some_and(&is_part) && !goes_on
    })
}

/// The comments of a packetdrill script.
pub fn comments(script: &str) -> String {
    let comment = |line: &str| line.find("//").map(|at| line[at..].to_owned());
    script.lines().filter_map(comment).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
use x;

/// Shows MUST-3.
#[test]
fn one() {
    if a {
        b();
    }
    // SHLD-1
}

mod inner {
    #[tokio::test]
    async fn two() {
        c()
    }
}

fn three() {}

#[test]
fn short() {}

#[test]
fn twice() {}
fn twice() {}
";

    #[test]
    fn a_test_is_its_comments_its_name_and_its_body() {
        let one = test(SOURCE, "one").expect("a test");
        assert!(one.starts_with("/// Shows") && one.ends_with("// SHLD-1\n}\n"), "{one}");
        assert_eq!(test(SOURCE, "two").expect("a test").lines().count(), 4);
        assert_eq!(test(SOURCE, "short").expect("a test"), "#[test]\nfn short() {}\n");
    }

    #[test]
    fn what_is_no_test_is_told_why() {
        for (name, why) in [("on", "no `fn on`"), ("three", "no `#[test]`"), ("twice", "more than one")] {
            let said = test(SOURCE, name).expect_err(name);
            assert!(said.contains(why), "{name}: {said}");
        }
    }

    #[test]
    fn an_id_is_cited_as_a_word() {
        for text in ["MUST-3", "(MUST-3).", "see MUST-3, too", "fn must_3() {", "fn rfc9293_must_3_again"] {
            assert!(cites(text, "MUST-3"), "{text}");
        }
        for text in ["MUST-30", "NMUST-3", "MUST-3-a", "MUST-", "fn must_31()", ""] {
            assert!(!cites(text, "MUST-3"), "{text}");
        }
        assert!(cites("as RFC5961-3.2-a has it", "RFC5961-3.2-a"));
        assert!(!cites("RFC5961-3.2-ab", "RFC5961-3.2-a"));
        assert!(!cites("RFC1-3.2", "RFC1-3"));
    }

    #[test]
    fn a_script_cites_in_its_comments() {
        assert_eq!(comments("// MUST-1\n +0 > S // b\n +0 x"), "// MUST-1\n// b");
    }
}
