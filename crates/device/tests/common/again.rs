//! Tests that run themselves again, elsewhere.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::process::{Command, Output};

/// Set in the environment of a test that was run again.
pub const INSIDE: &str = "CORDIAL_TEST_INSIDE";

/// True if this test was run again.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs this program of tests again with these arguments, behind a command that changes the world for it.
pub fn again(prefix: &[&str], arguments: &[&str]) -> Output {
    let me = std::env::current_exe().expect("a test knows its own path");
    let (program, rest) = prefix.split_first().expect("a command");
    let mut command = Command::new(program);
    command.args(rest).arg(me).args(arguments).env(INSIDE, "1");
    command.output().unwrap_or_else(|error| panic!("{program} (package util-linux): {error}"))
}

/// Asserts that a test run by [`again`] passed and was a test at all.
pub fn assert_passed(output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let passed = output.status.success() && out.contains("test result: ok") && !out.contains(" 0 passed");
    assert!(passed, "run again, elsewhere:\n{out}{err}");
}

/// Runs the test `name` again as root of user and network namespaces of its own. What it tells of is printed.
pub fn in_a_network(name: &str) {
    let prefix = ["unshare", "--user", "--map-root-user", "--net", "--"];
    let output = again(&prefix, &["--exact", name, "--nocapture"]);
    assert_passed(&output);
    print!("{}", String::from_utf8_lossy(&output.stderr));
}
