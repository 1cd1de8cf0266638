//! Names that are answered here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use hickory_proto::rr::Name;

use crate::{Place, Places};

/// The top of our own names. It is nobody else's, and the host's resolver is not asked for it.
const OUR_DOMAIN: &str = "cordial";

/// The name of the gateway itself.
const GATEWAY: &str = "gateway.cordial";

/// A name that somebody gave to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedHost {
    /// In ASCII and small letters, without a dot at its end.
    name: String,
    address: IpAddr,
}

/// Why `NAME:ADDRESS` is no such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddedHostError {
    /// There is no colon between two parts.
    Form,
    /// The name is none.
    Name,
    /// The address is none.
    Address,
}

impl AddedHost {
    /// The name, in ASCII.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address it stands for.
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

impl FromStr for AddedHost {
    type Err = AddedHostError;

    /// Reads `NAME:ADDRESS`; an IPv6 address may have brackets.
    fn from_str(text: &str) -> Result<Self, AddedHostError> {
        let (name, address) = text.split_once(':').ok_or(AddedHostError::Form)?;
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        let address = bare.parse().map_err(|_| AddedHostError::Address)?;
        let name = name.trim_end_matches('.');
        let is_label = |label: &str| {
            !label.is_empty() && !label.chars().any(|c| c.is_ascii_whitespace() || c.is_control() || c == '/')
        };
        if !name.split('.').all(is_label) {
            return Err(AddedHostError::Name);
        }
        let name =
            Name::from_utf8(name).or_else(|_| Name::from_ascii(name)).map_err(|_| AddedHostError::Name)?;
        Ok(Self { name: plain(&name), address })
    }
}

impl fmt::Display for AddedHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a name, a colon and an address are needed, such as db.example:192.0.2.7",
            Self::Name => "that is not a host name; write one such as db.example",
            Self::Address => "behind the colon an IP address is needed, such as 192.0.2.7 or 2001:db8::7",
        })
    }
}

impl std::error::Error for AddedHostError {}

impl AddedHostError {
    /// The same for Chinese readers.
    pub fn in_chinese(&self) -> &'static str {
        match self {
            Self::Form => "要写成名字、冒号、地址，例如 db.example:192.0.2.7",
            Self::Name => "冒号前面不是主机名；要写成 db.example 这样",
            Self::Address => "冒号后面要写 IP 地址，例如 192.0.2.7 或 2001:db8::7",
        }
    }
}

/// The names that are answered here.
#[derive(Debug, Clone)]
pub(crate) struct LocalNames {
    places: Arc<Places>,
    added: Vec<AddedHost>,
    /// Where the program's resolver looks for names that are not complete.
    search: Vec<String>,
}

/// The addresses of a name, by family.
pub(super) type Addresses = (Vec<Ipv4Addr>, Vec<Ipv6Addr>);

/// Whose an address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// It has this name here.
    Named(String),
    /// Nobody's: it is of the program's own network and has no name.
    Nobody,
    /// Somebody else knows.
    Elsewhere,
}

impl LocalNames {
    pub(crate) fn new(places: Arc<Places>, added: Vec<AddedHost>, search: &[String]) -> Self {
        let search = search.iter().map(|domain| domain.trim_matches('.').to_ascii_lowercase());
        Self { places, added, search: search.filter(|domain| !domain.is_empty()).collect() }
    }

    /// The addresses of a name; none if nobody here has it.
    pub(super) fn addresses(&self, name: &Name) -> Option<Addresses> {
        let name = plain(name);
        let mut found: Addresses = Default::default();
        for host in self.added.iter().filter(|host| self.means(&name, &host.name)) {
            match host.address {
                IpAddr::V4(v4) => found.0.push(v4),
                IpAddr::V6(v6) => found.1.push(v6),
            }
        }
        if found != Addresses::default() {
            return Some(found);
        }
        let pair = self.places.named(&name).or_else(|| (name == GATEWAY).then(|| self.gateway())?);
        pair.map(|(v4, v6)| (vec![v4], vec![v6]))
    }

    /// True if `name` is the added one, as it is or in one of the domains the program's resolver tries first.
    fn means(&self, name: &str, added: &str) -> bool {
        let rest = name.strip_prefix(added);
        rest.is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('.').is_some_and(|domain| self.search.iter().any(|s| s == domain))
        })
    }

    /// True of every name of our own domain, whether anybody has it or not.
    pub(super) fn is_of_our_domain(name: &Name) -> bool {
        name.iter().next_back().is_some_and(|label| label.eq_ignore_ascii_case(OUR_DOMAIN.as_bytes()))
    }

    /// Whose an address is.
    pub(super) fn owner(&self, address: IpAddr) -> Owner {
        if let Some(host) = self.added.iter().find(|host| host.address == address) {
            return Owner::Named(host.name.clone());
        }
        let is_it = |&&(ip, _): &&(IpAddr, &str)| ip == address;
        let name = self.places.names().iter().find(is_it).map(|&(_, name)| name);
        let is_gateway = self.places.name_server().iter().any(|at| at.ip() == address);
        if let Some(name) = name.or(is_gateway.then_some(GATEWAY)) {
            return Owner::Named(name.to_owned());
        }
        match self.places.find(SocketAddr::new(address, 7)) {
            Place::Nobody => Owner::Nobody,
            _ => Owner::Elsewhere,
        }
    }

    fn gateway(&self) -> Option<(Ipv4Addr, Ipv6Addr)> {
        match self.places.name_server().map(|at| at.ip()) {
            [IpAddr::V4(v4), IpAddr::V6(v6)] => Some((v4, v6)),
            _ => None,
        }
    }
}

/// A name in small letters without a dot at its end.
fn plain(name: &Name) -> String {
    name.to_lowercase().to_ascii().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;

    fn host(text: &str) -> Result<(String, String), AddedHostError> {
        text.parse().map(|host: AddedHost| (host.name, host.address.to_string()))
    }

    fn is(name: &str, address: &str) -> Result<(String, String), AddedHostError> {
        Ok((name.into(), address.into()))
    }

    #[test]
    fn a_name_and_an_address() {
        assert_eq!(host("db:192.0.2.7"), is("db", "192.0.2.7"));
        assert_eq!(host("DB.Example.:2001:db8::7"), is("db.example", "2001:db8::7"));
        assert_eq!(host("db:[::1]"), is("db", "::1"));
        assert_eq!(host("_srv_x-1:127.0.0.1"), is("_srv_x-1", "127.0.0.1"));
        assert_eq!(host("db"), Err(AddedHostError::Form));
        assert_eq!(host("db:"), Err(AddedHostError::Address));
        assert_eq!(host("db:host"), Err(AddedHostError::Address));
        for bad in ["", ".", "a..b", "a b", "a/b", &"x".repeat(64)] {
            assert_eq!(host(&format!("{bad}:192.0.2.7")), Err(AddedHostError::Name), "{bad:?}");
        }
    }

    #[test]
    fn an_added_name_is_found_in_the_search_domains_too() {
        let added = ["db:192.0.2.7", "db:2001:db8::7", "hello.cordial:192.0.2.8"];
        let added = added.map(|text| text.parse().expect("good"));
        let places = Arc::new(Places::of(&Network::default()));
        let names = LocalNames::new(places, added.into(), &["Corp.example.".to_owned(), ".".to_owned()]);
        let find = |name: &str| names.addresses(&Name::from_ascii(name).expect("a name"));
        let both = (vec![[192, 0, 2, 7].into()], vec!["2001:db8::7".parse().expect("an address")]);
        assert_eq!(find("DB."), Some(both.clone()));
        assert_eq!(find("db.corp.EXAMPLE."), Some(both));
        assert_eq!(find("db.example."), None);
        assert_eq!(find("xdb."), None);
        assert_eq!(
            find("hello.cordial."),
            Some((vec![[192, 0, 2, 8].into()], vec![])),
            "the person's word counts"
        );
        assert_eq!(find("gateway.cordial.").map(|(v4, _)| v4), Some(vec![[10, 77, 0, 1].into()]));
    }

    #[test]
    fn addresses_have_owners() {
        let places = Arc::new(Places::of(&Network::default()));
        let names = LocalNames::new(places, vec!["db:192.0.2.7".parse().expect("good")], &[]);
        let owner = |address: &str| names.owner(address.parse().expect("an address"));
        assert_eq!(owner("10.77.0.80"), Owner::Named("hello.cordial".into()));
        assert_eq!(owner("fd77::fe"), Owner::Named("host.cordial".into()));
        assert_eq!(owner("10.77.0.1"), Owner::Named("gateway.cordial".into()));
        assert_eq!(owner("192.0.2.7"), Owner::Named("db".into()));
        assert_eq!(owner("10.77.0.9"), Owner::Nobody);
        assert_eq!(owner("192.0.2.8"), Owner::Elsewhere);
    }
}
