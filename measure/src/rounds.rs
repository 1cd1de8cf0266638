//! Two measurements in turns, and what came out.

/// How often each is measured; one round before that only warms up.
const ROUNDS: usize = 9;

/// What one side's rounds gave.
pub struct Series {
    name: &'static str,
    values: Vec<f64>,
}

impl Series {
    fn new(name: &'static str) -> Self {
        Self { name, values: Vec::with_capacity(ROUNDS) }
    }

    /// The value in the middle.
    pub fn median(&self) -> f64 {
        middle(self.values.clone())
    }

    fn print(&self, unit: &str) {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.values.iter().copied().fold(0.0, f64::max);
        println!("  {:<12} {:>12.2} {unit}  ({least:.2} to {most:.2})", self.name, self.median());
    }
}

/// Measures both in turns, each going first every other time, and prints medians, spreads and their ratio.
///
/// # Errors
///
/// The first that a measurement has.
pub fn compare<E>(
    unit: &str,
    (ours, mut measure_ours): (&'static str, impl FnMut() -> Result<f64, E>),
    (theirs, mut measure_theirs): (&'static str, impl FnMut() -> Result<f64, E>),
) -> Result<(Series, Series), E> {
    measure_ours()?;
    measure_theirs()?;
    let (mut ours, mut theirs) = (Series::new(ours), Series::new(theirs));
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            ours.values.push(measure_ours()?);
            theirs.values.push(measure_theirs()?);
        } else {
            theirs.values.push(measure_theirs()?);
            ours.values.push(measure_ours()?);
        }
    }
    report(unit, &ours, &theirs);
    Ok((ours, theirs))
}

fn report(unit: &str, ours: &Series, theirs: &Series) {
    ours.print(unit);
    theirs.print(unit);
    let ratios: Vec<f64> =
        ours.values.iter().zip(&theirs.values).map(|(ours, theirs)| ours / theirs).collect();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    println!(
        "  {} / {}: {:.2} (round by round {least:.2} to {most:.2}, {ROUNDS} rounds)",
        ours.name,
        theirs.name,
        middle(ratios)
    );
}

/// The median; 0 of nothing.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_measured_equally_often_and_the_median_is_in_the_middle() {
        let (mut a, mut b) = (0.0, 0.0);
        let ours = || {
            a += 1.0;
            Ok::<_, ()>(a)
        };
        let theirs = || {
            b += 2.0;
            Ok(b)
        };
        let (ours, theirs) = compare("x", ("a", ours), ("b", theirs)).expect("neither fails");
        // The warm-up took the first value of each.
        assert_eq!(ours.median(), 6.0);
        assert_eq!(theirs.median(), 12.0);
        assert_eq!(middle(vec![]), 0.0);
    }
}
