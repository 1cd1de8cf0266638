//! Fast-open cookies: as the script writes them, and as they are on the wire.

use cordial_wire::Segment;

use crate::script::{Options, TcpOption, TcpPacket};

/// Which cookie of the stack's stands for which of the script's. A script writes the cookie that its kernel's key gave;
/// the stack's key is its own, so that the first cookie it gives is taken for the one the script expects there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies {
    /// The script's, and the wire's.
    known: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Cookies {
    /// Learns from a segment of ours that the script expects.
    pub(crate) fn learn(&mut self, expected: &TcpPacket, sent: &Segment<'_>) {
        let Options::These(options) = &expected.options else { return };
        let wanted = options.iter().find_map(cookie).filter(|cookie| !cookie.is_empty());
        let given = sent.options.fast_open.filter(|option| !option.is_request());
        let (Some(wanted), Some(given)) = (wanted, given) else { return };
        if self.wire(wanted).is_none() {
            self.known.push((wanted.clone(), given.cookie().to_vec()));
        }
    }

    /// The packet with the wire's cookies in place of the script's; one that nothing is known of stays as it is.
    pub(crate) fn on_wire(&self, packet: &TcpPacket) -> TcpPacket {
        let mut packet = packet.clone();
        if let Options::These(options) = &mut packet.options {
            for option in options {
                if let TcpOption::FastOpen { cookie, experimental: false } = option
                    && let Some(wire) = self.wire(cookie)
                {
                    *cookie = wire.clone();
                }
            }
        }
        packet
    }

    fn wire(&self, script: &[u8]) -> Option<&Vec<u8>> {
        self.known.iter().find(|(known, _)| known == script).map(|(_, wire)| wire)
    }
}

fn cookie(option: &TcpOption) -> Option<&Vec<u8>> {
    match option {
        TcpOption::FastOpen { cookie, experimental: false } => Some(cookie),
        _ => None,
    }
}
