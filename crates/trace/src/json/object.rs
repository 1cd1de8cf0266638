//! Objects and lists of JSON, written in the order in which they are told.

use std::fmt::Write as _;

/// An object being written.
pub(super) struct Object<'a> {
    out: &'a mut String,
    is_first: bool,
}

/// A list being written.
pub(super) struct List<'a> {
    out: &'a mut String,
    is_first: bool,
}

impl<'a> Object<'a> {
    pub(super) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, is_first: true }
    }

    pub(super) fn close(self) {
        self.out.push('}');
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        string(self.out, value);
    }

    pub(super) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        let _ = write!(self.out, "{value}");
    }

    /// A value that is JSON already.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push_str(value);
    }

    pub(super) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        object(self.out, fill);
    }

    pub(super) fn list(&mut self, key: &str, fill: impl FnOnce(&mut List<'_>)) {
        self.key(key);
        list(self.out, fill);
    }

    fn key(&mut self, key: &str) {
        comma(self.out, &mut self.is_first);
        string(self.out, key);
        self.out.push(':');
    }
}

impl List<'_> {
    pub(super) fn text(&mut self, value: &str) {
        comma(self.out, &mut self.is_first);
        string(self.out, value);
    }

    pub(super) fn number(&mut self, value: u64) {
        comma(self.out, &mut self.is_first);
        let _ = write!(self.out, "{value}");
    }

    pub(super) fn object(&mut self, fill: impl FnOnce(&mut Object<'_>)) {
        comma(self.out, &mut self.is_first);
        object(self.out, fill);
    }

    pub(super) fn list(&mut self, fill: impl FnOnce(&mut List<'_>)) {
        comma(self.out, &mut self.is_first);
        list(self.out, fill);
    }
}

fn object(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    let mut object = Object::open(out);
    fill(&mut object);
    object.close();
}

fn list(out: &mut String, fill: impl FnOnce(&mut List<'_>)) {
    out.push('[');
    fill(&mut List { out, is_first: true });
    out.push(']');
}

fn comma(out: &mut String, is_first: &mut bool) {
    if !std::mem::take(is_first) {
        out.push(',');
    }
}

fn string(out: &mut String, text: &str) {
    // Nearly all of it says what it is.
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~') && octet != b'"' && octet != b'\\') {
        out.extend(["\"", text, "\""]);
        return;
    }
    match serde_json::to_string(text) {
        // JSON lets some through that steer a terminal.
        Ok(quoted) if quoted.contains(char::is_control) => quoted.chars().for_each(|c| match c {
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }),
        Ok(quoted) => out.push_str(&quoted),
        // Text always has a JSON form.
        Err(_) => out.push_str("\"\""),
    }
}
