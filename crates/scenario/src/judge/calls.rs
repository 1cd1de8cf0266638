//! Claims about what calls return.

use std::time::Duration;

use cordial_trace::event::Side;

use super::is_at;
use super::words::Came;
use crate::claim::Outcome;
use crate::run::Made;

/// The `nth` call of a name at a host came to `expected`.
pub(super) fn result(
    made: &[Made],
    host: Side,
    name: &str,
    nth: u32,
    expected: Outcome,
    at: Option<Duration>,
) -> Result<(), Came> {
    let mut of_name = made.iter().filter(|made| made.host == host && made.name == name);
    let made = of_name.nth(nth as usize - 1).ok_or(Came::NoCall)?;
    let Some((returned, result)) = made.returned else {
        return if expected == Outcome::Waits { Ok(()) } else { Err(Came::Waits) };
    };
    let is_it = match (expected, result) {
        (Outcome::Works, Ok(())) => true,
        (Outcome::Fails(errno), Err(error)) => errno.name() == error,
        _ => false,
    };
    if is_it && at.is_none_or(|at| is_at(returned, at)) {
        return Ok(());
    }
    Err(Came::Returned(result.err().unwrap_or("ok").to_owned(), returned))
}
