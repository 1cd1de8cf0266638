//! What an expression comes to.

use std::cmp::Ordering;
use std::fmt;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    /// A whole number; also truth, as in Python.
    Number(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(String),
    /// A tuple or list.
    Several(Vec<Value>),
    /// None.
    None,
}

impl Value {
    pub(crate) const fn truth(is_true: bool) -> Self {
        Self::Number(is_true as i64)
    }

    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Number(number) => *number != 0,
            Self::Real(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Several(values) => !values.is_empty(),
            Self::None => false,
        }
    }

    pub(crate) fn real(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Several(a), Self::Several(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            _ => match (self.real(), other.real()) {
                (Some(a), Some(b)) => a == b,
                _ => self == other,
            },
        }
    }

    /// How two values lie to each other; none if they cannot be compared.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => self.real()?.partial_cmp(&other.real()?),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Text(text) => f.write_str(text),
            Self::None => f.write_str("None"),
            Self::Several(values) => {
                f.write_str("(")?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}
