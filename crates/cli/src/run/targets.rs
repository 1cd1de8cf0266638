//! The files that a run writes, opened before anything starts.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::args::Run;

/// The files named on the command line, open and not yet touched.
#[derive(Debug, Default)]
pub struct Targets {
    events: Option<Target>,
    pcap: Option<Target>,
    output: Option<Target>,
}

/// The same, empty and ready to be written.
#[derive(Debug, Default)]
pub struct Files {
    /// `--events`
    pub events: Option<File>,
    /// `--pcap`
    pub pcap: Option<File>,
    /// `--output`
    pub output: Option<File>,
}

/// A file that cannot be written.
#[derive(Debug)]
pub struct TargetError {
    flag: &'static str,
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Io(io::Error),
    /// Another flag names the same file.
    Same(&'static str),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flag, path, why } = self;
        let path = path.display();
        match why {
            Why::Io(error) => write!(f, "{flag} {path}: {error}")?,
            Why::Same(other) => write!(f, "{flag} {path}: {other} names the same file")?,
        }
        let advice = match why {
            Why::Same(_) => "give each a file of its own",
            Why::Io(error) => match error.kind() {
                io::ErrorKind::NotFound => "create the directory first, or name another",
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "name a file in a directory that you may write to"
                }
                io::ErrorKind::IsADirectory => "name a file in it",
                _ => "name another file",
            },
        };
        write!(f, "\nNothing was run: {advice}.")
    }
}

impl std::error::Error for TargetError {}

impl TargetError {
    /// The same for Chinese readers; what the system says stays in its words.
    pub fn in_chinese(&self) -> String {
        let Self { flag, path, why } = self;
        let path = path.display();
        let (what, advice) = match why {
            Why::Same(other) => (format!("{other} 也写这个文件"), "请给它们各用一个文件"),
            Why::Io(error) => {
                let advice = match error.kind() {
                    io::ErrorKind::NotFound => "请先建好目录，或换一个文件",
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                        "请换一个你能写的目录里的文件"
                    }
                    io::ErrorKind::IsADirectory => "这是目录，请写出其中的文件名",
                    _ => "请换一个文件",
                };
                (error.to_string(), advice)
            }
        };
        format!("{flag} {path}：{what}\n什么都没有运行：{advice}。")
    }
}

impl Targets {
    /// Opens the files that the command line names, or none of them.
    ///
    /// # Errors
    ///
    /// The first that cannot be written. No file was created or changed then.
    pub fn open(args: &Run) -> Result<Self, TargetError> {
        let mut targets = Self::default();
        match targets.open_each(args) {
            Ok(()) => Ok(targets),
            Err(error) => {
                targets.discard();
                Err(error)
            }
        }
    }

    fn open_each(&mut self, args: &Run) -> Result<(), TargetError> {
        self.events = self.open_one("--events", args.events.as_deref())?;
        self.pcap = self.open_one("--pcap", args.pcap.as_deref())?;
        self.output = self.open_one("--output", args.output.as_deref())?;
        Ok(())
    }

    fn open_one(&self, flag: &'static str, path: Option<&Path>) -> Result<Option<Target>, TargetError> {
        let Some(path) = path else { return Ok(None) };
        let failed = |why| TargetError { flag, path: path.to_owned(), why };
        let target = Target::open(flag, path).map_err(|error| failed(Why::Io(error)))?;
        let others = [&self.events, &self.pcap, &self.output];
        match others.into_iter().flatten().find(|other| other.id.is_some() && other.id == target.id) {
            Some(other) => Err(failed(Why::Same(other.flag))),
            None => Ok(Some(target)),
        }
    }

    /// Removes what [`open`](Self::open) created: nothing was run.
    pub fn discard(self) {
        let targets = [self.events, self.pcap, self.output];
        for target in targets.into_iter().flatten().filter(|target| target.is_new) {
            // Somebody else may have removed it.
            let _ = fs::remove_file(&target.path);
        }
    }

    /// Empties the files.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn begin(self) -> Result<Files, TargetError> {
        let empty = |target: Option<Target>| target.map(Target::empty).transpose();
        Ok(Files { events: empty(self.events)?, pcap: empty(self.pcap)?, output: empty(self.output)? })
    }
}

#[derive(Debug)]
struct Target {
    flag: &'static str,
    path: PathBuf,
    file: File,
    /// It was not there before.
    is_new: bool,
    /// Device and number of a regular file.
    id: Option<(u64, u64)>,
}

impl Target {
    fn open(flag: &'static str, path: &Path) -> io::Result<Self> {
        let is_new = !path.try_exists().unwrap_or(true);
        let file = File::options().write(true).create(true).truncate(false).open(path)?;
        let metadata = file.metadata()?;
        let id = metadata.is_file().then(|| (metadata.dev(), metadata.ino()));
        Ok(Self { flag, path: path.to_owned(), file, is_new, id })
    }

    fn empty(self) -> Result<File, TargetError> {
        // Pipes and devices have no length.
        if self.id.is_some() {
            let cut = self.file.set_len(0);
            cut.map_err(|error| TargetError { flag: self.flag, path: self.path, why: Why::Io(error) })?;
        }
        Ok(self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Verb};
    use clap::Parser;

    fn args(flags: &[&str]) -> Run {
        let words = ["cordial", "run"].iter().chain(flags).chain(&["--", "true"]);
        let Verb::Run(run) = Cli::try_parse_from(words).expect("a command line").verb else {
            panic!("another verb");
        };
        *run
    }

    /// A directory of its own for each test.
    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("cordial-targets-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        path
    }

    #[test]
    fn one_that_cannot_be_written_leaves_the_others_as_they_were() {
        let directory = directory("refused");
        let (old, new) = (directory.join("old"), directory.join("new"));
        fs::write(&old, "precious").expect("room");
        let flags =
            ["--events", old.to_str().unwrap(), "--pcap", new.to_str().unwrap(), "--output", "/no/such/file"];
        let error = Targets::open(&args(&flags)).expect_err("no such directory");
        assert!(error.to_string().starts_with("--output /no/such/file: "), "{error}");
        let chinese = error.in_chinese();
        assert!(
            chinese.starts_with("--output /no/such/file：") && chinese.contains("请先建好目录"),
            "{chinese}"
        );
        assert_eq!(fs::read(&old).expect("still there"), b"precious");
        assert!(!new.exists());
        fs::remove_dir_all(directory).expect("ours");
    }

    #[test]
    fn a_run_that_does_not_begin_changes_nothing() {
        let directory = directory("discarded");
        let (old, new) = (directory.join("old"), directory.join("new"));
        fs::write(&old, "precious").expect("room");
        let flags = ["--events", old.to_str().unwrap(), "--pcap", new.to_str().unwrap()];
        Targets::open(&args(&flags)).expect("both can be written").discard();
        assert_eq!(fs::read(&old).expect("still there"), b"precious");
        assert!(!new.exists());
        let files = Targets::open(&args(&flags)).expect("both can be written").begin().expect("empty");
        assert!(files.events.is_some() && files.pcap.is_some() && files.output.is_none());
        assert_eq!(fs::read(&old).expect("still there"), b"");
        fs::remove_dir_all(directory).expect("ours");
    }

    #[test]
    fn two_records_in_one_file_are_refused() {
        let directory = directory("same");
        let file = directory.join("file");
        let flags = ["--events", file.to_str().unwrap(), "--pcap", file.to_str().unwrap()];
        let error = Targets::open(&args(&flags)).expect_err("the same file");
        assert!(error.to_string().contains("--events names the same file"), "{error}");
        assert!(error.in_chinese().contains("--events 也写这个文件"), "{}", error.in_chinese());
        assert!(!file.exists());
        assert!(Targets::open(&args(&["--events", "/dev/null", "--pcap", "/dev/null"])).is_ok());
        fs::remove_dir_all(directory).expect("ours");
    }
}
