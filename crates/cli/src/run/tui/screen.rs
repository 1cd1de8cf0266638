//! The terminal's modes: taken, and given back on every way out.

use std::io::{self, BufWriter, Stderr};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// What is drawn on: standard error, like everything of ours.
pub type Canvas = Terminal<CrosstermBackend<BufWriter<Stderr>>>;

/// Octets of a whole screen with its colours, and more.
const BUFFER: usize = 256 << 10;

/// The terminal while it is ours.
#[derive(Debug)]
pub struct Screen;

static IS_TAKEN: AtomicBool = AtomicBool::new(false);

impl Screen {
    /// Takes the terminal: no echo, a screen of its own, the mouse.
    ///
    /// # Errors
    ///
    /// If there is no terminal, or it has no such modes; it is then as it was.
    pub fn take() -> io::Result<(Self, Canvas)> {
        give_back_on_panic();
        let screen = Self::enter()?;
        let out = BufWriter::with_capacity(BUFFER, io::stderr());
        let canvas = Terminal::new(CrosstermBackend::new(out))?;
        Ok((screen, canvas))
    }

    /// Takes it once more, after it was given back; all of it is to be drawn then.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    pub fn take_again(canvas: &mut Canvas) -> io::Result<Self> {
        let screen = Self::enter()?;
        // Entering has blanked it: so are both of its pictures, and the next is drawn whole. (`clear` would ask the
        // terminal where its cursor is.)
        canvas.swap_buffers();
        Ok(screen)
    }

    fn enter() -> io::Result<Self> {
        IS_TAKEN.store(true, Ordering::SeqCst);
        // From here on dropping it gives back what was taken.
        let screen = Self;
        enable_raw_mode()?;
        execute!(io::stderr(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// True unless the terminal is another process group's just now.
pub fn is_in_front() -> bool {
    tcgetpgrp(io::stderr()).map_or(true, |group| group == getpgrp())
}

/// Once, whoever comes first.
fn give_back() {
    if IS_TAKEN.swap(false, Ordering::SeqCst) {
        // A terminal that has gone needs nothing back.
        let _ =
            execute!(io::stderr(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// A panic's message is to be read on an ordinary screen.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}
