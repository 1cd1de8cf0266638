//! Our side: a stack in virtual time.

use std::sync::Arc;
use std::time::Duration;

use cordial_ip::Packet;
use cordial_stack::{
    Bind, Config, ConnId, Fact, Frame, Half, Instant, LinkId, ListenConfig, ListenerId, Observer, ReadError,
    Seeded, Stack, TcpConfig, What,
};
use cordial_tcp::{Phase, Refusal, RtoLimits};
use cordial_wire::Segment;

use crate::reply::{Heard, HeardEnd, Observed};
use crate::sequence::{Call, Opening, Step};
use crate::view::HOST;
use crate::{Sequence, View};

const LINK: LinkId = LinkId(0);
/// What passes in a step: longer than an acknowledgment may be held back, far shorter than any other timer here.
const STEP: Duration = Duration::from_millis(100);
/// Room for what is received where that is little.
pub const SMALL_BUFFER: u32 = 4096;

/// The settings of the stack: as they are by default, but for the timeouts, which the kernel's side is set to as well.
fn settings(sequence: &Sequence) -> TcpConfig {
    let mut tcp = TcpConfig {
        rto: RtoLimits {
            initial: Duration::from_secs(60),
            min: Duration::from_secs(20),
            max: Duration::from_secs(120),
        },
        nodelay: sequence.nodelay,
        ..TcpConfig::default()
    };
    if sequence.small_buffer {
        (tcp.receive_buffer, tcp.receive_buffer_max) = (SMALL_BUFFER, SMALL_BUFFER);
    }
    tcp
}

/// The last state of a connection as the facts tell it: who lets go of one has no other way to know.
#[derive(Clone, Debug, Default)]
struct Watch(Phase);

impl Observer for Watch {
    const ON: bool = true;

    fn fact(&mut self, _: Instant, fact: &Fact<'_>) {
        // Of a segment that cannot be read nobody knows whose it is.
        let is_about_it = match fact.what {
            What::Received { refused, .. } => {
                !matches!(refused, Some(Refusal::BadChecksum | Refusal::Malformed))
            }
            // The application may still read what a connection left that is over, while another has its place.
            What::Queues { .. } | What::Call(cordial_stack::Call::Read(_)) => false,
            _ => true,
        };
        if is_about_it {
            self.0 = fact.after.phase;
        }
    }
}

/// What each step of `sequence` draws from our stack.
pub fn observe(sequence: &Sequence) -> Vec<Observed> {
    let mut engine = Engine::new(sequence);
    let opening = engine.open(sequence.opening);
    let rest = sequence.steps.iter().map(|step| engine.step(step));
    std::iter::once(opening).chain(rest.collect::<Vec<_>>()).collect()
}

struct Engine {
    stack: Stack<Seeded, Watch>,
    tcp: Arc<TcpConfig>,
    view: View,
    now: Instant,
    listener: Option<ListenerId>,
    connection: Option<ConnId>,
}

impl Engine {
    fn new(sequence: &Sequence) -> Self {
        let tcp = Arc::new(settings(sequence));
        let config = Config { tcp: Arc::clone(&tcp), ..Config::host(&[HOST.into()]) };
        Self {
            stack: Stack::new(config, Seeded::new([1; 32]), Watch::default()),
            tcp,
            view: View::new(sequence, 0),
            now: Instant::from_millis(1_000_000),
            listener: None,
            connection: None,
        }
    }

    fn open(&mut self, opening: Opening) -> Observed {
        match opening {
            Opening::None => {}
            Opening::Passive => {
                let at = Bind::Addr(self.view.host());
                self.listener =
                    Some(self.stack.listen(at, ListenConfig::default()).expect("the port is free"));
            }
            Opening::Active => {
                let (from, to) = (Some(self.view.host()), self.view.peer());
                let connection = self.stack.connect(self.now, from, to, &self.tcp);
                self.connection = Some(connection.expect("the port is free"));
            }
        }
        self.settle(None)
    }

    fn step(&mut self, step: &Step) -> Observed {
        self.view.step();
        match step {
            Step::Call(call) => {
                let read = self.call(*call);
                self.settle(read)
            }
            Step::Segment(shape) => {
                for packet in self.view.packets(shape) {
                    self.stack.on_frame(self.now, LINK, Frame::new(&packet));
                }
                self.settle(None)
            }
        }
    }

    fn call(&mut self, call: Call) -> Option<Heard> {
        if call == Call::CloseListener {
            let listener = self.listener.take()?;
            self.stack.close_listener(self.now, listener);
            return None;
        }
        let id = self.connection?;
        match call {
            Call::Write(octets) if self.is_open(id) => {
                // As far as it goes: a connection that is over takes nothing.
                let _ = self.stack.write(self.now, id, &[&vec![b'x'; usize::from(octets)]]);
            }
            Call::Read => return Some(self.read(id)),
            Call::ShutdownWrite => self.stack.shutdown(self.now, id, Half::Write),
            Call::Close | Call::Abort => {
                if call == Call::Abort {
                    self.stack.abort(self.now, id);
                }
                self.stack.release(self.now, id);
                self.connection = None;
            }
            _ => {}
        }
        None
    }

    fn is_open(&self, id: ConnId) -> bool {
        let phase = self.stack.info(id).map(|info| info.phase);
        phase.is_some_and(|phase| !matches!(phase, Phase::SynSent | Phase::SynReceived))
    }

    fn read(&mut self, id: ConnId) -> Heard {
        let mut octets = 0;
        loop {
            let taken = self.stack.read_with(self.now, id, |slices| {
                let count = slices.iter().map(|slice| slice.len()).sum();
                (count, count)
            });
            let end = match taken {
                Ok(count) => {
                    octets += count;
                    continue;
                }
                Err(ReadError::WouldBlock) => HeardEnd::Open,
                Err(ReadError::End) => HeardEnd::End,
                Err(ReadError::Closed(_)) => HeardEnd::Error,
            };
            return Heard { octets, end };
        }
    }

    /// Lets the step's time pass.
    fn settle(&mut self, read: Option<Heard>) -> Observed {
        let end = self.now + STEP;
        let mut replies = self.transmit();
        while let Some(due) = self.stack.next_deadline().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.stack.on_timer(self.now);
            replies.extend(self.transmit());
        }
        self.now = end;
        while self.stack.poll_event().is_some() {}
        if let (Some(listener), None) = (self.listener, self.connection) {
            self.connection = self.stack.accept(self.now, listener);
        }
        Observed { replies, state: self.state(), read }
    }

    /// The state of what there is between the two ends; where there is nothing, of the listener.
    fn state(&self) -> Phase {
        let held = self.connection.and_then(|id| self.stack.info(id)).map(|info| info.phase);
        let others = self.stack.connections() - usize::from(held.is_some());
        match held {
            Some(phase) if phase != Phase::Closed => phase,
            _ if self.stack.time_wait() > 0 => Phase::TimeWait,
            _ if self.stack.half_open() > 0 => Phase::SynReceived,
            // One that ended before it was accepted has none.
            _ if others > 0 && self.stack.observer().0 != Phase::Closed => self.stack.observer().0,
            _ if self.listener.is_some() => Phase::Listen,
            _ => Phase::Closed,
        }
    }

    fn transmit(&mut self) -> Vec<crate::Reply> {
        let mut replies = Vec::new();
        let mut buffer = vec![0; 70_000];
        while let Some(transmit) = self.stack.poll_transmit(self.now, LINK) {
            let len = transmit.write_to(&mut buffer);
            let packet = Packet::parse(&buffer[..len]).expect("what we send can be read");
            if let Ok(segment) = Segment::parse(packet.payload) {
                replies.push(self.view.heard(&segment));
            }
        }
        replies
    }
}
