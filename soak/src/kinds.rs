//! The kinds of connections: what each does, and how it must come out.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::{sleep, timeout};

use crate::octets::{self, Came};
use crate::{HOST, HOST4, HOST6, Ports};

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(90);

/// A kind of connection.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Says something, says goodbye, hears it back.
    Echo,
    /// Fetches.
    Download,
    /// Fetches, with pauses.
    SlowReader,
    /// Brings.
    Upload,
    /// Brings half and resets.
    Abort,
    /// Fetches from a server that resets.
    Broken,
    /// Calls where nobody listens.
    Refused,
    /// Is silent for seconds, then goes on.
    Idle,
    /// A datagram and its echo.
    Datagram,
    /// Asks for a name, then for a page.
    Hello,
}

/// Of these, one is drawn; what stands twice comes twice as often.
const KINDS: &[Kind] = &[
    Kind::Echo,
    Kind::Echo,
    Kind::Echo,
    Kind::Download,
    Kind::Download,
    Kind::SlowReader,
    Kind::Upload,
    Kind::Upload,
    Kind::Abort,
    Kind::Broken,
    Kind::Refused,
    Kind::Idle,
    Kind::Datagram,
    Kind::Hello,
];

impl Kind {
    pub fn draw(rng: &mut Rng) -> Self {
        *rng.choice(KINDS).unwrap_or(&Self::Echo)
    }

    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Does it, and says what was wrong.
    pub async fn perform(self, ports: Ports, mut rng: Rng) -> Result<(), String> {
        match timeout(PATIENCE, self.attempt(ports, &mut rng)).await {
            Ok(outcome) => outcome,
            Err(_) => Err("it hangs".into()),
        }
    }

    async fn attempt(self, ports: Ports, rng: &mut Rng) -> Result<(), String> {
        let (seed, count) = (rng.u64(..), size(rng));
        match self {
            Self::Echo => echo(connect(ports.echo, rng).await?, seed, count).await,
            Self::Idle => {
                let stream = connect(ports.echo, rng).await?;
                sleep(Duration::from_secs(rng.u64(1..20))).await;
                echo(stream, seed, count).await
            }
            Self::Download => {
                let mut stream = connect(ports.source, rng).await?;
                ask(&mut stream, seed, count).await?;
                whole(octets::check(&mut stream, seed, count).await)
            }
            Self::SlowReader => slow_reader(connect(ports.source, rng).await?, seed, count).await,
            Self::Upload => {
                let mut stream = connect(ports.sink, rng).await?;
                upload(&mut stream, seed, count).await.map_err(|error| error.to_string())
            }
            Self::Abort => {
                let mut stream = connect(ports.sink, rng).await?;
                ask(&mut stream, seed, count).await?;
                let sent = octets::send(&mut stream, seed, count / 2).await;
                sent.map_err(|error| format!("sending: {error}"))?;
                linger_zero(&stream)
            }
            Self::Broken => {
                let mut stream = connect(ports.rude, rng).await?;
                ask(&mut stream, seed, count).await?;
                match octets::check(&mut stream, seed, count / 2).await {
                    Came::Broken(_, ErrorKind::ConnectionReset) => Ok(()),
                    other => Err(format!("a reset came as {other:?}")),
                }
            }
            Self::Refused => match TcpStream::connect(host(ports.closed, rng)).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
                other => Err(format!("a refusal came as {:?}", other.map(drop))),
            },
            Self::Datagram => datagram(host(ports.echo, rng), rng).await,
            Self::Hello => hello().await,
        }
    }
}

/// Mostly little, sometimes much.
fn size(rng: &mut Rng) -> u64 {
    let bits = rng.u32(0..20);
    rng.u64(1..=1 << bits)
}

fn host(port: u16, rng: &mut Rng) -> SocketAddr {
    if rng.bool() { (HOST4, port).into() } else { (HOST6, port).into() }
}

async fn connect(port: u16, rng: &mut Rng) -> Result<TcpStream, String> {
    TcpStream::connect(host(port, rng)).await.map_err(|error| format!("connecting: {error}"))
}

async fn ask(stream: &mut TcpStream, seed: u64, count: u64) -> Result<(), String> {
    stream.write_all(&octets::request(seed, count)).await.map_err(|error| format!("asking: {error}"))
}

fn whole(came: Came) -> Result<(), String> {
    if came == Came::Whole { Ok(()) } else { Err(format!("it came as {came:?}")) }
}

fn linger_zero(stream: &TcpStream) -> Result<(), String> {
    let set = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
    set.map_err(|errno| errno.to_string())
}

/// Says something and goodbye, and hears both again.
pub async fn echo(stream: TcpStream, seed: u64, count: u64) -> Result<(), String> {
    let (mut from, mut to) = stream.into_split();
    let said = async {
        octets::send(&mut to, seed, count).await?;
        to.shutdown().await
    };
    let (said, heard) = tokio::join!(said, octets::check(&mut from, seed, count));
    said.map_err(|error| format!("sending: {error}"))?;
    whole(heard)
}

async fn slow_reader(mut stream: TcpStream, seed: u64, count: u64) -> Result<(), String> {
    ask(&mut stream, seed, count).await?;
    let (mut expected, mut piece, mut came) = (octets::Octets::of(seed), vec![0; 32 * 1024], 0);
    loop {
        sleep(Duration::from_millis(20)).await;
        match stream.read(&mut piece).await {
            Ok(0) if came == count => return Ok(()),
            Ok(0) => return Err(format!("{came} of {count} octets")),
            Ok(n) if expected.are(&piece[..n]) => came += n as u64,
            Ok(_) => return Err("wrong octets".into()),
            Err(error) => return Err(format!("after {came} of {count} octets: {error}")),
        }
    }
}

async fn upload(stream: &mut TcpStream, seed: u64, count: u64) -> io::Result<()> {
    stream.write_all(&octets::request(seed, count)).await?;
    octets::send(stream, seed, count).await?;
    stream.shutdown().await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    if answer == b"Y" { Ok(()) } else { Err(io::Error::other(format!("answered {answer:?}"))) }
}

/// Datagrams may be lost: one of several tries must come back.
async fn datagram(to: SocketAddr, rng: &mut Rng) -> Result<(), String> {
    let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).await;
    let socket = socket.map_err(|error| error.to_string())?;
    socket.connect(to).await.map_err(|error| error.to_string())?;
    let mut said = vec![0; rng.usize(1..1200)];
    rng.fill(&mut said);
    let mut heard = vec![0; 2048];
    for _ in 0..5 {
        socket.send(&said).await.map_err(|error| format!("sending: {error}"))?;
        match timeout(Duration::from_secs(2), socket.recv(&mut heard)).await {
            Ok(Ok(n)) if heard[..n] == said[..] => return Ok(()),
            Ok(Ok(n)) => return Err(format!("{n} other octets than the {} said", said.len())),
            Ok(Err(error)) => return Err(format!("receiving: {error}")),
            Err(_) => {}
        }
    }
    Err("five datagrams, no echo".into())
}

/// A name, and a page of it.
async fn hello() -> Result<(), String> {
    let named = lookup_host((HOST, 80)).await.map_err(|error| format!("asking for {HOST}: {error}"))?;
    if !named.into_iter().any(|at| at.ip() == HOST4 || at.ip() == HOST6) {
        return Err(format!("{HOST} has another address"));
    }
    let stream = TcpStream::connect("hello.cordial:80").await;
    let mut stream = stream.map_err(|error| format!("calling hello.cordial: {error}"))?;
    let request = b"GET / HTTP/1.1\r\nHost: hello.cordial\r\nConnection: close\r\n\r\n";
    let mut page = Vec::new();
    stream.write_all(request).await.map_err(|error| error.to_string())?;
    stream.read_to_end(&mut page).await.map_err(|error| error.to_string())?;
    if page.starts_with(b"HTTP/1.1 200") { Ok(()) } else { Err("hello.cordial says something else".into()) }
}
