//! What ladders are drawn with.

/// The characters of a ladder; all are one column wide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Glyphs {
    pub(super) side: char,
    pub(super) control: char,
    pub(super) data: char,
    pub(super) again: char,
    pub(super) right: char,
    pub(super) left: char,
    pub(super) from_left: char,
    pub(super) from_right: char,
    pub(super) corners: [char; 4],
    pub(super) gap: char,
    pub(super) lost: &'static str,
    pub(super) held: &'static str,
    pub(super) resent: &'static str,
    pub(super) down: char,
    pub(super) up: char,
    pub(super) dot: &'static str,
}

pub(super) const UNICODE: Glyphs = Glyphs {
    side: '│',
    control: '─',
    data: '━',
    again: '═',
    right: '►',
    left: '◄',
    from_left: '├',
    from_right: '┤',
    corners: ['┌', '┐', '└', '┘'],
    gap: '┆',
    lost: "✗",
    held: "…",
    resent: "↻",
    down: '╲',
    up: '╱',
    dot: "·",
};

pub(super) const ASCII: Glyphs = Glyphs {
    side: '|',
    control: '-',
    data: '=',
    again: '~',
    right: '>',
    left: '<',
    from_left: '+',
    from_right: '+',
    corners: ['+'; 4],
    gap: ':',
    lost: "X",
    held: "..",
    resent: "re",
    down: '\\',
    up: '/',
    dot: "-",
};
