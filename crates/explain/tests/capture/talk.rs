//! Packets of a connection, by relative numbers.

use std::net::SocketAddr;

use super::file::Packet;

pub const CLIENT_ISS: u32 = 4_294_967_000;
pub const SERVER_ISS: u32 = 5_000;

/// A connection whose packets are written down.
#[derive(Clone)]
pub struct Talk {
    client: SocketAddr,
    server: SocketAddr,
    iss: [u32; 2],
    micros: u64,
    pub packets: Vec<Packet>,
}

impl Talk {
    pub fn v4() -> Self {
        Self::between("10.0.0.2:51514", "10.0.0.1:8080")
    }

    pub fn v6() -> Self {
        Self::between("[fd00::2]:51514", "[fd00::1]:8080")
    }

    pub fn between(client: &str, server: &str) -> Self {
        let address = |text: &str| text.parse().expect("an address");
        Self {
            client: address(client),
            server: address(server),
            iss: [CLIENT_ISS, SERVER_ISS],
            micros: 0,
            packets: Vec::new(),
        }
    }

    /// The next packets are of another connection between the same ports.
    pub fn again(&mut self, client_iss: u32, server_iss: u32) -> &mut Self {
        self.iss = [client_iss, server_iss];
        self
    }

    pub fn at(&mut self, millis: u64) -> &mut Self {
        self.micros = millis * 1_000;
        self
    }

    pub fn client(&mut self, flags: &'static str, seq: u32, ack: u32, payload: &str) -> &mut Self {
        self.add(0, flags, seq, ack, payload)
    }

    pub fn server(&mut self, flags: &'static str, seq: u32, ack: u32, payload: &str) -> &mut Self {
        self.add(1, flags, seq, ack, payload)
    }

    fn add(&mut self, end: usize, flags: &'static str, seq: u32, ack: u32, payload: &str) -> &mut Self {
        let (from, to) = if end == 0 { (self.client, self.server) } else { (self.server, self.client) };
        self.packets.push(Packet {
            micros: self.micros,
            from,
            to,
            flags,
            seq: self.iss[end].wrapping_add(seq),
            ack: self.iss[1 - end].wrapping_add(ack),
            payload: payload.as_bytes().to_vec(),
            ip_id: self.packets.len() as u16 + 1,
            ttl: 64,
        });
        self
    }

    pub fn handshake(&mut self) -> &mut Self {
        let start = self.micros / 1_000;
        self.client("SYN", 0, 0, "").at(start + 10).server("SYN+ACK", 0, 1, "");
        self.at(start + 11).client("ACK", 1, 1, "")
    }

    pub fn exchange(&mut self) -> &mut Self {
        let start = self.micros / 1_000;
        self.at(start + 1).client("ACK", 1, 1, "hello").at(start + 11).server("ACK", 1, 6, "");
        self.at(start + 12).server("ACK", 1, 6, "hello yourself").at(start + 13).client("ACK", 6, 15, "")
    }

    pub fn goodbye(&mut self) -> &mut Self {
        let start = self.micros / 1_000;
        self.at(start + 1).client("FIN+ACK", 6, 15, "").at(start + 11).server("ACK", 15, 7, "");
        self.at(start + 12).server("FIN+ACK", 15, 7, "").at(start + 13).client("ACK", 7, 16, "")
    }

    /// All of a healthy connection.
    pub fn whole(mut self) -> Self {
        self.handshake().exchange().goodbye();
        self
    }
}
