//! What is written besides the answer: events, packets.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cordial_device::Checksum;
use cordial_scenario::Run;
use cordial_trace::event::readable;
use cordial_trace::{Direction, Header, JsonLines, Lang, Pcapng, PcapngError, Source};

use super::{cannot_write, words};
use crate::args::Play;

/// The files that were asked for, open and empty.
pub struct Files {
    events: Option<(PathBuf, File)>,
    pcap: Option<(PathBuf, File)>,
    lang: Lang,
}

impl Files {
    /// Opens them, so that what cannot be written is known before anything runs.
    ///
    /// # Errors
    ///
    /// Which cannot be written and why, in words.
    pub fn open(args: &Play, lang: Lang) -> Result<Self, String> {
        let named = [("--events", &args.events), ("--pcap", &args.pcap), ("--output", &args.output)];
        for (at, (flag, path)) in named.iter().enumerate() {
            let same = named.iter().skip(at + 1).find(|(_, other)| path.is_some() && other == path);
            if let (Some((other, _)), Some(path)) = (same, path) {
                let file = readable(&path.display().to_string());
                return Err(words::SAME_FILE.fill(lang, &[("flag", flag), ("other", other), ("file", &file)]));
            }
        }
        let open = |flag: &str, path: &Option<PathBuf>| {
            let Some(path) = path else { return Ok(None) };
            match File::create(path) {
                Ok(file) => Ok(Some((path.clone(), file))),
                Err(error) => Err(cannot_write(flag, path, &error, lang)),
            }
        };
        Ok(Self { events: open("--events", &args.events)?, pcap: open("--pcap", &args.pcap)?, lang })
    }

    /// Fills them.
    ///
    /// # Errors
    ///
    /// Which cannot be written and why, in words.
    pub fn write(&mut self, run: &Run, title: &str) -> Result<(), String> {
        let lang = self.lang;
        if let Some((path, file)) = &mut self.events {
            let said = |path: &Path, error: &io::Error| cannot_write("--events", path, error, lang);
            let octets = json(run, title).map_err(|error| said(path, &error))?;
            file.write_all(&octets).map_err(|error| said(path, &error))?;
        }
        if let Some((path, file)) = &mut self.pcap {
            packets(run, title, file).map_err(|error| {
                let error = match error {
                    PcapngError::Io(error) => error,
                    error => io::Error::other(error),
                };
                cannot_write("--pcap", path, &error, lang)
            })?;
        }
        Ok(())
    }
}

/// The record as lines of JSON.
///
/// # Errors
///
/// None: memory takes all.
pub fn json(run: &Run, title: &str) -> io::Result<Vec<u8>> {
    let header = Header { title: title.to_owned(), source: Source::Simulation, seed: Some(run.seed) };
    let mut lines = JsonLines::new(Vec::new(), &header)?;
    run.events.iter().try_for_each(|event| lines.event(event))?;
    Ok(lines.into_inner())
}

/// The packets as the client saw them. Virtual time begins with 1970.
fn packets(run: &Run, title: &str, file: &mut File) -> Result<(), PcapngError> {
    let mut out = Pcapng::new(BufWriter::new(file), Duration::ZERO, title)?;
    let link = out.link("client")?;
    for packet in &run.packets {
        let direction = if packet.is_out { Direction::Out } else { Direction::In };
        out.packet(packet.at, link, direction, [packet.octets.as_slice()], Checksum::Done)?;
    }
    out.flush()
}
