//! A failure, made as small as it gets.

use std::fs;
use std::path::PathBuf;

use cordial_scenario::Scenario;
use cordial_swarm::{Objection, Plan, Sort, shrink};
use cordial_trace::event::readable;
use cordial_trace::ladder::Style;

use super::words;
use crate::args::Swarm;
use crate::locale::Reader;

/// What is to be told of a failure.
pub struct Case {
    /// The seed it comes from.
    pub seed: u64,
    /// What is wrong.
    pub objection: Objection,
    /// How large the scenario was, and how large the smallest one that fails in the same way is.
    pub sizes: [usize; 2],
    /// How many runs it took to find that.
    pub runs: usize,
    /// Its ladders.
    pub ladders: String,
    /// Where it was written.
    pub file: PathBuf,
    /// The scenario says all that there is to it: playing it shows the same.
    pub is_whole: bool,
}

/// Runs that making it smaller may take: some seconds.
const MOST_RUNS: usize = 3_000;

impl Case {
    /// Looks into the failure of a seed, and writes its scenario.
    ///
    /// # Errors
    ///
    /// Which file cannot be written and why, in words.
    pub fn of(seed: u64, sort: &Sort, args: &Swarm, reader: &Reader) -> Result<Self, String> {
        let drawn = Plan::draw(seed);
        let size = drawn.size();
        let (plan, runs) = match shrink(&drawn, sort, MOST_RUNS) {
            Some(shrunk) => (shrunk.plan, shrunk.runs),
            None => (drawn, 1),
        };
        let (run, world) = plan.record();
        let objection = run.objections.iter().find(|objection| objection.sort() == *sort).cloned();
        let objection = objection.unwrap_or_else(|| Objection::Panic(words::NOT_AGAIN.en.to_owned()));
        let written = plan.scenario(&run, Some(&objection));
        let file = args.keep.join(format!("swarm-{seed}.scenario"));
        let kept = fs::create_dir_all(&args.keep).and_then(|()| fs::write(&file, &written.text));
        kept.map_err(|error| {
            let name = readable(&file.display().to_string());
            words::CANNOT_WRITE.fill(reader.lang, &[("file", &name), ("error", &error.to_string())])
        })?;
        let played = written.is_whole.then(|| played(&written.text, seed, reader)).flatten();
        // What cannot be played is drawn as plainly as tests do.
        let ladders = played.or_else(|| world.map(|world| world.compact())).unwrap_or_default();
        let sizes = [size, plan.size()];
        Ok(Self { seed, objection, sizes, runs, ladders, file, is_whole: written.is_whole })
    }

    /// The file's name, for people.
    pub fn file(&self) -> String {
        readable(&self.file.display().to_string())
    }

    /// The command that runs the seed again.
    pub fn again(&self) -> String {
        format!("cordial swarm --seeds {}", self.seed)
    }

    /// The command that plays the scenario; none if the scenario does not say everything.
    pub fn play(&self) -> Option<String> {
        self.is_whole.then(|| format!("cordial play --seed {} {}", self.seed, self.file()))
    }
}

/// The ladders of the scenario as it is played, and what is not as expected.
fn played(text: &str, seed: u64, reader: &Reader) -> Option<String> {
    let run = Scenario::parse(text).ok()?.run(seed).ok()?;
    let style = Style {
        width: usize::from(reader.columns).max(40),
        ascii: reader.ascii,
        colour: reader.color,
        lang: reader.lang,
        absolute: false,
        numbered: false,
        fine: false,
    };
    let title = format!("cordial play --seed {seed}");
    Some(format!("{}\n{}", run.draw(&style, &title), run.draw_complaints(&style)))
}
