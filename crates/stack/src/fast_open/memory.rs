//! What a client remembers of servers.

use alloc::collections::BTreeMap;
use core::hash::{Hash, Hasher};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use cordial_tcp::{FastOpenCall, FastOpenLesson, FastOpenResult, Instant};
use cordial_wire::FastOpen;

/// Cookies by address, ours and the server's (RFC 7413 §4.1.3), and by port where fast open did not work (§4.1.3.1).
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    cookies: Lately<(IpAddr, IpAddr), Known>,
    refused: Lately<(IpAddr, SocketAddr), Refused>,
}

/// What a server gave.
#[derive(Clone, Copy, Debug, Hash)]
struct Known {
    cookie: FastOpen,
    mss: u16,
}

/// Where fast open did not work.
#[derive(Clone, Copy, Debug)]
struct Refused {
    /// How often in a row.
    times: u8,
    until: Instant,
}

/// How long fast open is not tried again where it did not work; twice as long each time after. On a path that eats such
/// SYNs each try costs a connection a second.
const FIRST_BACK_OFF: Duration = Duration::from_secs(60);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(24 * 3600);

/// Larger SYNs have trouble on their way (RFC 7413 §4.1.3).
const MOST_MSS_V4: u16 = 1460;
const MOST_MSS_V6: u16 = 1440;

impl Memory {
    /// Remembers up to `limit` servers.
    pub const fn new(limit: u32) -> Self {
        Self { cookies: Lately::new(limit), refused: Lately::new(limit) }
    }

    /// Servers whose cookies are remembered.
    pub fn len(&self) -> usize {
        self.cookies.entries.len()
    }

    /// What a SYN from `local` to `peer` is to carry; none for an ordinary one.
    pub fn call(&mut self, now: Instant, local: IpAddr, peer: SocketAddr) -> Option<FastOpenCall> {
        if self.refused.get(&(local, peer)).is_some_and(|refused| now < refused.until) {
            return None;
        }
        let most = if peer.is_ipv4() { MOST_MSS_V4 } else { MOST_MSS_V6 };
        Some(match self.cookies.get(&(local, peer.ip())) {
            Some(known) => FastOpenCall { option: known.cookie, mss: known.mss.min(most) },
            None => FastOpenCall { option: FastOpen::REQUEST, mss: 0 },
        })
    }

    /// Takes note of what an opening taught.
    pub fn learn(&mut self, now: Instant, local: IpAddr, peer: SocketAddr, lesson: &FastOpenLesson) {
        if let Some(cookie) = lesson.cookie {
            self.cookies.put((local, peer.ip()), Known { cookie, mss: lesson.mss });
        }
        let place = (local, peer);
        if lesson.result == FastOpenResult::Refused {
            let times = self.refused.get(&place).map_or(0, |refused| refused.times);
            let wait = FIRST_BACK_OFF.saturating_mul(1 << times.min(16)).min(LONGEST_BACK_OFF);
            self.refused.put(place, Refused { times: times.saturating_add(1), until: now + wait });
        } else {
            self.refused.remove(&place);
        }
    }

    /// Feeds what is remembered into `h`: cookies by their lengths, as they are another's secrets.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { cookies, refused } = self;
        for (place, known) in cookies.iter() {
            (place, known.cookie.cookie().len(), known.mss).hash(h);
        }
        for (place, refused) in refused.iter() {
            (place, refused.times, refused.until.since(now)).hash(h);
        }
    }
}

/// A map that forgets what was used longest ago when it is full. Few entries by their bound, so ordered maps serve.
#[derive(Clone, Debug)]
struct Lately<K, V> {
    limit: u32,
    entries: BTreeMap<K, (V, u64)>,
    by_use: BTreeMap<u64, K>,
    uses: u64,
}

impl<K: Ord + Copy, V: Copy> Lately<K, V> {
    const fn new(limit: u32) -> Self {
        Self { limit, entries: BTreeMap::new(), by_use: BTreeMap::new(), uses: 0 }
    }

    fn get(&mut self, key: &K) -> Option<V> {
        let value = self.remove(key)?;
        self.put(*key, value);
        Some(value)
    }

    fn put(&mut self, key: K, value: V) {
        self.remove(&key);
        if self.limit == 0 {
            return;
        }
        if self.entries.len() >= self.limit as usize
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.uses += 1;
        self.entries.insert(key, (value, self.uses));
        self.by_use.insert(self.uses, key);
    }

    fn remove(&mut self, key: &K) -> Option<V> {
        let (value, used) = self.entries.remove(key)?;
        self.by_use.remove(&used);
        Some(value)
    }

    /// All, the one used longest ago first.
    fn iter(&self) -> impl Iterator<Item = (K, V)> {
        self.by_use.values().filter_map(|key| Some((*key, self.entries.get(key)?.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(10, 0, 0, 1));

    fn peer(host: u8, port: u16) -> SocketAddr {
        ([10, 0, 0, host], port).into()
    }

    fn lesson(cookie: Option<&[u8]>, result: FastOpenResult) -> FastOpenLesson {
        FastOpenLesson { cookie: cookie.and_then(FastOpen::new), mss: 1000, result }
    }

    fn asks(memory: &mut Memory, seconds: u64, peer: SocketAddr) -> Option<bool> {
        let now = Instant::from_millis(seconds * 1000);
        memory.call(now, LOCAL, peer).map(|call| call.option.is_request())
    }

    /// RFC7413-4.1.3-a.
    #[test]
    fn a_cookie_is_for_all_ports_of_a_server_and_comes_with_its_mss() {
        let mut memory = Memory::new(8);
        let given = lesson(Some(&[1, 2, 3, 4]), FastOpenResult::Nothing);
        memory.learn(Instant::ZERO, LOCAL, peer(2, 80), &given);
        let call = memory.call(Instant::ZERO, LOCAL, peer(2, 443)).unwrap();
        assert_eq!((call.option.cookie(), call.mss), (&[1, 2, 3, 4][..], 1000));
        assert_eq!(asks(&mut memory, 0, peer(3, 80)), Some(true), "of another server none is known");
        let large = FastOpenLesson { mss: 9000, ..given };
        memory.learn(Instant::ZERO, LOCAL, peer(2, 80), &large);
        assert_eq!(memory.call(Instant::ZERO, LOCAL, peer(2, 443)).unwrap().mss, 1460);
    }

    /// RFC7413-4.1.3.1-a: by port, and longer each time.
    #[test]
    fn where_it_did_not_work_it_is_not_tried_for_a_while() {
        let mut memory = Memory::new(8);
        let mut seconds = 0;
        for wait in [60, 120, 240, 480] {
            memory.learn(
                Instant::from_millis(seconds * 1000),
                LOCAL,
                peer(2, 80),
                &lesson(None, FastOpenResult::Refused),
            );
            assert_eq!(asks(&mut memory, seconds + wait - 1, peer(2, 80)), None);
            assert_eq!(asks(&mut memory, seconds, peer(2, 81)), Some(true), "another port");
            seconds += wait;
            assert_eq!(asks(&mut memory, seconds, peer(2, 80)), Some(true));
        }
        for _ in 0..100 {
            memory.learn(Instant::ZERO, LOCAL, peer(2, 80), &lesson(None, FastOpenResult::Refused));
        }
        assert_eq!(asks(&mut memory, 24 * 3600 - 1, peer(2, 80)), None);
        assert_eq!(asks(&mut memory, 24 * 3600, peer(2, 80)), Some(true), "never longer than a day");
        memory.learn(Instant::ZERO, LOCAL, peer(2, 80), &lesson(None, FastOpenResult::Taken));
        assert_eq!(asks(&mut memory, 0, peer(2, 80)), Some(true), "it works again");
    }

    #[test]
    fn what_was_used_longest_ago_is_forgotten_first() {
        let mut memory = Memory::new(3);
        let given = lesson(Some(&[1, 2, 3, 4]), FastOpenResult::Nothing);
        for host in 1..=3 {
            memory.learn(Instant::ZERO, LOCAL, peer(host, 80), &given);
        }
        assert_eq!(asks(&mut memory, 0, peer(1, 80)), Some(false));
        memory.learn(Instant::ZERO, LOCAL, peer(4, 80), &given);
        let known: alloc::vec::Vec<_> =
            (1..=4).map(|host| asks(&mut memory, 0, peer(host, 80)) == Some(false)).collect();
        assert_eq!(known, [true, false, true, true]);
        let mut none = Memory::new(0);
        none.learn(Instant::ZERO, LOCAL, peer(1, 80), &given);
        assert_eq!(asks(&mut none, 0, peer(1, 80)), Some(true));
    }
}
