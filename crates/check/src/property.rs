//! What has to hold.

pub use cordial_sim::property::{Property, UnknownProperty};

/// Its bit in [`Broken`].
const fn bit(property: Property) -> u16 {
    1 << property as u16
}

/// Properties that a step broke.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Broken(u16);

impl Broken {
    /// None.
    pub const NONE: Self = Self(0);

    /// One more.
    pub fn add(&mut self, property: Property) {
        self.0 |= bit(property);
    }

    /// One less.
    pub fn remove(&mut self, property: Property) {
        self.0 &= !bit(property);
    }

    /// Adds it if `is_broken`.
    pub fn add_if(&mut self, is_broken: bool, property: Property) {
        if is_broken {
            self.add(property);
        }
    }

    /// True if it is among them.
    pub const fn has(self, property: Property) -> bool {
        self.0 & bit(property) != 0
    }

    /// True if there are none.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Property> {
        Property::ALL.iter().copied().filter(move |property| self.has(*property))
    }
}

impl FromIterator<Property> for Broken {
    fn from_iter<I: IntoIterator<Item = Property>>(properties: I) -> Self {
        let mut all = Self::NONE;
        properties.into_iter().for_each(|property| all.add(property));
        all
    }
}

/// Something that has to happen in some run, or what the properties claim would be claimed of nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sometimes {
    /// Both ends are ESTABLISHED at once.
    BothEstablished,
    /// An octet is read.
    OctetRead,
    /// A segment of an attempt before the last arrives.
    OldSegment,
    /// A segment arrives at an end that is ESTABLISHED in a later attempt.
    OldSegmentAtEstablished,
    /// A later attempt than the first is ESTABLISHED at both ends.
    SecondAttempt,
    /// It is, and both ends had opened an earlier one.
    SecondConnection,
    /// Time passes while somebody called and has not answered.
    HalfOpen,
    /// A connection stands in TIME-WAIT.
    TimeWait,
    /// Something that was lost is sent again.
    SentAgain,
    /// A FIN is sent again.
    FinAgain,
    /// A stranger's segment arrives.
    Forged,
    /// A segment is refused.
    Refused,
    /// A reset goes out.
    Reset,
    /// The peer's window is closed while octets wait.
    WindowClosed,
    /// Both ends have said goodbye and nothing is left.
    BothClosed,
    /// What rode on a SYN is read before the third segment came.
    ReadEarly,
    /// It is read once more: the SYN came again when its connection was over.
    ReadAgain,
}

/// What has to happen in some run, or nothing is said by the property's holding: what it is judged at.
pub const fn occasion(property: Property) -> &'static [Sometimes] {
    match property {
        Property::P1 | Property::P2 | Property::P7 | Property::P9 => &[Sometimes::BothEstablished],
        Property::P3 | Property::P4 => &[Sometimes::OctetRead],
        Property::P5 | Property::P6 | Property::P11 => &[Sometimes::BothClosed],
        Property::P8 => &[Sometimes::Forged],
        Property::P10 => &[Sometimes::OldSegmentAtEstablished],
        Property::P12 => &[Sometimes::HalfOpen],
    }
}

impl Sometimes {
    /// Its bit in a set of them.
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}
