//! The words of a shell line: quotes, redirections, and the signs between commands.

/// The simple commands of a text, each with the number of lines before it: cut at line ends, `;` and `&&`, comments left
/// out.
pub(super) fn commands(text: &str) -> Vec<(u32, &str)> {
    let (mut commands, mut line) = (Vec::new(), 0);
    let mut rest = text;
    loop {
        let end = sign(rest, &[";", "&&", "\n", "#"]);
        let (command, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        let blank = command.len() - command.trim_start().len();
        let before = newlines(command.get(..blank).unwrap_or_default());
        if !command.trim().is_empty() {
            commands.push((line + before, command.trim()));
        }
        let Some((_, sign)) = end else { return commands };
        let skipped = match sign {
            "#" => after.find('\n').unwrap_or(after.len()),
            sign => sign.len(),
        };
        let gone = after.get(..skipped).unwrap_or_default();
        line += newlines(command) + newlines(gone);
        rest = after.get(skipped..).unwrap_or_default();
    }
}

fn newlines(text: &str) -> u32 {
    text.matches('\n').count() as u32
}

/// The commands of a pipeline.
pub(super) fn pipeline(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some((at, _)) = sign(rest, &["|"]) {
        parts.push(rest.get(..at).unwrap_or_default().trim());
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    parts.push(rest.trim());
    parts
}

/// The words of a simple command, quotes taken off and redirections to nowhere left out. None if it has more to it: a
/// variable, another command inside, a file, a job in the background.
pub(super) fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(after) = past_redirection(rest) {
            rest = after.trim_start();
            continue;
        }
        if matches!(first, '>' | '<' | '&' | '(' | ')' | '{' | '}') {
            return None;
        }
        let (word, after) = word(rest)?;
        words.push(word);
        rest = after.trim_start();
    }
    Some(words)
}

/// What follows a redirection to nowhere.
fn past_redirection(text: &str) -> Option<&str> {
    const NOWHERE: &[&str] = &["2>&1", "1>&2", ">/dev/null", "> /dev/null", "2>/dev/null", "2> /dev/null"];
    let after =
        NOWHERE.iter().chain(&["&>/dev/null", "&> /dev/null"]).find_map(|it| text.strip_prefix(it))?;
    after.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '>' | '2' | '&')).then_some(after)
}

/// The word that begins here.
fn word(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut quote = None;
    for (at, c) in text.char_indices() {
        let is_kept =
            || text.get(at + 1..).is_some_and(|rest| !rest.starts_with(['$', '`', '"', '\\', '\n']));
        match quote {
            // Between double quotes a backslash stands for itself unless what follows means something.
            Some('"') if c == '\\' && is_kept() => word.push(c),
            _ if matches!(c, '$' | '\\' | '`') && quote != Some('\'') => return None,
            Some(open) if c == open => quote = None,
            Some(_) => word.push(c),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c.is_whitespace() || matches!(c, '>' | '<' | '&') => {
                return Some((word, text.get(at..)?));
            }
            None => word.push(c),
        }
    }
    quote.is_none().then_some((word, ""))
}

/// Where the first of these signs stands outside of quotes. `#` begins a comment only where a word could begin.
fn sign<'a>(text: &str, signs: &[&'a str]) -> Option<(usize, &'a str)> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {
                let is_here = |sign: &&&str| {
                    rest.starts_with(**sign) && (**sign != "#" || before.is_whitespace() || before == ';')
                };
                if let Some(sign) = signs.iter().find(is_here) {
                    return Some((at, sign));
                }
            }
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_end_at_signs_and_know_their_lines() {
        let text = "\n  a 1; b '2;3' && c # && d\n# e\n\nf \"4\n5\" g\nh#i";
        let expected = [(1, "a 1"), (1, "b '2;3'"), (1, "c"), (4, "f \"4\n5\" g"), (6, "h#i")];
        assert_eq!(commands(text), expected);
        assert_eq!(commands(" \n# nothing"), []);
    }

    #[test]
    fn a_pipeline_is_cut_outside_of_quotes() {
        assert_eq!(pipeline("ss -tan | grep -E 'A|B' |wc -l"), ["ss -tan", "grep -E 'A|B'", "wc -l"]);
    }

    #[test]
    fn words_lose_their_quotes_and_go_nowhere() {
        let of = |text: &str| words(text).map(|words| words.join("/"));
        assert_eq!(
            of("sysctl -q a=\"4 5 6\" 'b c'd >/dev/null 2>&1").as_deref(),
            Some("sysctl/-q/a=4 5 6/b cd")
        );
        for beyond in
            ["a > file", "a < file", "a &", "a $B", "a \"$B\"", "(a)", "a \"b", "a\\ b", "a >/dev/nullx"]
        {
            assert_eq!(of(beyond), None, "{beyond}");
        }
        assert_eq!(of("a '$B'").as_deref(), Some("a/$B"));
    }
}
