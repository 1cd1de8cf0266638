//! How the network is to treat what a connection sends.

/// A differentiated services codepoint (RFC 2474 §3): six bits that TCP passes to IP as they are (RFC 9293 §3.9.2,
/// MUST-48, SHLD-22). Zero, the default, asks for nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Dscp(u8);

impl Dscp {
    /// The largest codepoint.
    pub const MAX: u8 = 63;

    /// A codepoint; none above 63.
    pub const fn new(codepoint: u8) -> Option<Self> {
        if codepoint <= Self::MAX { Some(Self(codepoint)) } else { None }
    }

    /// The six bits as a number.
    pub const fn codepoint(self) -> u8 {
        self.0
    }
}
