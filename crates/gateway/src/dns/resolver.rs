//! How the host finds names: what its `/etc/resolv.conf` says.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::PORT;

/// How the host finds names, and what of it is handed on to the program.
///
/// ```
/// use cordial_gateway::Resolver;
///
/// let host = Resolver::parse("search example.org\nnameserver 192.0.2.1\noptions ndots:2 rotate\n");
/// assert_eq!(host.servers(), ["192.0.2.1:53".parse()?]);
/// let inside = host.resolv_conf([10, 77, 0, 1].into());
/// assert_eq!(inside, "nameserver 10.77.0.1\nsearch example.org\noptions ndots:2\n");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
    /// Where names are looked for that are not complete.
    search: Vec<String>,
    /// Options that are the program's matter.
    options: Vec<String>,
    /// How long a server may take.
    pub(super) timeout: Duration,
    /// How often each is asked.
    pub(super) attempts: u32,
    /// Where it is from, if it is to be followed.
    file: Option<PathBuf>,
}

/// Servers that are asked; the C library asks three.
const MOST_SERVERS: usize = 8;

/// What the C library allows.
const MOST_SECONDS: u64 = 30;
const MOST_ATTEMPTS: u32 = 5;

/// Options of how to look for names, and of how to ask a server that is ours to forward. Left out are those of which
/// server to ask, how long and how often: that is done here.
const HANDED_ON: [&str; 9] = [
    "ndots",
    "edns0",
    "trust-ad",
    "use-vc",
    "no-aaaa",
    "no-tld-query",
    "single-request",
    "single-request-reopen",
    "inet6",
];

impl Resolver {
    /// What the host's `/etc/resolv.conf` says; a file that cannot be read says nothing.
    /// When it changes later, what it says then about servers counts, for questions asked from then on.
    pub fn of_host() -> Self {
        let file = Path::new("/etc/resolv.conf");
        Self::of_file(file).unwrap_or_else(|_| Self { file: Some(file.into()), ..Self::parse("") })
    }

    /// What this file says.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub(super) fn of_file(file: &Path) -> io::Result<Self> {
        let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
        Ok(Self { file: Some(file.into()), ..Self::parse(&text) })
    }

    /// The file that says so, if any.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What such a file says. Lines that are not understood are ignored, as resolvers do. Without a server it is the
    /// host itself, as the C library has it.
    pub fn parse(resolv_conf: &str) -> Self {
        let mut resolver = Self {
            servers: Vec::new(),
            search: Vec::new(),
            options: Vec::new(),
            timeout: Duration::from_secs(5),
            attempts: 2,
            file: None,
        };
        let mut names_servers = false;
        for line in resolv_conf.lines() {
            let mut words = line.split_ascii_whitespace().take_while(|word| !word.starts_with(['#', ';']));
            match words.next() {
                Some("nameserver") => {
                    names_servers = true;
                    resolver.servers.extend(words.next().and_then(server));
                }
                // The last of these lines counts.
                Some("search" | "domain") => resolver.search = words.map(str::to_owned).collect(),
                Some("options") => words.for_each(|option| resolver.set(option)),
                _ => {}
            }
        }
        if !names_servers {
            resolver.servers.push(SocketAddr::from(([127, 0, 0, 1], PORT)));
        }
        resolver.servers.truncate(MOST_SERVERS);
        resolver
    }

    fn set(&mut self, option: &str) {
        let (name, value) = option.split_once(':').unwrap_or((option, ""));
        match (name, value.parse::<u32>()) {
            ("timeout", Ok(seconds)) => {
                self.timeout = Duration::from_secs(u64::from(seconds).clamp(1, MOST_SECONDS));
            }
            ("attempts", Ok(times)) => self.attempts = times.clamp(1, MOST_ATTEMPTS),
            _ if HANDED_ON.contains(&name) => self.options.push(option.to_owned()),
            _ => {}
        }
    }

    /// The same with these servers in place of the host's; at most eight are asked.
    pub fn with_servers(mut self, servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.servers = servers.into_iter().take(MOST_SERVERS).collect();
        self.file = None;
        self
    }

    /// Who is asked, in this order.
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// The domains in which names are looked for that are not complete.
    pub fn search(&self) -> &[String] {
        &self.search
    }

    /// What the program reads: the server at `gateway`, and the host's search domains and options.
    pub fn resolv_conf(&self, gateway: IpAddr) -> String {
        let mut text = format!("nameserver {gateway}\n");
        for (keyword, words) in [("search", &self.search), ("options", &self.options)] {
            if !words.is_empty() {
                text += &format!("{keyword} {}\n", words.join(" "));
            }
        }
        text
    }
}

/// An address, of a link where it says so by name or number (`fe80::1%eth0`). None if there is no such.
fn server(text: &str) -> Option<SocketAddr> {
    let Some((address, link)) = text.split_once('%') else {
        return Some(SocketAddr::new(text.parse().ok()?, PORT));
    };
    let scope = match link.parse() {
        Ok(number) => number,
        Err(_) => fs::read_to_string(format!("/sys/class/net/{link}/ifindex")).ok()?.trim().parse().ok()?,
    };
    Some(SocketAddrV6::new(address.parse().ok()?, PORT, 0, scope).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(conf: &str) -> Vec<String> {
        Resolver::parse(conf).servers().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_servers_are_asked_in_their_order() {
        let conf = "# comment\nnameserver 192.0.2.1 # x\nnameserver\t2001:db8::1\nnameserver 127.0.0.53\n";
        assert_eq!(servers(conf), ["192.0.2.1:53", "[2001:db8::1]:53", "127.0.0.53:53"]);
        assert_eq!(servers(&"nameserver 192.0.2.1\n".repeat(20)).len(), 8);
    }

    #[test]
    fn a_server_on_a_link_is_asked_there() {
        assert_eq!(servers("nameserver fe80::1%7\n"), ["[fe80::1%7]:53"]);
        let lo = fs::read_to_string("/sys/class/net/lo/ifindex").unwrap_or("1".into());
        assert_eq!(servers("nameserver fe80::1%lo\n"), [format!("[fe80::1%{}]:53", lo.trim())]);
    }

    #[test]
    fn servers_that_make_no_sense_are_passed_over() {
        let conf =
            "nameserver fe80::1%no-such-link\nnameserver ../x%../y\nnameserver\nnameserver 192.0.2.2\n";
        assert_eq!(servers(conf), ["192.0.2.2:53"]);
        assert!(servers("nameserver nonsense\n").is_empty());
    }

    #[test]
    fn without_a_server_it_is_the_local_machine() {
        assert_eq!(servers("search example.org\n;nameserver 1.2.3.4\n"), ["127.0.0.1:53"]);
        assert_eq!(servers(""), ["127.0.0.1:53"]);
    }

    #[test]
    fn the_last_search_line_counts_and_domain_is_one() {
        let of = |conf: &str| Resolver::parse(conf).search().join(" ");
        assert_eq!(of("domain a.example\nsearch b.example c.example\n"), "b.example c.example");
        assert_eq!(of("search b.example\ndomain a.example\n"), "a.example");
    }

    #[test]
    fn how_long_and_how_often_is_ours_and_the_rest_is_handed_on() {
        let host =
            Resolver::parse("options timeout:1 attempts:9 rotate ndots:3 edns0\noptions trust-ad what\n");
        assert_eq!((host.timeout, host.attempts), (Duration::from_secs(1), 5));
        let inside = host.resolv_conf("fd77::1".parse().expect("an address"));
        assert_eq!(inside, "nameserver fd77::1\noptions ndots:3 edns0 trust-ad\n");
        assert_eq!(Resolver::parse("options timeout:0 attempts:x\n").timeout, Duration::from_secs(1));
    }

    #[test]
    fn other_servers_keep_the_rest() {
        let host = Resolver::parse("search a.example\nnameserver 192.0.2.1\n");
        let other = host.with_servers(["192.0.2.9:5353".parse().expect("an address")]);
        assert_eq!((other.servers().len(), other.search().len()), (1, 1));
    }
}
