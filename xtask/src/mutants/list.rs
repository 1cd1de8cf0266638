//! The list of mutants.

/// One small change.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mutant {
    /// File, line, column and what is changed: as cargo-mutants calls it.
    pub name: String,
    /// The change, for `git apply -p0`.
    pub diff: String,
}

/// Reads `cargo mutants --list --diff`: a name, and its diff under it.
pub fn parse(text: &str) -> Vec<Mutant> {
    let mut mutants: Vec<Mutant> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let begins = lines.peek().is_some_and(|next| next.starts_with("--- ")) && !line.starts_with(' ');
        if begins {
            mutants.push(Mutant { name: line.into(), diff: String::new() });
        } else if let Some(mutant) = mutants.last_mut().filter(|_| !line.is_empty()) {
            // Its second heading tells the change instead of the file.
            let heading = line.starts_with("+++ ") && mutant.diff.lines().count() == 1;
            let file = mutant.name.split(':').next().unwrap_or_default();
            mutant.diff.push_str(&if heading { format!("+++ {file}") } else { line.into() });
            mutant.diff.push('\n');
        }
    }
    mutants
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
a/b.rs:3:4: replace < with <=
--- a/b.rs
+++ replace < with <=
@@ -2,3 +2,3 @@
 
-    x < y
+    x <= y /* ~ changed by cargo-mutants ~ */
 }

a/c.rs:1:1: replace f with ()
--- a/c.rs
+++ replace f with ()
@@ -1,1 +1,1 @@
-f()
+() /* ~ changed by cargo-mutants ~ */
";

    #[test]
    fn a_name_and_a_diff_that_git_can_apply() {
        let mutants = parse(LIST);
        assert_eq!(mutants.len(), 2);
        assert_eq!(mutants[0].name, "a/b.rs:3:4: replace < with <=");
        let diff = "--- a/b.rs\n+++ a/b.rs\n@@ -2,3 +2,3 @@\n \n-    x < y\n+    x <= y /* ~ changed by cargo-mutants ~ */\n }\n";
        assert_eq!(mutants[0].diff, diff);
    }
}
