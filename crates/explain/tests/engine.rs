//! Two real stacks and a wire between them: what their facts come to.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use cordial_explain::{Explainer, Story};
use cordial_stack::{Bind, Config, Frame, Half, Instant, LinkId, ListenConfig, Seeded, Stack, TcpConfig};
use cordial_trace::ladder::compact;
use cordial_trace::{Event, Inbox, Lang, Limits, Recorder, Trace, Vantage};

const LINK: LinkId = LinkId(0);

/// A client, a server, and what is on the wire between them: 10 ms each way.
struct World {
    hosts: [Stack<Seeded, Recorder>; 2],
    wire: VecDeque<(Instant, usize, Vec<u8>)>,
    now: Instant,
    vantage: Vantage,
    inbox: Inbox,
}

impl World {
    /// From one end only the server is watched.
    fn new(vantage: Vantage) -> Self {
        let (inbox, elsewhere) = (Inbox::new(Inbox::CAPACITY), Inbox::new(Inbox::CAPACITY));
        let client = if vantage == Vantage::BothEnds { inbox.recorder() } else { elsewhere.recorder() };
        let host = |address: &str, seed, recorder| {
            let address: IpAddr = address.parse().expect("an address");
            Stack::new(Config::host(&[address]), Seeded::new([seed; 32]), recorder)
        };
        let hosts = [host("10.0.0.1", 1, client), host("10.0.0.2", 2, inbox.recorder())];
        Self { hosts, wire: VecDeque::new(), now: Instant::from_millis(0), vantage, inbox }
    }

    /// Lets things happen for so long.
    fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            self.pump();
            let arrival = self.wire.front().map(|(at, ..)| *at);
            let timers = self.hosts.iter().filter_map(Stack::next_deadline);
            let Some(next) = timers.chain(arrival).min().map(|at| at.max(self.now)) else { break };
            if next > end {
                break;
            }
            self.now = next;
            while let Some((_, to, octets)) = self.wire.pop_front_if(|(at, ..)| *at <= next) {
                self.hosts[to].on_frame(next, LINK, Frame::new(&octets));
            }
            self.hosts.iter_mut().for_each(|host| host.on_timer(next));
        }
        self.now = end;
    }

    fn pump(&mut self) {
        let mut out = vec![0; 70_000];
        for from in [0, 1] {
            while let Some(transmit) = self.hosts[from].poll_transmit(self.now, LINK) {
                let len = transmit.write_to(&mut out);
                self.wire.push_back((self.now + Duration::from_millis(10), 1 - from, out[..len].to_vec()));
            }
            while self.hosts[from].poll_event().is_some() {}
        }
    }

    /// The record, seen from both ends.
    fn finish(mut self) -> Vec<Event> {
        let mut trace = Trace::new(self.vantage, Limits::default());
        let mut events = Vec::new();
        trace.take(self.inbox.take(), &mut events);
        trace.finish(self.now, &mut events);
        events
    }
}

fn story(events: &[Event]) -> Story {
    let mut explainer = Explainer::new();
    let mut stories: Vec<Story> = events.iter().filter_map(|event| explainer.event(event)).collect();
    assert_eq!(stories.len(), 1, "one connection, one story");
    stories.remove(0)
}

/// The client says hello, sends five octets, and goodbye.
fn ordinary(vantage: Vantage) -> Vec<Event> {
    let mut world = World::new(vantage);
    let listener = world.hosts[1].listen(Bind::Port(80), ListenConfig::default()).expect("port 80 is free");
    // Without timestamps, whose values are of no interest here.
    let config = Arc::new(TcpConfig { timestamps: false, ..TcpConfig::clone(world.hosts[0].tcp_config()) });
    let to = "10.0.0.2:80".parse().expect("an address");
    let client = world.hosts[0].connect(world.now, None, to, &config).expect("a connection is opened");
    world.run_for(Duration::from_millis(50));
    let server = world.hosts[1].accept(world.now, listener).expect("the handshake is done");
    world.hosts[0].write(world.now, client, &[b"hello"]).expect("it is open");
    world.run_for(Duration::from_millis(100));
    let now = world.now;
    let read = world.hosts[1].read_with(now, server, |slices| (slices.iter().map(|s| s.len()).sum(), ()));
    read.expect("octets arrived");
    world.hosts[0].shutdown(world.now, client, Half::Write);
    world.run_for(Duration::from_millis(100));
    world.hosts[1].release(world.now, server);
    world.run_for(Duration::from_millis(100));
    world.hosts[0].release(world.now, client);
    world.run_for(Duration::from_secs(61));
    world.finish()
}

const LADDER: &str = "
SYN_SENT     --> SYN seq=0 mss=1460 ws=7 sack            --> SYN_RCVD
ESTABLISHED  <-- SYN+ACK seq=0 ack=1 mss=1460 ws=7 sack  <-- SYN_RCVD
ESTABLISHED  --> ACK seq=1 ack=1                         --> ESTABLISHED
ESTABLISHED  --> DATA seq=1..6 ack=1                     --> ESTABLISHED
ESTABLISHED  <-- ACK seq=1 ack=6                         <-- ESTABLISHED
FIN_WAIT_1   --> FIN+ACK seq=6 ack=1                     --> CLOSE_WAIT
FIN_WAIT_2   <-- ACK seq=1 ack=7                         <-- CLOSE_WAIT
TIME_WAIT    <-- FIN+ACK seq=1 ack=7                     <-- LAST_ACK
TIME_WAIT    --> ACK seq=7 ack=2                         --> CLOSED
";

const HEALTHY: &str =
    "S01 Healthy. Handshake took 20 ms; 5 B up, 0 B down; the client closed first, in four steps.";

#[test]
fn an_ordinary_connection_of_the_engine_is_healthy() {
    let events = ordinary(Vantage::BothEnds);
    let drawn = compact(&events, false);
    assert_eq!(drawn, LADDER.trim(), "\n{drawn}\n");
    let story = story(&events);
    assert_eq!(story.headline(Lang::En), "closed after 60 s · OK healthy", "TIME_WAIT belongs to it");
    assert_eq!(story.lines(Lang::En, 100), [HEALTHY]);
}

#[test]
fn from_the_server_alone_the_client_is_inferred_to_do_what_it_did() {
    let events = ordinary(Vantage::OneEnd);
    let drawn = compact(&events, false);
    assert_eq!(drawn, LADDER.trim(), "\n{drawn}\n");
    let story = story(&events);
    assert_eq!(story.headline(Lang::En), "closed after 0.26 s · OK healthy", "nobody waits for 2MSL");
    assert_eq!(story.lines(Lang::En, 100), [HEALTHY]);
}

#[test]
fn a_closed_port_of_the_engine_refuses() {
    let mut world = World::new(Vantage::BothEnds);
    let config = Arc::clone(world.hosts[0].tcp_config());
    let to = "10.0.0.2:80".parse().expect("an address");
    let client = world.hosts[0].connect(world.now, None, to, &config).expect("a connection is opened");
    world.run_for(Duration::from_millis(50));
    world.hosts[0].release(world.now, client);
    let events = world.finish();
    let story = story(&events);
    assert_eq!(story.headline(Lang::En), "FAIL refused · 0.02 s", "{}", compact(&events, false));
    assert_eq!(story.verdicts.len(), 1, "{story:#?}");
}
