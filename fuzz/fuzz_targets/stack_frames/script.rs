//! What happens, read from octets.
//!
//! Every step is a fixed few octets, taken from the front, so that seeds can be written by hand and a mutation
//! changes one thing.

use arbitrary::Unstructured;
use cordial_wire::{Flags, Options, SackBlocks, SeqNum, Timestamps};

/// How the stack is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Addresses are IPv6.
    pub six: bool,
    /// Listeners are asked about each SYN.
    pub decide: bool,
    /// The device takes super-segments and completes checksums.
    pub offload: bool,
    /// It answers for every address.
    pub any_address: bool,
}

/// One thing that happens.
#[derive(Debug)]
pub enum Step {
    /// Time passes, milliseconds.
    Wait(u64),
    /// A segment arrives that refers to what we last sent to this peer.
    Segment(Relative),
    /// Octets arrive.
    Raw(Vec<u8>),
    /// What arrived last arrives once more, one octet changed.
    Again {
        at: u16,
        octet: u8,
    },
    /// An ICMP error arrives that quotes what we sent last.
    Icmp {
        kind: u8,
        code: u8,
        mtu: u16,
    },
    Listen(Place),
    CloseListener(u8),
    Answer(u8),
    Accept(u8),
    Connect(u8),
    Write(u8, u16),
    Read(u8, u16),
    Shutdown(u8, u8),
    Release(u8),
    Abort(u8),
    Nodelay(u8, bool),
    Keepalive(u8),
    Mtu(u16),
    UdpBind(u16),
    UdpSend(u8, u16),
    UdpRecv(u8),
}

/// Where to listen.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Any,
    Http,
    Port(u16),
}

/// A segment whose numbers count from where the stack's own are.
#[derive(Clone, Copy, Debug)]
pub struct Relative {
    pub peer: u8,
    pub flags: Flags,
    pub seq: i32,
    pub ack: i32,
    pub window: u16,
    pub options: Options,
    pub payload: u16,
}

/// An input, read step by step.
pub struct Script<'a>(Unstructured<'a>);

impl<'a> Script<'a> {
    /// A script that starts at the first octet.
    pub fn new(octets: &'a [u8]) -> Self {
        Self(Unstructured::new(octets))
    }

    /// The first octet.
    pub fn setting(&mut self) -> Setting {
        let bits = self.octet();
        Setting {
            six: bits & 1 != 0,
            decide: bits & 2 != 0,
            offload: bits & 4 != 0,
            any_address: bits & 8 != 0,
        }
    }

    /// The next step, until the octets are used up.
    pub fn step(&mut self) -> Option<Step> {
        if self.0.is_empty() {
            return None;
        }
        Some(match self.octet() % 22 {
            0 => {
                Step::Wait([1, 10, 40, 200, 1_000, 10_000, 61_000, 3_600_000][usize::from(self.octet() % 8)])
            }
            1..=3 => Step::Segment(self.segment()),
            4 => Step::Again { at: self.word(), octet: self.octet() },
            5 => Step::Icmp { kind: self.octet(), code: self.octet(), mtu: self.word() },
            6 => Step::Listen(self.place()),
            7 => Step::CloseListener(self.octet()),
            8 => Step::Answer(self.octet()),
            9 => Step::Accept(self.octet()),
            10 => Step::Connect(self.octet()),
            11 => Step::Write(self.octet(), self.word()),
            12 => Step::Read(self.octet(), self.word()),
            13 => Step::Shutdown(self.octet(), self.octet()),
            14 => Step::Release(self.octet()),
            15 => Step::Abort(self.octet()),
            16 => Step::Nodelay(self.octet(), self.octet() & 1 != 0),
            17 => Step::Keepalive(self.octet()),
            18 => Step::Mtu(self.word()),
            19 => Step::UdpBind(self.word()),
            20 => self.udp(),
            _ => self.raw(),
        })
    }

    fn segment(&mut self) -> Relative {
        Relative {
            peer: self.octet(),
            flags: self.flags(),
            seq: self.delta(),
            ack: self.delta(),
            window: self.word(),
            options: self.options(),
            payload: self.word() % 3_000,
        }
    }

    /// The flags of a connection's life more often than others.
    fn flags(&mut self) -> Flags {
        match self.octet() {
            0 => Flags::SYN,
            1 => Flags::SYN | Flags::ACK,
            2 => Flags::ACK,
            3 => Flags::ACK | Flags::PSH,
            4 => Flags::ACK | Flags::FIN,
            5 => Flags::RST,
            6 => Flags::RST | Flags::ACK,
            7 => Flags::ACK | Flags::URG,
            bits => Flags::from_bits(u16::from(bits)),
        }
    }

    /// Near by, a few segments away, or anywhere.
    fn delta(&mut self) -> i32 {
        match self.octet() as i8 {
            127 => i32::from_be_bytes([self.octet(), self.octet(), self.octet(), self.octet()]),
            far @ 100..127 => (i32::from(far) - 113) * 1_460,
            near => i32::from(near),
        }
    }

    fn options(&mut self) -> Options {
        let bits = self.octet();
        let mut options = Options::default();
        if bits & 1 != 0 {
            options.mss = Some(self.word());
        }
        if bits & 2 != 0 {
            options.window_scale = Some(self.octet());
        }
        options.sack_permitted = bits & 4 != 0;
        if bits & 8 != 0 {
            options.timestamps =
                Some(Timestamps { value: u32::from(self.word()), echo: u32::from(self.word()) });
        }
        if bits & 16 != 0 {
            let mut blocks = SackBlocks::default();
            for _ in 0..self.octet() % 5 {
                blocks.push(SeqNum(u32::from(self.word())), SeqNum(u32::from(self.word())));
            }
            options.sack = blocks;
        }
        options
    }

    fn place(&mut self) -> Place {
        match self.octet() {
            0..128 => Place::Http,
            128..192 => Place::Any,
            _ => Place::Port(self.word()),
        }
    }

    fn udp(&mut self) -> Step {
        let (socket, len) = (self.octet(), self.word());
        if len == 0 { Step::UdpRecv(socket) } else { Step::UdpSend(socket, len) }
    }

    fn raw(&mut self) -> Step {
        let len = usize::from(self.octet());
        let mut octets = vec![0; len.min(self.0.len())];
        let _ = self.0.fill_buffer(&mut octets);
        Step::Raw(octets)
    }

    /// The next octet; zero behind the last.
    fn octet(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or(0)
    }

    fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }
}
