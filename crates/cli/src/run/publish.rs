//! Ports of this machine's for the program.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use cordial_gateway::{Publish, Published, Transport, Unpublished};
use cordial_trace::Lang;

use super::{Failure, complain, words};

/// Takes all ports that are asked for, or none.
pub fn take(wanted: &[Publish], lang: Lang) -> Result<Vec<Published>, Failure> {
    let take = |wanted| Published::bind(wanted).map_err(|failed| refusal(wanted, &failed, lang));
    wanted.iter().map(take).collect()
}

/// Says which ports the kernel has chosen.
pub fn tell_chosen(wanted: &[Publish], published: &[Published], lang: Lang) {
    let chosen = wanted.iter().zip(published).filter(|(wanted, _)| wanted.host_port == 0);
    for (_, published) in chosen {
        let port = with_transport(&published.port().to_string(), published.transport());
        for at in published.addresses() {
            complain(&words::PUBLISHED.fill(lang, &[("at", &at.to_string()), ("port", &port)]));
        }
    }
}

/// What is wrong, and what to type instead.
fn refusal(wanted: &Publish, failed: &Unpublished, lang: Lang) -> Failure {
    let Unpublished { at, transport, error } = failed;
    let phrase = match error.kind() {
        ErrorKind::AddrInUse => words::PORT_BUSY,
        ErrorKind::PermissionDenied => words::PORT_PRIVILEGED,
        ErrorKind::AddrNotAvailable => words::ADDRESS_ELSEWHERE,
        _ => words::UNPUBLISHED,
    };
    let other = instead(wanted, *at, error.kind());
    Failure::of_usage(phrase.fill(
        lang,
        &[
            ("at", &at.to_string()),
            ("ip", &at.ip().to_string()),
            ("port", &at.port().to_string()),
            ("flag", if *transport == Transport::Udp { "lu" } else { "lt" }),
            ("other", &other),
            ("error", &error.to_string()),
        ],
    ))
}

/// The same with what was in the way changed.
fn instead(wanted: &Publish, at: SocketAddr, why: ErrorKind) -> String {
    let Publish { address, host_port, port, transport } = *wanted;
    let any = |address: IpAddr| if address.is_ipv6() { "[::]:" } else { "0.0.0.0:" }.to_owned();
    let same = |address: IpAddr| SocketAddr::new(address, 0).to_string().trim_end_matches('0').to_owned();
    let (address, host_port) = match why {
        ErrorKind::AddrNotAvailable => (any(at.ip()), host_port),
        ErrorKind::PermissionDenied => {
            (address.map(same).unwrap_or_default(), host_port.saturating_add(8000))
        }
        _ => (address.map(same).unwrap_or_default(), host_port.checked_add(1).unwrap_or(8080)),
    };
    with_transport(&format!("{address}{host_port}:{port}"), transport)
}

fn with_transport(text: &str, transport: Transport) -> String {
    match transport {
        Transport::Tcp => text.to_owned(),
        Transport::Udp => format!("{text}/udp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_type_instead_is_whole() {
        let instead = |text: &str, why| {
            let wanted: Publish = text.parse().expect("a port to publish");
            let ip = wanted.address.unwrap_or(IpAddr::from([127, 0, 0, 1]));
            instead(&wanted, SocketAddr::new(ip, wanted.host_port), why)
        };
        assert_eq!(instead("8080:80", ErrorKind::AddrInUse), "8081:80");
        assert_eq!(instead("[::1]:53:5353/udp", ErrorKind::PermissionDenied), "[::1]:8053:5353/udp");
        assert_eq!(instead("192.0.2.1:8080:80", ErrorKind::AddrNotAvailable), "0.0.0.0:8080:80");
        assert_eq!(instead("127.0.0.1:65535:80", ErrorKind::AddrInUse), "127.0.0.1:8080:80");
    }
}
