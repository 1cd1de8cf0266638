//! `cordial explain` on captures and records that are written down octet by octet.
#![allow(dead_code, reason = "what makes captures and records serves other tests as well")]

#[path = "../../explain/tests/capture/file.rs"]
mod file;
#[path = "../../trace/tests/common/mod.rs"]
mod scene;
#[path = "../../explain/tests/capture/talk.rs"]
mod talk;

#[path = "explain/command.rs"]
mod command;
#[path = "explain/filter.rs"]
mod filter;
#[path = "explain/hostile.rs"]
mod hostile;
#[path = "explain/summary.rs"]
mod summary;
