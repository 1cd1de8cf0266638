//! The `cordial` command.

fn main() {}
