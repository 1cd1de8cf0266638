//! Failures and what came of it all, as lines of JSON.

use cordial_swarm::{Kind, Missing};
use cordial_trace::Lang;
use serde_json::{Map, Value, json};

use super::case::Case;
use super::hunt::Catch;
use super::{Lack, lacks};
use crate::args::Swarm;

/// One failure.
pub fn failure(case: &Case) -> String {
    let [size, shrunk] = case.sizes;
    let time = case.objection.time().map(|at| at.as_nanos());
    let line = json!({
        "result": "fail",
        "seed": case.seed,
        "who": case.objection.sort().who(),
        "reason": case.objection.text(Lang::En),
        "time_ns": time,
        "size": size,
        "shrunk": shrunk,
        "runs": case.runs,
        "file": case.file(),
        "again": case.again(),
        "play": case.play(),
    });
    format!("{line}\n")
}

/// All of it.
pub fn summary(catch: &Catch, args: &Swarm) -> String {
    let seconds = catch.took.as_secs_f64();
    let range = args.range();
    let mut line = json!({
        "result": if catch.failed == 0 { "clean" } else { "failed" },
        "seeds": [range.start, range.end],
        "ran": catch.ran,
        "failed": catch.failed,
        "seconds": seconds,
        "per_second": catch.ran as f64 / seconds.max(0.001),
        "jobs": catch.jobs,
    });
    if let (true, Some(line)) = (args.coverage, line.as_object_mut()) {
        line.insert("coverage".to_owned(), coverage(catch));
    }
    format!("{line}\n")
}

fn coverage(catch: &Catch) -> Value {
    let missing = catch.coverage.missing();
    let of_lack = |is_it: fn(&Lack) -> Option<&Missing>| -> Vec<&'static str> {
        lacks(catch).iter().filter_map(is_it).map(|missing| missing.name).collect()
    };
    let gaps = of_lack(|lack| if let Lack::Gap(missing) = lack { Some(missing) } else { None });
    let stale = of_lack(|lack| if let Lack::Stale(missing) = lack { Some(missing) } else { None });
    let of = |kind: Kind| {
        let missing: Vec<&str> =
            missing.iter().filter(|missing| missing.kind == kind).map(|missing| missing.name).collect();
        (kind.name().to_owned(), json!({ "seen": catch.coverage.seen(kind), "missing": missing }))
    };
    let mut coverage: Map<String, Value> = Kind::ALL.into_iter().map(of).collect();
    coverage.insert("gaps".to_owned(), json!(gaps));
    coverage.insert("stale".to_owned(), json!(stale));
    Value::Object(coverage)
}
