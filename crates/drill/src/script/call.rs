//! A system call as a script writes it.

use std::fmt;

use super::Place;

/// A call and what it is to return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Where its name stands.
    pub at: Place,
    /// Its name.
    pub name: String,
    /// Its arguments, each with its place.
    pub args: Vec<(Place, Value)>,
    /// What it is to return.
    pub returns: Expected,
}

/// What a call is to return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// `= 3`
    Value(i64),
    /// `= -1 ECONNREFUSED`
    Error(String),
    /// `= ...`: whatever it is.
    Any,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Error(name) => write!(f, "-1 {name}"),
            Self::Any => f.write_str("..."),
        }
    }
}

/// An argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A name, or several joined by `|`.
    Names(Vec<String>),
    /// A text in quotes.
    Text(String),
    /// `...`
    Any,
    /// `[a, b]`
    List(Vec<Value>),
    /// `{a = b, c}`
    Record(Vec<Field>),
    /// `name(a, b)`
    Apply(String, Vec<Value>),
}

/// A field of a record; without a name where it is only a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: Option<String>,
    /// Its value.
    pub value: Value,
}

impl Value {
    /// The number, where it is one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number in a list of one, as options are passed: `[1]`.
    pub fn boxed_number(&self) -> Option<i64> {
        match self {
            Self::List(values) => match values.as_slice() {
                [value] => value.number(),
                _ => None,
            },
            other => other.number(),
        }
    }

    /// The name, where it is one alone.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Names(names) => match names.as_slice() {
                [name] => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value of a field, or of the field of the record that a list of one holds.
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Record(fields) => {
                fields.iter().find(|field| field.name.as_deref() == Some(name)).map(|field| &field.value)
            }
            Self::List(values) => values.first().and_then(|value| value.field(name)),
            _ => None,
        }
    }
}
