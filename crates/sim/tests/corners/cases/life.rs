//! A connection that comes through every state, slowly, so that strays and calls find it in a state of one's choice.

use cordial_sim::{CLIENT, HostId, SERVER, Task};
use cordial_stack::Phase;

use super::quiet;
use crate::scene::Scene;
use crate::stage::{FROM, PORT, Stage, moment};

/// When the client says goodbye, and when the server does: long enough after the opening that a lost SYN is long sent
/// again.
pub const GOODBYE: u64 = 10_000;
pub const ANSWER: u64 = 20_000;

/// A state, whose it is, and a moment at which it is so. RCV.NXT and SND.NXT there.
#[derive(Clone, Copy)]
pub struct Moment {
    pub phase: Phase,
    pub host: HostId,
    pub at: u64,
    pub rcv_nxt: u32,
    pub snd_nxt: u32,
}

impl Moment {
    const fn new(phase: Phase, host: HostId, at: u64, rcv_nxt: u32, snd_nxt: u32) -> Self {
        Self { phase, host, at, rcv_nxt, snd_nxt }
    }

    /// The states from ESTABLISHED to LAST-ACK.
    pub const SYNCHRONIZED: [Self; 6] = [
        Self::new(Phase::Established, SERVER, GOODBYE - 1_000, 101, 301),
        Self::new(Phase::FinWait1, CLIENT, GOODBYE + 5, 301, 102),
        Self::new(Phase::FinWait2, CLIENT, GOODBYE + 5_000, 301, 102),
        Self::new(Phase::CloseWait, SERVER, GOODBYE + 5_000, 102, 301),
        Self::new(Phase::Closing, CLIENT, GOODBYE + 15, 302, 102),
        Self::new(Phase::LastAck, SERVER, ANSWER + 5, 102, 302),
    ];

    pub const TIME_WAIT: Self = Self::new(Phase::TimeWait, CLIENT, ANSWER + 5_000, 302, 102);

    /// The scene in which it comes about, with `more` done.
    pub fn scene(self, name: &str, more: impl Fn(&mut Stage) + 'static) -> Scene {
        let both = self.phase == Phase::Closing;
        Scene::new(format!("{}: {name}", self.phase), move |stage| {
            live(stage, both);
            more(stage);
        })
        .plain()
        .check(move |played| played.was_in(self.phase, self.host, self.at))
    }

    /// The scene in which strays come then, one each 10 µs or so: at once.
    pub fn strays(self, name: &str, texts: Vec<String>) -> Scene {
        self.scene(name, move |stage| texts.iter().for_each(|text| stage.stray(self.at, self.host, text)))
    }
}

/// Opens at once; the client says goodbye, and the server at the same time, or after it has heard it and some time.
fn live(stage: &mut Stage, both: bool) {
    let server = Task::new().listen(PORT, 4).accept(PORT);
    stage.server(match both {
        true => server.at(moment(GOODBYE)).shutdown_write().read_to_end().close(),
        false => server.read_to_end().at(moment(ANSWER)).close(),
    });
    let client = quiet(0).connect_from(FROM, (SERVER, PORT));
    stage.client(client.at(moment(GOODBYE)).shutdown_write().read_to_end().close());
}
