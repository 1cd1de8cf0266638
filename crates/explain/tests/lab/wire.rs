//! What lies between the two kernels.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cordial_device::{Checksum, Device, Gso, GsoKind, MAX_PACKET, Outgoing, Tun};
use cordial_trace::event::Side;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec};

use super::packet::{Sight, age};
use super::tap::{Recorder, Recording, Tap};

/// Routers on the way, in the time to live.
const HOPS: u8 = 4;
/// The wire looks around this often even if nothing happens, so that it knows when it was kept from it.
const HEARTBEAT: Duration = Duration::from_millis(10);
/// How long after a packet it matters when the next one is carried: an answer may be due.
const BUSY: Duration = Duration::from_millis(500);
/// Packets that [`Wire::seen`] remembers.
const REMEMBERED: usize = 256;

/// What happens to a packet.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// Lost half-way.
    Lost,
    /// It never left its host, as if that had crashed before: no tap sees it.
    Unsent,
    /// Held up half-way.
    Late(Duration),
    /// It arrives, and a copy of it so much later.
    Twice(Duration),
}

type Rule = Box<dyn FnMut(&Sight) -> Option<Fate> + Send>;

/// The wire's controls.
pub struct Wire {
    shared: Arc<Mutex<Shared>>,
    bell: Arc<OwnedFd>,
    thread: Option<JoinHandle<Vec<Recording>>>,
}

#[derive(Default)]
struct Shared {
    rules: Vec<Rule>,
    forged: Vec<(Side, Vec<u8>)>,
    seen: Vec<(Side, Vec<u8>)>,
    is_over: bool,
}

impl Wire {
    /// Joins the client's device to the server's; `delay` is for one way.
    pub fn new(client: Tun, server: Tun, delay: Duration, taps: &'static [Tap]) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let bell = Arc::new(rustix::event::eventfd(0, flags).expect("a descriptor"));
        let carrier = Carrier {
            tuns: [client, server],
            delay,
            shared: shared.clone(),
            bell: bell.clone(),
            due: BinaryHeap::new(),
            order: 0,
            stalled: Duration::ZERO,
            carried: Instant::now(),
            taps: taps.iter().map(Recorder::new).collect(),
        };
        let thread = Some(std::thread::spawn(move || carrier.run()));
        Self { shared, bell, thread }
    }

    /// Adds a rule; the first one that says something of a packet decides. What no rule speaks of passes.
    pub fn rule(&self, rule: impl FnMut(&Sight) -> Option<Fate> + Send + 'static) {
        self.shared.lock().expect("no panic there").rules.push(Box::new(rule));
    }

    /// Loses the `nth` packet (from 1) for which `which` holds.
    pub fn lose(&self, nth: u32, which: impl FnMut(&Sight) -> bool + Send + 'static) {
        self.fate(nth, Fate::Lost, which);
    }

    /// Gives the `nth` packet (from 1) for which `which` holds that fate.
    pub fn fate(&self, nth: u32, fate: Fate, mut which: impl FnMut(&Sight) -> bool + Send + 'static) {
        let mut count = 0;
        self.rule(move |sight| {
            let is_one = which(sight);
            count += u32::from(is_one);
            (is_one && count == nth).then_some(fate)
        });
    }

    /// Everything for which `which` holds, from now on.
    pub fn always(&self, fate: Fate, mut which: impl FnMut(&Sight) -> bool + Send + 'static) {
        self.rule(move |sight| which(sight).then_some(fate));
    }

    /// Ends all rules.
    pub fn mend(&self) {
        self.shared.lock().expect("no panic there").rules.clear();
    }

    /// The packets of the beginning, with who sent them.
    pub fn seen(&self) -> Vec<(Side, Vec<u8>)> {
        self.shared.lock().expect("no panic there").seen.clone()
    }

    /// Puts a packet on the wire half-way, in the name of `from`.
    pub fn forge(&self, from: Side, octets: Vec<u8>) {
        self.shared.lock().expect("no panic there").forged.push((from, octets));
        self.ring();
    }

    fn ring(&self) {
        rustix::io::write(&*self.bell, &1_u64.to_ne_bytes()).expect("an event counter takes it");
    }

    /// Lets what is under way arrive, and gives what the taps saw.
    pub fn finish(mut self) -> Vec<Recording> {
        self.shared.lock().expect("no panic there").is_over = true;
        self.ring();
        self.thread.take().expect("finished once").join().expect("the wire holds")
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Ok(mut shared) = self.shared.lock() {
            shared.is_over = true;
        }
        let _ = rustix::io::write(&*self.bell, &1_u64.to_ne_bytes());
    }
}

#[derive(Clone)]
struct Frame {
    octets: Vec<u8>,
    checksum: Checksum,
    gso: Option<NonZeroU16>,
}

enum What {
    Seen { tap: usize, from: Side, octets: Vec<u8> },
    Arrives { to: Side, frame: Frame },
}

struct Due {
    at: Instant,
    order: u64,
    what: What,
}

/// By time, then first come first served.
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Due {}

/// The thread that carries.
struct Carrier {
    tuns: [Tun; 2],
    delay: Duration,
    shared: Arc<Mutex<Shared>>,
    bell: Arc<OwnedFd>,
    due: BinaryHeap<Reverse<Due>>,
    order: u64,
    /// The longest time by which it woke too late.
    stalled: Duration,
    /// When it last carried a packet.
    carried: Instant,
    taps: Vec<Recorder>,
}

impl Carrier {
    fn run(mut self) -> Vec<Recording> {
        let mut buffer = vec![0; MAX_PACKET];
        let mut end = None;
        loop {
            for side in [Side::Client, Side::Server] {
                while let Some(frame) = self.receive(side, &mut buffer) {
                    self.carry(side, frame);
                }
            }
            self.forge();
            let now = Instant::now();
            self.deliver(now);
            if end.is_none() && self.shared.lock().expect("no panic there").is_over {
                end = Some(now + 4 * self.delay + Duration::from_millis(100));
            }
            if end.is_some_and(|end| now >= end) {
                return self.taps.into_iter().map(|tap| tap.finish(self.stalled)).collect();
            }
            self.sleep(end);
        }
    }

    fn receive(&mut self, side: Side, buffer: &mut [u8]) -> Option<Frame> {
        let packet = self.tuns[side.index()].receive(buffer).expect("the device is there")?;
        Some(Frame { octets: packet.octets.to_vec(), checksum: packet.checksum, gso: packet.gso })
    }

    /// Decides what becomes of a packet.
    fn carry(&mut self, from: Side, frame: Frame) {
        let Some(sight) = Sight::of(from, &frame.octets) else { return };
        let fate = {
            let mut shared = self.shared.lock().expect("no panic there");
            if shared.seen.len() < REMEMBERED {
                shared.seen.push((from, frame.octets.clone()));
            }
            // Each is asked, for each counts what it has seen; the first one decides.
            shared.rules.iter_mut().filter_map(|rule| rule(&sight)).collect::<Vec<_>>().first().copied()
        };
        let now = Instant::now();
        self.carried = now;
        let copies = match fate {
            None => vec![Duration::ZERO],
            Some(Fate::Unsent) => return,
            Some(Fate::Lost) => vec![],
            Some(Fate::Late(late)) => vec![late],
            Some(Fate::Twice(later)) => vec![Duration::ZERO, later],
        };
        self.tap(from, &frame, now, true);
        for late in copies {
            self.second_half(from, &frame, now + late);
        }
    }

    fn second_half(&mut self, from: Side, frame: &Frame, sent: Instant) {
        self.tap(from, frame, sent, false);
        let mut frame = frame.clone();
        age(&mut frame.octets, HOPS);
        self.push(sent + self.delay, What::Arrives { to: from.other(), frame });
    }

    /// Shows a packet to the taps of the first half of its way, or of the second.
    fn tap(&mut self, from: Side, frame: &Frame, sent: Instant, is_first_half: bool) {
        for i in 0..self.taps.len() {
            let way = self.taps[i].way(from);
            if (way == 0.0 || from == Side::Client && way < 1.0) == is_first_half {
                let mut octets = frame.octets.clone();
                age(&mut octets, (f64::from(HOPS) * way) as u8);
                self.push(sent + self.delay.mul_f64(way), What::Seen { tap: i, from, octets });
            }
        }
    }

    fn push(&mut self, at: Instant, what: What) {
        self.order += 1;
        self.due.push(Reverse(Due { at, order: self.order, what }));
    }

    fn forge(&mut self) {
        let forged = std::mem::take(&mut self.shared.lock().expect("no panic there").forged);
        for (from, octets) in forged {
            let frame = Frame { octets, checksum: Checksum::Done, gso: None };
            self.second_half(from, &frame, Instant::now());
        }
    }

    fn deliver(&mut self, now: Instant) {
        while self.due.peek().is_some_and(|Reverse(due)| due.at <= now) {
            let Some(Reverse(due)) = self.due.pop() else { return };
            match due.what {
                What::Seen { tap, from, octets } => self.taps[tap].packet(due.at, from, octets),
                What::Arrives { to, frame } => self.send(to, &frame),
            }
        }
    }

    fn send(&mut self, to: Side, frame: &Frame) {
        let plain = Outgoing::plain(&frame.octets);
        let header_len = match frame.octets.get(32) {
            Some(offset) => 20 + u16::from(offset >> 4) * 4,
            None => 40,
        };
        let gso = frame.gso.map(|size| Gso { size, kind: GsoKind::Tcp4, header_len });
        let packet = Outgoing { checksum: frame.checksum, gso, ..plain };
        // A full device loses a packet, as a full queue does; nothing here sends that much.
        let sent = self.tuns[to.index()].send(&packet);
        assert!(sent.is_ok() || frame.octets.first() != Some(&0x45), "{sent:?}");
    }

    fn sleep(&mut self, end: Option<Instant>) {
        let began = Instant::now();
        let next = [end, self.due.peek().map(|Reverse(due)| due.at)].into_iter().flatten().min();
        let left = next.map_or(HEARTBEAT, |next| next.saturating_duration_since(began).min(HEARTBEAT));
        self.poll(left);
        if next.is_none() && began.duration_since(self.carried) > BUSY {
            return;
        }
        self.stalled = self.stalled.max(began.elapsed().saturating_sub(left));
    }

    fn poll(&self, wait: Duration) {
        let wait = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
        let [client, server] = &self.tuns;
        let readable = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let mut fds = [readable(client.as_fd()), readable(server.as_fd()), readable(self.bell.as_fd())];
        rustix::event::poll(&mut fds, Some(&wait)).expect("poll works");
        let _ = rustix::io::read(&*self.bell, &mut [0; 8]);
    }
}
