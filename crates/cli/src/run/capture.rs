//! Every packet of a run, into a pcapng file, without holding the stack up.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cordial::device::Checksum;
use cordial::{Instant, TappedFrame};
use cordial_trace::{Direction, Lang, Pcapng, PcapngError};

use super::flow::Flow;
use super::report_loss;
use super::whole_file::WholeFile;

/// Octets of packets that wait to be written: a second or so of what a disk takes.
const WAITING: usize = 64 << 20;

/// For how long packets gather before they are written.
const EVERY: Duration = Duration::from_millis(5);

/// Connections cut off that are told apart.
const CUT_OFF: usize = 65_536;

/// Packets on their way into a file.
#[derive(Debug, Default)]
pub struct Capture {
    queue: Arc<Mutex<Queue>>,
    writer: Option<Writer>,
}

/// The thread that writes them.
#[derive(Debug)]
struct Writer {
    mail: mpsc::Sender<Mail>,
    thread: JoinHandle<()>,
}

/// What the writer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mail {
    /// Packets wait, where none did.
    Packets,
    /// There will be no more.
    Stop,
}

/// What a capture is of.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The file's name.
    pub path: PathBuf,
    /// In words.
    pub comment: String,
    /// The interface's name.
    pub interface: String,
    /// What addresses are called.
    pub names: Vec<(IpAddr, String)>,
    /// The language of whoever is told that writing failed.
    pub lang: Lang,
}

/// Packets on their way to the writer.
#[derive(Debug, Default)]
struct Queue {
    batch: Batch,
    cut_off: HashSet<Flow>,
    lost: u64,
    /// The origin of the stack's time, since 1970-01-01 UTC: known from the first packet on.
    epoch: Option<Duration>,
    /// Nobody writes any more.
    closed: bool,
    /// Where the writer gets its mail, once there is one.
    writer: Option<mpsc::Sender<Mail>>,
}

#[derive(Debug, Default)]
struct Batch {
    packets: Vec<Packet>,
    octets: Vec<u8>,
}

#[derive(Debug)]
struct Packet {
    at: Duration,
    direction: Direction,
    checksum: Checksum,
    /// Where it ends in the octets.
    end: usize,
}

impl Capture {
    /// Begins the file; what was tapped before waits for it. A disk that is full is told on standard
    /// error, once; the packets are then lost.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn begin(&mut self, file: File, subject: Subject) -> io::Result<()> {
        let (mail, inbox) = mpsc::channel();
        let queue = Arc::clone(&self.queue);
        lock(&queue).tell(mail.clone());
        let thread = std::thread::Builder::new().name("cordial-pcap".into()).spawn(move || {
            if let Err(error) = write(file, &subject, &queue, &inbox) {
                lock(&queue).close();
                report_loss("--pcap", &subject.path, &error, subject.lang);
            }
        })?;
        self.writer = Some(Writer { mail, thread });
        Ok(())
    }

    /// What the stack calls for each packet.
    pub fn tap(&self) -> impl FnMut(Instant, &TappedFrame<'_>) + Send + use<> {
        let queue = Arc::clone(&self.queue);
        move |now, frame| lock(&queue).push(now, frame)
    }

    /// Writes what still waits and ends the file; gives the number of connections that were cut
    /// off because writing could not keep up.
    pub fn finish(self) -> u64 {
        if let Some(Writer { mail, thread }) = self.writer {
            // A writer that has failed has gone already, and has said why.
            let _ = mail.send(Mail::Stop);
            let _ = thread.join();
        }
        lock(&self.queue).lost
    }
}

impl Queue {
    fn close(&mut self) {
        self.closed = true;
        self.batch = Batch::default();
    }

    /// Whom to tell of packets.
    fn tell(&mut self, writer: mpsc::Sender<Mail>) {
        self.writer = Some(writer);
        if !self.batch.packets.is_empty() {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(writer) = &self.writer {
            // A writer that has gone has closed the queue, or is about to.
            let _ = writer.send(Mail::Packets);
        }
    }

    /// A packet for which there is no room takes its connection along: the file has no connection
    /// with a hole in it, only some that stop.
    fn push(&mut self, now: Instant, frame: &TappedFrame<'_>) {
        if self.closed {
            return;
        }
        let is_full = self.batch.octets.len() + frame.octets() > WAITING;
        if is_full || !self.cut_off.is_empty() {
            let flow = Flow::of(frame.head);
            if flow.is_some_and(|flow| self.cut_off.contains(&flow)) {
                return;
            }
            if is_full {
                self.lost += 1;
                if self.cut_off.len() < CUT_OFF {
                    self.cut_off.extend(flow);
                }
                return;
            }
        }
        if self.batch.packets.is_empty() {
            self.wake();
        }
        let Batch { packets, octets } = &mut self.batch;
        octets.extend_from_slice(frame.head);
        frame.body.iter().for_each(|slice| octets.extend_from_slice(slice));
        let direction = match frame.direction {
            cordial::Direction::In => Direction::In,
            cordial::Direction::Out => Direction::Out,
        };
        let at = Duration::from_nanos(now.as_nanos());
        self.epoch.get_or_insert_with(|| since_1970().saturating_sub(at));
        packets.push(Packet { at, direction, checksum: frame.checksum, end: octets.len() });
    }
}

/// Writes what waits, again and again, until told to stop or writing fails.
fn write(
    file: File,
    subject: &Subject,
    queue: &Mutex<Queue>,
    inbox: &mpsc::Receiver<Mail>,
) -> Result<(), PcapngError> {
    // The file's times need the stack's origin of time. A run without a packet gets a file without one.
    let mut is_last = false;
    let epoch = loop {
        let epoch = lock(queue).epoch;
        match epoch {
            None if is_last => break since_1970(),
            None => is_last = has_stopped(inbox),
            Some(epoch) => break epoch,
        }
    };
    let mut out = Pcapng::new(WholeFile::new(file), epoch, &subject.comment)?;
    let link = out.link(&subject.interface)?;
    for (address, name) in &subject.names {
        out.name(*address, name)?;
    }
    let mut batch = Batch::default();
    loop {
        std::mem::swap(&mut batch, &mut lock(queue).batch);
        let mut start = 0;
        for packet in batch.packets.drain(..) {
            let octets = batch.octets.get(start..packet.end).unwrap_or_default();
            start = packet.end;
            out.packet(packet.at, link, packet.direction, [octets], packet.checksum)?;
        }
        batch.octets.clear();
        out.flush()?;
        if is_last {
            return Ok(());
        }
        is_last = has_stopped(inbox);
    }
}

/// Waits for packets, and a moment longer for more; true when there will be none.
fn has_stopped(inbox: &mpsc::Receiver<Mail>) -> bool {
    let stops = |mail| mail != Ok(Mail::Packets);
    stops(inbox.recv())
        || !matches!(inbox.recv_timeout(EVERY), Ok(Mail::Packets) | Err(RecvTimeoutError::Timeout))
}

/// The time of day, UTC.
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Every change to the queue is whole, whoever panics elsewhere.
fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
