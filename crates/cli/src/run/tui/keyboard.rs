//! What is typed, read on a thread of its own.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ratatui::crossterm::event;

use super::Mail;

/// How often the thread sees whether it is still wanted.
const LOOK: Duration = Duration::from_millis(200);

/// The keys and the mouse, while the view has the terminal.
#[derive(Debug, Default)]
pub struct Keyboard {
    /// What the thread is to do: one of the values below.
    wanted: Arc<AtomicU8>,
}

const READ: u8 = 0;
const WAIT: u8 = 1;
const END: u8 = 2;

impl Keyboard {
    /// Hands on what is typed until it is closed.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn read(&self, mail: mpsc::Sender<Mail>) -> io::Result<()> {
        let wanted = Arc::clone(&self.wanted);
        std::thread::Builder::new().name("cordial-keys".into()).spawn(move || {
            loop {
                match wanted.load(Ordering::Relaxed) {
                    READ if !read_one(&mail) => return,
                    READ => {}
                    // From the background nothing can be read.
                    WAIT => std::thread::sleep(LOOK),
                    _ => return,
                }
            }
        })?;
        Ok(())
    }

    /// Leaves what is typed to others.
    pub fn pause(&self) {
        self.wanted.store(WAIT, Ordering::Relaxed);
    }

    /// After a pause.
    pub fn go_on(&self) {
        self.wanted.store(READ, Ordering::Relaxed);
    }

    /// The thread ends soon.
    pub fn close(&self) {
        self.wanted.store(END, Ordering::Relaxed);
    }
}

/// False if nobody wants more, or there will be none.
fn read_one(mail: &mpsc::Sender<Mail>) -> bool {
    let input = match event::poll(LOOK) {
        Ok(false) => return true,
        Ok(true) => event::read(),
        Err(error) => Err(error),
    };
    match input {
        Ok(input) => mail.send(Mail::Input(input)).is_ok(),
        Err(_) => {
            // No terminal, no view. One that has been left already does not mind.
            let _ = mail.send(Mail::Leave);
            false
        }
    }
}
