//! `run --tui`: the connections in the whole terminal, while the program runs and after.
//!
//! ```text
//!   recording thread ──events──▶ Model ◀──keys── cordial-keys
//!                                  │
//!                            cordial-tui: draws it, at most 25 times a second
//! ```
//!
//! [`Model`] and the view are pure: events and keys in, cells out. Only this file, `screen` and `stage` touch the
//! terminal.

mod export;
mod keyboard;
mod keys;
mod model;
mod screen;
mod spool;
mod stage;
mod store;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cordial::Host;
use cordial_explain::Filter;
use cordial_gateway::{Exit, Signals, Stop};
use cordial_trace::Event;
use ratatui::crossterm::event::Event as Input;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Signal, getpid, kill_process};

use crate::locale::Reader;
use export::export;
use keyboard::Keyboard;
use keys::Effect;
use model::{Model, Overlay, Vitals};
use screen::{Canvas, Screen};
pub use spool::Spool;
pub use stage::Stage;

/// The shortest time between two pictures, unless somebody types.
const BETWEEN: Duration = Duration::from_millis(40);
/// Ages are drawn anew this often.
const TICK: Duration = Duration::from_secs(1);
/// How often the keys' thread sees whether it is still wanted, and output goes on after the view was left.
const LOOK: Duration = Duration::from_millis(200);
/// How long a stop waits for the terminal to be given back.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// The view, on threads of its own.
#[derive(Debug)]
pub struct Tui {
    mail: mpsc::Sender<Mail>,
    thread: JoinHandle<()>,
    /// Closed from the other side when the view is done.
    done: OwnedFd,
}

/// What the view is told.
#[derive(Debug)]
enum Mail {
    /// Somebody typed, clicked, or made the window larger.
    Input(Input),
    /// Something happened.
    News,
    /// The program ended.
    Ended(Exit),
    /// Leave at once.
    Leave,
    /// We are about to be stopped: give the terminal back, and say so by dropping this.
    Stop(mpsc::Sender<()>),
    /// We go on; the terminal is ours when our process group has it.
    GoOn,
}

/// What is shown.
pub struct Shown {
    /// The command.
    pub title: String,
    /// Who looks.
    pub reader: Reader,
    /// The filter to begin with, and its text.
    pub filter: (String, Filter),
    /// What the program writes meanwhile.
    pub spool: Spool,
    /// Whose connections these are.
    pub host: Host,
}

/// True if there is a terminal to draw on and keys to read.
pub fn has_terminal() -> bool {
    io::stderr().is_terminal() && (io::stdin().is_terminal() || File::open("/dev/tty").is_ok())
}

impl Tui {
    /// Takes the terminal and begins to draw; events go to the function that comes along.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be had, or no thread.
    pub fn begin(shown: Shown) -> io::Result<(Self, impl FnMut(&Event) + Send + use<>)> {
        let Shown { title, reader, filter: (text, filter), spool, host } = shown;
        let mut model = Model::new(title, reader.lang, reader.ascii, reader.color);
        model.set_filter(&text, filter);
        let model = Arc::new(Mutex::new(model));
        let (mail, post) = mpsc::channel();
        let is_stale = Arc::new(AtomicBool::new(false));
        let (done, end) = pipe_with(PipeFlags::CLOEXEC)?;
        let (screen, canvas) = Screen::take()?;
        let keyboard = Keyboard::default();
        keyboard.read(mail.clone())?;
        spool.collect()?;
        let mut view = View {
            model: Arc::clone(&model),
            screen: Some(screen),
            is_stopped: false,
            canvas,
            spool,
            host,
            keyboard,
            is_stale: Arc::clone(&is_stale),
        };
        let thread = std::thread::Builder::new().name("cordial-tui".into()).spawn(move || {
            let ended = view.run(&post);
            view.keyboard.close();
            view.screen = None;
            // The terminal is everybody's again.
            let _ = rustix::io::write(&end, &[0]);
            view.print_output(&post, ended);
        })?;
        let news = mail.clone();
        let watcher = move |event: &Event| {
            lock(&model).event(event);
            if !is_stale.swap(true, Ordering::Relaxed) {
                // A view that has been left needs no news.
                let _ = news.send(Mail::News);
            }
        };
        Ok((Self { mail, thread, done }, watcher))
    }

    /// Before and after a stop of ours: the shell's terminal is to be an ordinary one meanwhile.
    pub fn around(&self, stop: Stop) {
        let (done, given_back) = mpsc::channel();
        let mail = match stop {
            Stop::Begins => Mail::Stop(done),
            Stop::IsOver => Mail::GoOn,
        };
        // Nobody answers when the view has been left, and a terminal that takes nothing is not waited for.
        if self.mail.send(mail).is_ok() && stop == Stop::Begins {
            let _ = given_back.recv_timeout(GIVING_BACK);
        }
    }

    /// Tells that the program has ended, and waits until whoever looks has seen enough, or a signal says that it is
    /// over.
    pub fn stay_until_left(self, exit: Exit, signals: &mut Signals) {
        // A view that has been left already knows nothing of it.
        let _ = self.mail.send(Mail::Ended(exit));
        if matches!(exit, Exit::Signal(number) if OVER.iter().any(|signal| signal.as_raw() == i32::from(number)))
        {
            let _ = self.mail.send(Mail::Leave);
        }
        loop {
            let mut ready = [PollFd::new(&self.done, PollFlags::IN), PollFd::new(&*signals, PollFlags::IN)];
            let polled = poll(&mut ready, None);
            let is_done = ready.first().is_some_and(|done| !done.revents().is_empty());
            if !matches!(polled, Ok(_) | Err(Errno::INTR)) {
                break;
            }
            if is_done {
                match rustix::io::read(&self.done, &mut [0]) {
                    // What is left is to print: a signal ends us as it ends anybody.
                    Ok(1) => signals.let_through(),
                    _ => break,
                }
            }
            while let Ok(Some(heard)) = signals.try_next() {
                if OVER.contains(&heard.signal) {
                    let _ = self.mail.send(Mail::Leave);
                    // A terminal that takes nothing may keep the view from leaving: the next one ends us.
                    signals.let_through();
                }
            }
        }
        // A thread that has panicked has said so, on a screen that was given back.
        let _ = self.thread.join();
    }
}

/// Signals that end the view as well.
const OVER: [Signal; 3] = [Signal::TERM, Signal::HUP, Signal::QUIT];

/// What draws.
struct View {
    model: Arc<Mutex<Model>>,
    /// None while the terminal is not ours.
    screen: Option<Screen>,
    /// We are stopped, or about to be.
    is_stopped: bool,
    canvas: Canvas,
    spool: Spool,
    host: Host,
    keyboard: Keyboard,
    is_stale: Arc<AtomicBool>,
}

impl View {
    /// Draws and listens until the view is left; true if the program had ended by then.
    fn run(&mut self, post: &mpsc::Receiver<Mail>) -> bool {
        let mut drawn = Instant::now();
        loop {
            if self.screen.is_some() && self.draw().is_err() {
                return self.has_ended();
            }
            let mut mail = post.recv_timeout(if self.screen.is_some() { TICK } else { LOOK });
            if self.take_back().is_err() {
                return self.has_ended();
            }
            if let Ok(Mail::News) = mail {
                // More will have come by the time that a picture is due.
                let due = BETWEEN.saturating_sub(drawn.elapsed());
                mail = post.recv_timeout(due).or(Ok(Mail::News));
            }
            drawn = Instant::now();
            while let Ok(one) = mail {
                if !self.take(one) {
                    return self.has_ended();
                }
                mail = post.try_recv().map_err(|_| RecvTimeoutError::Timeout);
            }
        }
    }

    /// Takes the terminal again when we go on in its foreground; in the background (`bg`) it is the shell's.
    fn take_back(&mut self) -> io::Result<()> {
        if self.screen.is_none() && !self.is_stopped && screen::is_in_front() {
            self.screen = Some(Screen::take_again(&mut self.canvas)?);
            self.keyboard.go_on();
        }
        Ok(())
    }

    fn has_ended(&self) -> bool {
        lock(&self.model).exit.is_some()
    }

    /// False if the view is to be left.
    fn take(&mut self, mail: Mail) -> bool {
        let mut model = lock(&self.model);
        let input = match mail {
            Mail::Input(input) => input,
            Mail::News => return true,
            Mail::Ended(exit) => {
                model.exit = Some(exit);
                return true;
            }
            Mail::Leave => return false,
            Mail::Stop(_done) => {
                self.is_stopped = true;
                self.keyboard.pause();
                self.screen = None;
                return true;
            }
            Mail::GoOn => {
                self.is_stopped = false;
                return true;
            }
        };
        match keys::input(&mut model, &input) {
            Effect::None => {}
            Effect::Export => model.message = export(&model),
            Effect::Interrupt => {
                // Our main thread hears it and does what it does about every Ctrl-C.
                let _ = kill_process(getpid(), Signal::INT);
                model.message = words::INTERRUPTED.text(model.lang).to_owned();
            }
            Effect::Leave => return false,
            Effect::End => {
                let _ = kill_process(getpid(), Signal::TERM);
                return false;
            }
        }
        true
    }

    fn draw(&mut self) -> io::Result<()> {
        self.is_stale.store(false, Ordering::Relaxed);
        let host = &self.host;
        let vitals = Vitals {
            connections: host.connections(),
            half_open: host.half_open(),
            time_wait: host.time_wait(),
            counters: host.counters(),
        };
        let now = host.now();
        let (model, spool) = (&self.model, &self.spool);
        // The model is only held while cells are filled, not while a slow terminal takes them.
        self.canvas.draw(|frame| {
            let mut model = lock(model);
            model.tick(now, vitals);
            if model.overlay == Overlay::Output {
                model.output = spool.tail();
            }
            view::draw(frame, &mut model);
        })?;
        Ok(())
    }

    /// Prints what the program wrote, to its end.
    fn print_output(&mut self, post: &mpsc::Receiver<Mail>, mut has_ended: bool) {
        let lang = lock(&self.model).lang;
        self.spool.print(lang);
        while !has_ended {
            has_ended = match post.recv_timeout(LOOK) {
                Ok(Mail::Ended(_)) | Err(RecvTimeoutError::Disconnected) => true,
                Ok(_) | Err(RecvTimeoutError::Timeout) => false,
            };
            self.spool.print(lang);
        }
        self.spool.print_rest(lang);
    }
}

/// Every change to the model is whole, whoever panics elsewhere.
fn lock(model: &Mutex<Model>) -> MutexGuard<'_, Model> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}
