//! Running other programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// The folder of the workspace, wherever xtask was called.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo builds.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command that runs in the workspace's folder.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// `cargo`, the one that runs us, with these arguments.
pub fn cargo(args: &[&str]) -> Command {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = command(&cargo);
    command.args(args);
    command
}

/// Says what it runs, runs it, and fails as it fails.
pub fn run(mut command: Command) -> Result<(), Failure> {
    let line = line(&command);
    eprintln!("$ {line}");
    let status = command.status().map_err(|error| Failure::Start { program: program(&command), error })?;
    if status.success() { Ok(()) } else { Err(Failure::Command { line, code: status.code() }) }
}

/// Runs it and gives what it printed; fails as it fails.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.stderr(std::process::Stdio::inherit()).output();
    let output = output.map_err(|error| Failure::Start { program: program(command), error })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failure::Command { line: line(command), code: output.status.code() })
    }
}

/// True if `program` is found along the search path, or where Debian keeps what root runs.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(sbin).any(|folder| folder.join(program).is_file())
}

/// The command as one would type it, with what it adds to the environment in front.
fn line(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.display(), quoted(&value.to_string_lossy())));
        }
    }
    words.push(program(command));
    words.extend(command.get_args().map(|word| quoted(&word.to_string_lossy())));
    words.join(" ")
}

/// The program without its folder.
fn program(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    name.to_string_lossy().into_owned()
}

fn quoted(word: &str) -> String {
    if word.contains(|c: char| c.is_whitespace() || "*'\"$[](){}<>|&;".contains(c)) {
        format!("'{word}'")
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_as_it_is_typed() {
        let mut doc = Command::new("/opt/bin/cargo");
        doc.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--no-deps"]);
        assert_eq!(line(&doc), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_program_is_found_along_the_path_or_not_at_all() {
        assert!(has("sh"));
        assert!(!has("no-such-program-anywhere"));
    }
}
