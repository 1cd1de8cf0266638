//! A host's counters and tables as Prometheus reads them: text exposition format 0.0.4.

use std::fmt::Write;

use crate::{Counter, Host, Table};

impl Host {
    /// Everything that is counted, and how full every table and queue is, in the text exposition format 0.0.4: to be
    /// answered to whoever scrapes, as `text/plain; version=0.0.4`.
    ///
    /// Counters are called `cordial_…_total`; the help of one says which SNMP or `TcpExt` name it has. A table is two
    /// gauges, `cordial_…` and `cordial_…_limit`. Nothing is told of single connections.
    ///
    /// ```
    /// # use cordial::{Host, device::{MemoryConfig, MemoryLink}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let (device, _other_end) = MemoryLink::pair(MemoryConfig::default());
    /// let host = Host::builder().address([10, 0, 0, 1]).start(device)?;
    /// let text = host.prometheus();
    /// assert!(text.contains("# TYPE cordial_tcp_active_opens_total counter\ncordial_tcp_active_opens_total 0\n"));
    /// assert!(text.contains("\ncordial_syn_cache_limit 4096\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn prometheus(&self) -> String {
        let (counters, tables, established) = self.look(|engine| {
            let stack = &engine.stack;
            (*stack.counters(), stack.tables(), stack.established())
        });
        let mut text = String::new();
        counters.all().for_each(|counter| write_counter(&mut text, &counter));
        let help = "Connections in ESTABLISHED or CLOSE-WAIT (TcpCurrEstab).";
        write_metric(&mut text, "tcp_curr_estab", help, "gauge", established as u64);
        tables.iter().for_each(|table| write_table(&mut text, table));
        text
    }
}

fn write_counter(text: &mut String, counter: &Counter) {
    let name = format!("{}_total", counter.field);
    match counter.mib {
        Some(mib) => {
            let help = format!("{} ({mib}).", counter.help.trim_end_matches('.'));
            write_metric(text, &name, &help, "counter", counter.value);
        }
        None => write_metric(text, &name, counter.help, "counter", counter.value),
    }
}

fn write_table(text: &mut String, table: &Table) {
    write_metric(text, table.name, table.help, "gauge", table.used);
    let help = format!("The most of: {}", table.help);
    write_metric(text, &format!("{}_limit", table.name), &help, "gauge", table.limit);
}

/// One metric without labels. Help is one line; backslashes in it are doubled.
fn write_metric(text: &mut String, name: &str, help: &str, kind: &str, value: u64) {
    let help = help.replace('\\', "\\\\").replace('\n', " ");
    // A string takes everything.
    let _ =
        write!(text, "# HELP cordial_{name} {help}\n# TYPE cordial_{name} {kind}\ncordial_{name} {value}\n");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cordial_device::{MemoryConfig, MemoryLink};

    use super::*;
    use crate::{TcpListener, TcpStream};

    /// What the format asks for, line by line: help and type before the value, names of its letters, each once.
    fn check(text: &str) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        let lines: Vec<&str> = text.lines().collect();
        assert!(text.ends_with('\n') && lines.len().is_multiple_of(3));
        for metric in lines.chunks(3) {
            let (name, value) = metric[2].split_once(' ').expect("a name and a value");
            assert!(
                name.bytes()
                    .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_')
            );
            assert!(value.parse::<u64>().is_ok(), "{metric:?}");
            assert!(metric[0].starts_with(&format!("# HELP {name} ")), "{metric:?}");
            let kind = metric[1].strip_prefix(&format!("# TYPE {name} ")).expect("its type");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{metric:?}");
            assert!(names.insert(name), "{name} twice");
        }
        names
    }

    #[tokio::test]
    async fn what_a_host_counts_is_text_that_prometheus_reads() -> std::io::Result<()> {
        let (left, right) = MemoryLink::pair(MemoryConfig::default());
        let client = Host::builder().address([10, 0, 0, 1]).start(left)?;
        let server = Host::builder().address([10, 0, 0, 2]).start(right)?;
        let listener = TcpListener::bind(&server, ([10, 0, 0, 2], 80))?;
        let stream = TcpStream::connect(&client, ([10, 0, 0, 2], 80)).await?;
        let (accepted, _) = listener.accept().await?;
        let text = server.prometheus();
        let names = check(&text);
        assert!(names.len() > 60);
        for line in [
            "cordial_tcp_passive_opens_total 1",
            "cordial_tcp_curr_estab 1",
            "cordial_connections 1",
            "cordial_connections_limit 1048576",
            "cordial_accept_queue 0",
            "cordial_accept_queue_limit 1024",
        ] {
            assert!(text.lines().any(|its| its == line), "{line}: {text}");
        }
        // The name that the kernel gives the same count, for who compares the two.
        assert!(text.lines().any(|line| line.starts_with("# HELP cordial_tcp_passive_opens_total ")
            && line.ends_with(" (TcpPassiveOpens).")));
        drop((stream, accepted));
        Ok(())
    }
}
