//! One end of a connection, and what two ends say to each other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use super::bench::sleep;

/// The longest that any single read, write or connect takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One end of a connection.
#[derive(Debug)]
pub struct Talk(pub TcpStream);

impl Talk {
    pub fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a plain option");
        stream.set_write_timeout(Some(PATIENCE)).expect("a plain option");
        Self(stream)
    }

    pub fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.0)
    }

    /// Writes so many octets.
    pub fn say(&self, octets: usize) {
        const TEXT: &[u8] = b"abcdefghijklmnopqrstuvw";
        let mut text = TEXT.repeat(octets.div_ceil(TEXT.len()));
        text.truncate(octets);
        (&self.0).write_all(&text).expect("the connection takes it");
    }

    /// Writes so many octets, or as many as the peer lets it.
    pub fn try_to_say(&self, octets: usize) {
        let _ = (&self.0).write_all(&vec![b'x'; octets]);
    }

    /// Reads exactly so many octets.
    pub fn hear(&self, octets: usize) {
        let mut text = vec![0; octets];
        (&self.0).read_exact(&mut text).expect("the peer says so much");
    }

    /// Reads to the peer's FIN.
    pub fn hear_all(&self) -> usize {
        (&self.0).read_to_end(&mut Vec::new()).expect("the peer ends")
    }

    /// Says so many octets, and then the other end reads them.
    pub fn tell(&self, other: &Self, octets: usize) {
        self.say(octets);
        other.hear(octets);
    }

    /// Says so many octets while the other end reads them: more than the buffers hold.
    pub fn stream(&self, other: &Self, octets: usize) {
        std::thread::scope(|scope| {
            scope.spawn(|| other.hear(octets));
            self.say(octets);
        });
    }

    /// Every segment leaves at once.
    pub fn at_once(&self) -> &Self {
        self.0.set_nodelay(true).expect("a plain option");
        self
    }

    /// Acknowledgments wait.
    pub fn acknowledge_late(&self) -> &Self {
        self.socket().set_tcp_quickack(false).expect("a plain option");
        self
    }

    pub fn keep_alive(&self, idle: u64, every: u64, probes: u32) {
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(idle))
            .with_interval(Duration::from_secs(every))
            .with_retries(probes);
        self.socket().set_tcp_keepalive(&keepalive).expect("a plain option");
    }

    /// FIN; reading goes on.
    pub fn finish(&self) {
        self.0.shutdown(std::net::Shutdown::Write).expect("an open connection");
    }

    /// Closes for both directions.
    pub fn close(self) {}

    /// RST.
    pub fn abort(self) {
        self.socket().set_linger(Some(Duration::ZERO)).expect("a plain option");
    }
}

/// A question and an answer.
pub fn ask(client: &Talk, server: &Talk) {
    client.tell(server, 120);
    server.tell(client, 600);
}

/// A question and an answer, and time to acknowledge the answer by itself.
pub fn ask_and_rest(client: &Talk, server: &Talk) {
    ask(client, server);
    sleep(50);
}

/// A question and an answer; the client closes first, and the server not at once.
pub fn chat(client: Talk, server: Talk) {
    ask(&client, &server);
    good_bye(client, server);
}

/// The first closes, and the second 80 ms later: four steps.
pub fn good_bye(first: Talk, second: Talk) {
    first.finish();
    second.hear_all();
    sleep(80);
    second.close();
    first.hear_all();
    first.close();
}
