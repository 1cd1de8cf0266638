//! The Fast Open option (RFC 7413 §4.1.1).

use core::fmt;

/// What a Fast Open option says: a cookie of 4 to 16 octets, or nothing, which asks for one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FastOpen {
    cookie: [u8; Self::MAX],
    len: u8,
}

impl FastOpen {
    /// The longest cookie, octets.
    pub const MAX: usize = 16;
    /// The shortest cookie, octets.
    pub const MIN: usize = 4;
    /// Asks the server for a cookie.
    pub const REQUEST: Self = Self { cookie: [0; Self::MAX], len: 0 };

    /// The option with this value; none where no such cookie may be: 4 to 16 octets, an even number, or none at all.
    #[inline]
    pub fn new(value: &[u8]) -> Option<Self> {
        let is_cookie = (Self::MIN..=Self::MAX).contains(&value.len()) && value.len().is_multiple_of(2);
        let mut option = Self::REQUEST;
        if !value.is_empty() && !is_cookie {
            return None;
        }
        option.len = value.len() as u8;
        for (place, octet) in option.cookie.iter_mut().zip(value) {
            *place = *octet;
        }
        Some(option)
    }

    /// The octets of the cookie; none in a request.
    #[inline]
    pub fn cookie(&self) -> &[u8] {
        self.cookie.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// True if it asks for a cookie.
    #[inline]
    pub fn is_request(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for FastOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_request() {
            return f.write_str("request");
        }
        self.cookie().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}
