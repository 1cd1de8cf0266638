//! The cookies that a server gives and knows again.

use core::net::IpAddr;
use core::time::Duration;

use cordial_tcp::Instant;
use cordial_wire::FastOpen;

use crate::key::{Key, KeyHasher};

/// A cookie is eight octets of a keyed hash of the caller's address and ours (RFC 7413 §4.1.2): nobody else can make it,
/// and nothing is kept for it. The hash counts days, and so the key changes every day; yesterday's cookie is taken once
/// more, and replaced.
#[derive(Clone, Debug)]
pub(crate) struct FastOpenCookies(KeyHasher);

/// How long a cookie is given out; it is good for as long again.
const LASTS: Duration = Duration::from_secs(24 * 3600);

/// What a cookie is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Judged {
    /// It is good.
    Good,
    /// It is good, and to be replaced by this one.
    Old(FastOpen),
    /// It is none of ours, or too old, or asks for one: here is one.
    Bad(FastOpen),
}

impl FastOpenCookies {
    pub fn new(k0: u64, k1: u64) -> Self {
        Self(KeyHasher::new(k0, k1))
    }

    /// What `option` is worth on a SYN between these two.
    pub fn judge(&self, now: Instant, key: &Key, option: &FastOpen) -> Judged {
        let day = day(now);
        let current = self.number(key, day);
        let fresh = FastOpen::new(&current.to_be_bytes()).unwrap_or_default();
        let Ok(octets) = option.cookie().try_into() else { return Judged::Bad(fresh) };
        // One comparison of whole numbers takes as long whatever they are.
        match u64::from_be_bytes(octets) {
            number if number == current => Judged::Good,
            number if day > 0 && number == self.number(key, day - 1) => Judged::Old(fresh),
            _ => Judged::Bad(fresh),
        }
    }

    fn number(&self, key: &Key, day: u64) -> u64 {
        let (local, peer): (IpAddr, IpAddr) = (key.local_ip(), key.peer_ip());
        self.0.hash_with(&Key::new(local, 0, peer, 0), day)
    }
}

fn day(now: Instant) -> u64 {
    now.as_millis() / LASTS.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(peer: &str) -> Key {
        Key::between("10.0.0.1:80".parse().unwrap(), peer.parse().unwrap())
    }

    fn given(cookies: &FastOpenCookies, now: Instant, key: &Key) -> FastOpen {
        match cookies.judge(now, key, &FastOpen::REQUEST) {
            Judged::Bad(cookie) => cookie,
            other => panic!("a request is no cookie: {other:?}"),
        }
    }

    /// RFC7413-4.1.2-a: the caller's address and the secret make the cookie; ports do not.
    #[test]
    fn a_cookie_is_good_from_the_address_it_was_given_to() {
        let cookies = FastOpenCookies::new(1, 2);
        let now = Instant::from_millis(5);
        let cookie = given(&cookies, now, &key("10.0.0.2:1000"));
        assert_eq!(cookies.judge(now, &key("10.0.0.2:1000"), &cookie), Judged::Good);
        assert_eq!(cookies.judge(now, &key("10.0.0.2:2000"), &cookie), Judged::Good, "any port");
        let elsewhere = given(&cookies, now, &key("10.0.0.3:1000"));
        assert_ne!(elsewhere, cookie);
        assert_eq!(
            cookies.judge(now, &key("10.0.0.3:1000"), &cookie),
            Judged::Bad(elsewhere),
            "another address"
        );
        assert_ne!(given(&FastOpenCookies::new(1, 3), now, &key("10.0.0.2:1000")), cookie, "another secret");
        let short = FastOpen::new(&cookie.cookie()[..6]).unwrap();
        assert_eq!(cookies.judge(now, &key("10.0.0.2:1"), &short), Judged::Bad(cookie), "a part of it");
    }

    /// RFC7413-4.1.2-a: it expires, and is taken a while longer once it is not given out any more.
    #[test]
    fn a_cookie_of_yesterday_is_taken_and_replaced_and_one_of_the_day_before_is_not() {
        let cookies = FastOpenCookies::new(1, 2);
        let at = |hours: u64| Instant::from_millis(hours * 3_600_000);
        let caller = key("10.0.0.2:1000");
        let cookie = given(&cookies, at(30), &caller);
        assert_eq!(cookies.judge(at(47), &caller, &cookie), Judged::Good);
        let fresh = given(&cookies, at(48), &caller);
        assert_ne!(fresh, cookie);
        assert_eq!(cookies.judge(at(48), &caller, &cookie), Judged::Old(fresh));
        assert_eq!(cookies.judge(at(71), &caller, &cookie), Judged::Old(fresh));
        assert!(matches!(cookies.judge(at(72), &caller, &cookie), Judged::Bad(_)));
    }
}
