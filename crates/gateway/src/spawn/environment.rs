//! The variables that the program finds.
//!
//! They are ours, except where a proxy is configured: a proxy lives outside and knows neither our
//! names nor the program's own loopback, so those go around it; and a proxy on this machine's
//! loopback is named as it is reached from inside.

use std::ffi::{CString, OsStr, OsString, c_char};
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::{Network, Places};

/// Variables that name a proxy, in capitals as well.
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "ws_proxy", "wss_proxy"];
/// What goes around it; both are in use, and a program that knows both prefers the first.
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The environment as `exec` wants it.
#[derive(Debug)]
pub(super) struct Environment {
    /// Points into `_entries`, and ends with NULL.
    pointers: Vec<*const c_char>,
    _entries: Vec<CString>,
}

impl Environment {
    /// Ours, as the program needs it on this network.
    pub(super) fn of(network: &Network) -> Self {
        let entries: Vec<CString> = adapt(std::env::vars_os().collect(), network)
            .into_iter()
            .filter_map(|(name, value)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok())
            .collect();
        let pointers = entries.iter().map(|entry| entry.as_ptr()).chain([std::ptr::null()]).collect();
        Self { pointers, _entries: entries }
    }

    /// The list, ended by NULL.
    pub(super) fn pointers(&self) -> &[*const c_char] {
        &self.pointers
    }
}

type Variables = Vec<(OsString, OsString)>;

fn adapt(mut variables: Variables, network: &Network) -> Variables {
    let places = Places::of(network);
    let mut has_proxy = false;
    for (name, value) in &mut variables {
        if is_proxy(name) && !value.is_empty() {
            has_proxy = true;
            if let Some(reachable) = value.to_str().and_then(|proxy| from_inside(proxy, &places)) {
                *value = reachable.into();
            }
        }
    }
    if has_proxy {
        go_around(&mut variables, &own(network, &places));
    }
    variables
}

fn is_proxy(name: &OsStr) -> bool {
    PROXIES.iter().any(|proxy| name.eq_ignore_ascii_case(proxy))
}

/// A proxy on this machine's loopback by the address it has inside; `None` for others.
fn from_inside(proxy: &str, places: &Places) -> Option<String> {
    let authority = proxy.find("://").map_or(0, |at| at + 3);
    let end = proxy.get(authority..)?.find('/').map_or(proxy.len(), |at| authority + at);
    let start = proxy.get(authority..end)?.rfind('@').map_or(authority, |at| authority + at + 1);
    let (before, rest) = proxy.split_at_checked(start)?;
    let length = match rest.starts_with('[') {
        true => rest.find(']')? + 1,
        false => rest.find([':', '/']).unwrap_or(rest.len()),
    };
    let (host, after) = rest.split_at_checked(length)?;
    Some(format!("{before}{}{after}", host_inside(host, places)?))
}

fn host_inside(host: &str, places: &Places) -> Option<String> {
    if host.eq_ignore_ascii_case("localhost") {
        return Some(Places::HOST.into());
    }
    let address: IpAddr = host.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    let mut names = places.names().into_iter();
    let same_family = |ip: &IpAddr| ip.is_ipv4() == address.is_ipv4();
    let found = names.find(|(ip, name)| *name == Places::HOST && same_family(ip)).map(|(ip, _)| ip);
    match found.filter(|_| address.is_loopback() || address.is_unspecified())? {
        IpAddr::V4(ip) => Some(ip.to_string()),
        IpAddr::V6(ip) => Some(format!("[{ip}]")),
    }
}

/// What is reached without a proxy: names, addresses for programs that know nothing shorter, and
/// networks.
fn own(network: &Network, places: &Places) -> Vec<String> {
    let mut own: Vec<String> =
        [Places::HELLO, Places::HOST, "localhost", "127.0.0.1", "::1"].map(String::from).into();
    own.extend(places.names().map(|(ip, _)| ip.to_string()));
    let ((ip4, bits4), (ip6, bits6)) = (network.ipv4, network.ipv6);
    let mask4 = u32::MAX.checked_shl(32_u32.saturating_sub(bits4.into())).unwrap_or(0);
    let mask6 = u128::MAX.checked_shl(128_u32.saturating_sub(bits6.into())).unwrap_or(0);
    own.push(format!("{}/{bits4}", std::net::Ipv4Addr::from_bits(ip4.to_bits() & mask4)));
    own.push(format!("{}/{bits6}", std::net::Ipv6Addr::from_bits(ip6.to_bits() & mask6)));
    own
}

fn go_around(variables: &mut Variables, own: &[String]) {
    let value_of = |variables: &Variables, name: &str| {
        let found = variables.iter().find(|(found, value)| found == name && !value.is_empty());
        found.map(|(_, value)| value.clone())
    };
    let [first, second] = NO_PROXY.map(|name| value_of(variables, name));
    // One that was not set would hide the other from programs that know both.
    let values = [first.clone().or(second.clone()), second.or(first)];
    for (name, value) in NO_PROXY.into_iter().zip(values) {
        let value = extended(value.unwrap_or_default(), own);
        match variables.iter_mut().find(|(found, _)| found == name) {
            Some((_, old)) => *old = value,
            None => variables.push((name.into(), value)),
        }
    }
}

fn extended(value: OsString, own: &[String]) -> OsString {
    if value.as_bytes().trim_ascii() == b"*" {
        return value;
    }
    let mut octets = value.into_vec();
    for name in own {
        if !octets.is_empty() {
            octets.push(b',');
        }
        octets.extend(name.as_bytes());
    }
    OsString::from_vec(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "hello.cordial,host.cordial,localhost,127.0.0.1,::1,10.77.0.80,fd77::80,10.77.0.254,fd77::fe,\
                       10.77.0.0/24,fd77::/64";

    fn adapted(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let text = |text: OsString| text.into_string().expect("text");
        let adapted = adapt(variables.collect(), &Network::default()).into_iter();
        adapted.map(|(name, value)| (text(name), text(value))).collect()
    }

    fn pairs(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        variables.iter().map(|&(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn without_a_proxy_nothing_changes() {
        let variables = [("HOME", "/root"), ("http_proxy", ""), ("no_proxy", "example.org")];
        assert_eq!(adapted(&variables), pairs(&variables));
    }

    #[test]
    fn a_proxy_is_not_asked_for_what_it_cannot_know() {
        let proxy = ("https_proxy", "http://proxy.example:3128");
        assert_eq!(adapted(&[proxy]), pairs(&[proxy, ("no_proxy", OWN), ("NO_PROXY", OWN)]));
        let both = format!("a.example,{OWN}");
        assert_eq!(
            adapted(&[("NO_PROXY", "a.example"), proxy]),
            pairs(&[("NO_PROXY", &both), proxy, ("no_proxy", &both)])
        );
        let other = format!("b.example,{OWN}");
        assert_eq!(
            adapted(&[("NO_PROXY", "a.example"), ("no_proxy", "b.example"), proxy]),
            pairs(&[("NO_PROXY", &both), ("no_proxy", &other), proxy])
        );
        assert_eq!(adapted(&[("no_proxy", "*"), proxy])[0].1, "*");
    }

    #[test]
    fn a_proxy_on_our_loopback_is_named_as_it_is_reached() {
        let places = Places::of(&Network::default());
        let inside = |proxy: &str| from_inside(proxy, &places);
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(inside("http://127.0.0.1:3128"), is("http://10.77.0.254:3128"));
        assert_eq!(inside("127.0.0.1:3128/"), is("10.77.0.254:3128/"));
        assert_eq!(inside("http://me:p@ss@localhost:8080/x"), is("http://me:p@ss@host.cordial:8080/x"));
        assert_eq!(inside("socks5h://[::1]:1080"), is("socks5h://[fd77::fe]:1080"));
        assert_eq!(inside("localhost"), is("host.cordial"));
        for elsewhere in ["http://proxy.example:3128", "http://192.0.2.1:3128", "[::1", "", "://", "http://@"]
        {
            assert_eq!(inside(elsewhere), None, "{elsewhere}");
        }
    }
}
