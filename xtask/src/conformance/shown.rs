//! What shows that a requirement is met: a test or a script, and where it runs.

use std::fmt;
use std::path::Path;

use super::source;

/// A test or a script, as a row names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shown {
    Test(Test),
    /// The path of a packetdrill script.
    Script(String),
}

/// A test function.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Test {
    pub file: String,
    pub name: String,
    pub target: Target,
    /// The modules that the file's place makes.
    pub module: String,
}

/// What is built and run as one program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Target {
    pub package: String,
    /// What cargo is told, as `--lib` or `--test NAME`.
    pub flags: Vec<String>,
}

impl Shown {
    /// Finds what a row names, in the tree at `root`, and that it cites the row.
    ///
    /// # Errors
    ///
    /// Why it shows nothing.
    pub fn find(root: &Path, named: &str, id: &str) -> Result<Self, String> {
        let (shown, says) = Self::read(root, named).map_err(|why| format!("{named}: {why}"))?;
        if !source::cites(&says, id) {
            return Err(format!("{named}: does not cite the row; write `{id}` into a comment of it"));
        }
        Ok(shown)
    }

    /// What a row names, and its text.
    fn read(root: &Path, named: &str) -> Result<(Self, String), String> {
        if named.ends_with(".pkt") {
            let text = read(root, named)?;
            return Ok((Self::Script(named.to_owned()), source::comments(&text)));
        }
        let (file, name) = named
            .split_once("::")
            .ok_or("neither a test (`crates/tcp/tests/x.rs::name`) nor a script (`drill/x/y.pkt`)")?;
        let text = read(root, file)?;
        let says = source::test(&text, name)?.to_owned();
        let (target, module) = target(root, file)?;
        Ok((Self::Test(Test { file: file.to_owned(), name: name.to_owned(), target, module }), says))
    }
}

impl Test {
    /// True if the harness calls this test `full`, as `module::tests::name`.
    pub fn is_called(&self, full: &str) -> bool {
        let inside = match self.module.as_str() {
            "" => Some(full),
            module => full.strip_prefix(module).and_then(|rest| rest.strip_prefix("::")),
        };
        inside.is_some_and(|inside| inside.rsplit("::").next() == Some(self.name.as_str()))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(test) => write!(f, "{}::{}", test.file, test.name),
            Self::Script(path) => f.write_str(path),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-p {} {}", self.package, self.flags.join(" "))
    }
}

fn read(root: &Path, file: &str) -> Result<String, String> {
    std::fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))
}

/// The target that a source file is part of, and the file's module in it.
fn target(root: &Path, file: &str) -> Result<(Target, String), String> {
    let (krate, inside) = ["/tests/", "/src/"]
        .iter()
        .find_map(|folder| file.split_once(folder).map(|(krate, _)| (krate, &file[krate.len() + 1..])))
        .ok_or("a test stands in `src` or `tests` of a crate")?;
    let package = package(&read(root, &format!("{krate}/Cargo.toml"))?)?;
    let path = inside.strip_suffix(".rs").ok_or("a test stands in a file that ends in .rs")?;
    if let Some(path) = path.strip_prefix("src/") {
        let kind = if root.join(krate).join("src/lib.rs").is_file() { "--lib" } else { "--bins" };
        return Ok((Target { package, flags: vec![kind.into()] }, module(path)));
    }
    let path = path.strip_prefix("tests/").ok_or("a test stands in `src` or `tests` of a crate")?;
    let (name, path) = integration(root, krate, path)?;
    Ok((Target { package, flags: vec!["--test".into(), name] }, module(&path)))
}

/// The name of a crate, from its manifest.
fn package(manifest: &str) -> Result<String, String> {
    let manifest: toml::Table = toml::from_str(manifest).map_err(|error| error.to_string())?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    name.map(str::to_owned).ok_or_else(|| "its crate has no name".into())
}

/// The integration test that a file below `tests` is part of, and its path in there.
fn integration(root: &Path, krate: &str, path: &str) -> Result<(String, String), String> {
    let tests = root.join(krate).join("tests");
    let Some((folder, rest)) = path.split_once('/') else {
        return Ok((path.to_owned(), String::new()));
    };
    if tests.join(folder).join("main.rs").is_file() {
        return Ok((folder.to_owned(), rest.to_owned()));
    }
    let mut files: Vec<_> =
        std::fs::read_dir(&tests).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    let names_it =
        |file: &&std::path::PathBuf| std::fs::read_to_string(file).is_ok_and(|text| declares(&text, folder));
    let owner = files.iter().find(names_it).and_then(|file| file.file_stem()).and_then(|stem| stem.to_str());
    owner
        .map(|owner| (owner.to_owned(), path.to_owned()))
        .ok_or_else(|| format!("no test of {krate} has the module `{folder}`"))
}

/// True if a source text has the module.
fn declares(text: &str, module: &str) -> bool {
    let is_it = |line: &str| {
        line.trim()
            .strip_prefix("mod ")
            .is_some_and(|rest| rest.strip_prefix(module).is_some_and(|rest| rest.starts_with([';', ' '])))
    };
    text.lines().any(is_it)
}

/// The module of a file, from its path below the root of its target, without `.rs`.
fn module(path: &str) -> String {
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if matches!(path, "lib" | "main" | "mod") { String::new() } else { path.replace('/', "::") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::root;

    #[test]
    fn a_file_tells_its_target_and_module() {
        for (file, flags, within) in [
            ("crates/tcp/src/send/rtt.rs", "-p cordial-tcp --lib", "send::rtt"),
            ("crates/tcp/src/lib.rs", "-p cordial-tcp --lib", ""),
            ("crates/tcp/tests/states/established.rs", "-p cordial-tcp --test states", "established"),
            ("crates/tcp/tests/bounds.rs", "-p cordial-tcp --test bounds", ""),
            ("crates/cli/tests/with_peers/mod.rs", "-p cordial-cli --test interop", "with_peers"),
            ("xtask/src/shell.rs", "-p xtask --bins", "shell"),
        ] {
            let (target, module) = target(&root(), file).expect(file);
            assert_eq!((target.to_string().as_str(), module.as_str()), (flags, within), "{file}");
        }
    }

    #[test]
    fn a_test_is_known_by_its_module_and_its_name() {
        let test = |module: &str| Test {
            file: String::new(),
            name: "holds".into(),
            target: Target { package: String::new(), flags: Vec::new() },
            module: module.into(),
        };
        assert!(test("").is_called("holds"));
        assert!(test("").is_called("tests::holds"));
        assert!(test("a::b").is_called("a::b::tests::holds"));
        assert!(!test("a::b").is_called("a::bc::holds"));
        assert!(!test("a").is_called("a::it_holds"));
    }

    #[test]
    fn what_shows_nothing_is_told_why() {
        for (named, why) in [
            ("crates/tcp", "neither a test"),
            ("crates/tcp/tests/no-such.rs::x", "No such file"),
            ("crates/tcp/tests/bounds.rs::no_such_test", "no `fn no_such_test`"),
            ("drill/no/such.pkt", "No such file"),
            ("drill/close/active-close.pkt", "does not cite the row; write `MUST-999`"),
        ] {
            let said = Shown::find(&root(), named, "MUST-999").expect_err(named);
            assert!(said.contains(why), "{named}: {said}");
        }
    }
}
