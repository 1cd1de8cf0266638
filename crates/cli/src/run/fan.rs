//! One stream of lines into several places.

use std::io::{self, Write};
use std::path::PathBuf;

use cordial_trace::Lang;

use super::report_loss;

/// Writes the same to every outlet. One that fails is told on standard error, once, and left out
/// from then on; the others go on. So writing never fails.
pub struct Fan {
    outlets: Vec<Outlet>,
    lang: Lang,
}

/// A place to write to.
pub struct Outlet {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// Its name; none for standard error, which nobody can be told about.
    pub path: Option<PathBuf>,
    /// Itself.
    pub out: Box<dyn Write + Send>,
}

impl Fan {
    /// Nowhere yet; what fails is told in this language.
    pub fn new(lang: Lang) -> Self {
        Self { outlets: Vec::new(), lang }
    }

    /// Adds a place.
    pub fn add(&mut self, outlet: Outlet) {
        self.outlets.push(outlet);
    }

    /// True if there is nowhere to write to.
    pub fn is_empty(&self) -> bool {
        self.outlets.is_empty()
    }

    fn each(&mut self, write: impl Fn(&mut dyn Write) -> io::Result<()>) {
        self.outlets.retain_mut(|outlet| match write(&mut outlet.out) {
            Ok(()) => true,
            Err(error) => {
                if let Some(path) = &outlet.path {
                    report_loss(outlet.flag, path, &error, self.lang);
                }
                false
            }
        });
    }
}

impl Write for Fan {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.each(|out| out.write_all(octets));
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.each(|out| out.flush());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Told(Sender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.send(octets.to_owned()).map_err(io::Error::other)?;
            Ok(octets.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn one_that_fails_is_left_out_and_the_others_go_on() {
        let (sender, told) = channel();
        let mut fan = Fan::new(Lang::En);
        fan.add(Outlet { flag: "--events", path: None, out: Box::new(Broken) });
        fan.add(Outlet { flag: "--output", path: None, out: Box::new(Told(sender)) });
        fan.write_all(b"one").expect("never fails");
        fan.write_all(b"two").expect("never fails");
        assert_eq!(fan.outlets.len(), 1);
        drop(fan);
        assert_eq!(told.iter().collect::<Vec<_>>(), [b"one", b"two"]);
    }
}
