//! The host's servers as they are now: a host that moves to another network has others.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Resolver;

/// How often, at most, the host's file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Who is asked.
#[derive(Debug)]
pub(super) struct Upstreams(Mutex<State>);

#[derive(Debug)]
struct State {
    resolver: Arc<Resolver>,
    looked: Instant,
    mark: Option<Mark>,
}

/// What changes when a file does: device, inode, octets, and when it was written, in seconds and nanoseconds.
type Mark = (u64, u64, u64, i64, i64);

impl Upstreams {
    /// Begins with these, and stays with them unless they are from a file.
    pub(super) fn new(resolver: Resolver) -> Self {
        // It may have changed since it was read: the first question looks.
        let looked = Instant::now().checked_sub(LOOK_EVERY).unwrap_or_else(Instant::now);
        Self(Mutex::new(State { resolver: Arc::new(resolver), looked, mark: None }))
    }

    /// Who is asked now.
    pub(super) fn now(&self) -> Arc<Resolver> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK_EVERY {
            state.looked = Instant::now();
            state.look();
        }
        Arc::clone(&state.resolver)
    }
}

impl State {
    /// A file that is missing is about to be there again, and what was known counts until then.
    fn look(&mut self) {
        let Some(file) = self.resolver.file() else { return };
        let Ok(mark) = mark(file) else { return };
        if self.mark == Some(mark) {
            return;
        }
        if let Ok(resolver) = Resolver::of_file(file) {
            (self.resolver, self.mark) = (Arc::new(resolver), Some(mark));
        }
    }
}

fn mark(file: &Path) -> io::Result<Mark> {
    let it = fs::metadata(file)?;
    Ok((it.dev(), it.ino(), it.size(), it.mtime(), it.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(upstreams: &Upstreams) -> String {
        upstreams.now().servers().iter().map(ToString::to_string).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_changes_is_read_again_once_a_second_at_most() {
        let folder = std::env::temp_dir().join(format!("cordial-upstreams-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let file = folder.join("resolv.conf");
        let replace = |text: &str| {
            fs::write(folder.join("new"), text).expect("as above");
            fs::rename(folder.join("new"), &file).expect("as above");
        };
        replace("nameserver 192.0.2.1\n");
        let of_file = Resolver::of_file(&file).expect("it is there");
        let (upstreams, fixed) = (Upstreams::new(of_file.clone()), of_file.with_servers([]));
        let fixed = Upstreams::new(fixed);
        assert_eq!((servers(&upstreams), servers(&fixed)), ("192.0.2.1:53".into(), String::new()));
        replace("nameserver 192.0.2.22\n");
        assert_eq!(servers(&upstreams), "192.0.2.1:53");
        tokio::time::advance(LOOK_EVERY).await;
        assert_eq!((servers(&upstreams), servers(&fixed)), ("192.0.2.22:53".into(), String::new()));
        fs::remove_dir_all(&folder).expect("ours");
        tokio::time::advance(LOOK_EVERY).await;
        assert_eq!(servers(&upstreams), "192.0.2.22:53", "kept while it is missing");
    }
}
