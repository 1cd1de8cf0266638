//! Captures made of few octets: packets between two ends whose numbers nearly fit.

/// Six octets a packet: who and which ports, flags, sequence number, acknowledgment, length, time.
///
/// Numbers count from small beginnings, so that handshakes, resends, resets and goodbyes come about by chance.
pub fn capture(script: &[u8]) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 101, 0, 0, 0];
    let mut millis = 0_u32;
    let (packets, _) = script.as_chunks::<6>();
    for &[who, flags, seq, ack, len, wait] in packets {
        millis += if wait >= 0xf0 { u32::from(wait - 0xef) * 7_000 } else { u32::from(wait) * 3 };
        let ip = packet(who, flags, seq, ack, len);
        let kept = ip.len().min(if who & 0x80 == 0 { 65_535 } else { 30 + usize::from(len % 32) });
        file.extend((millis / 1_000).to_le_bytes());
        file.extend((millis % 1_000 * 1_000).to_le_bytes());
        file.extend((kept as u32).to_le_bytes());
        file.extend((ip.len() as u32).to_le_bytes());
        file.extend(ip.get(..kept).unwrap_or_default());
    }
    file
}

fn packet(who: u8, flags: u8, seq: u8, ack: u8, len: u8) -> Vec<u8> {
    let from_client = who & 1 == 0;
    // Another beginning for another incarnation.
    let base = u32::from(who >> 1 & 3) * 10_000;
    let client = u16::from(who >> 3 & 3) + 40_000;
    let (source, destination) = if from_client { (client, 80) } else { (80, client) };
    let (a, b) = if from_client { (1, 2) } else { (2, 1) };
    let (own, other) = if from_client { (base, base + 5_000_000) } else { (base + 5_000_000, base) };
    let payload = vec![b'x'; usize::from(if len < 200 { len % 8 } else { len })];
    let options: &[u8] = if flags & 2 != 0 { &[2, 4, 5, 180, 4, 2, 1, 1, 1, 3, 3, 7] } else { &[] };
    let tcp_len = 20 + options.len() + payload.len();
    let mut out = vec![0x45, 0];
    out.extend((20 + tcp_len as u16).to_be_bytes());
    out.extend([0, seq, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, a, 10, 0, 0, b]);
    out.extend(source.to_be_bytes());
    out.extend(destination.to_be_bytes());
    out.extend((own + u32::from(seq)).to_be_bytes());
    out.extend((other + u32::from(ack)).to_be_bytes());
    out.extend([((20 + options.len()) as u8 / 4) << 4, flags]);
    out.extend(if who & 0x40 == 0 { [0xff, 0xff] } else { [0, 0] });
    out.extend([0, 0, 0, 0]);
    out.extend(options);
    out.extend(payload);
    out
}
