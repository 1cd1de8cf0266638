//! The record as lines of JSON: a header, then one object per event.
//!
//! The form follows qlog's main schema in spirit (`time`, `name`, `data`, `group_id`, `trigger`). Times are decimal
//! milliseconds, printed from integer nanoseconds.

mod object;
mod on_wire;

use std::io::{self, Write};

use cordial_stack::Call;
use cordial_tcp::{Half, Instant, Phase, Rule};
use cordial_wire::Options;

use crate::event::{
    At, Basis, Change, End, Ends, Event, Fate, Return, Segment, TimerChange, Value, VerdictNote, What,
};
use crate::measure::milliseconds;
use object::{List, Object};

/// What a record says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// What was recorded: the command, the scenario.
    pub title: String,
    /// Where the events come from.
    pub source: Source,
    /// The seed of the run, where chance was drawn.
    pub seed: Option<u64>,
}

/// Where a record's events come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Real traffic, as it happened.
    Live,
    /// A simulated network and clock.
    Simulation,
    /// A capture file.
    Capture,
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Simulation => "simulation",
            Self::Capture => "pcap",
        }
    }
}

/// Writes events as JSON lines.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    line: String,
}

const SCHEMA: &str = "https://cordial.example/112026/";

impl<W: Write> JsonLines<W> {
    /// Writes the header line.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut lines = Self { out, line: String::new() };
        let mut object = Object::open(&mut lines.line);
        object.text("file_schema", &format!("{SCHEMA}tcp-stream"));
        object.text("serialization_format", "application/x-ndjson");
        object.text("title", &header.title);
        object.object("trace", |trace| trace_header(trace, header));
        object.close();
        lines.end_line()?;
        Ok(lines)
    }

    /// Writes one event.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        write_event(&mut self.line, event);
        self.end_line()
    }

    /// Writes a line that is no event of a connection: figures, say. `data` is JSON already.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn note(&mut self, time: Instant, name: &str, data: &str) -> io::Result<()> {
        let mut object = Object::open(&mut self.line);
        object.raw("time", &milliseconds(time.as_nanos()));
        object.text("name", name);
        object.raw("data", data);
        object.close();
        self.end_line()
    }

    /// Hands what was written to the writer's sink.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push('\n');
        let result = self.out.write_all(self.line.as_bytes());
        self.line.clear();
        result
    }
}

fn trace_header(trace: &mut Object<'_>, header: &Header) {
    trace.list("event_schemas", |schemas| {
        for name in ["tcp", "net", "app", "explain"] {
            schemas.text(&format!("{SCHEMA}{name}"));
        }
    });
    trace.object("common_fields", |common| {
        common.text("time_format", "relative_to_epoch");
        common.object("reference_time", |time| {
            time.text("clock_type", "monotonic");
            time.text("epoch", "unknown");
        });
    });
    trace.text("source", header.source.name());
    if let Some(seed) = header.seed {
        trace.number("seed", seed);
    }
}

fn write_event(line: &mut String, event: &Event) {
    let mut object = Object::open(line);
    object.number("id", event.id);
    object.raw("time", &milliseconds(event.time.as_nanos()));
    object.text("name", name(event));
    object.text("group_id", &event.group.to_string());
    if !matches!(event.what, What::Verdict(_) | What::Warning(_)) {
        // Each connection has one, spelled out where it starts.
        object.text("tuple", &format!("t{}", event.group.0));
    }
    object.text("at", at(event.at));
    object.list("cause", |causes| event.cause.iter().for_each(|&id| causes.number(id)));
    if let Some(ends) = &event.ends {
        object.object("ends", |object| write_ends(object, ends));
    }
    object.object("data", |data| write_data(data, event));
    object.close();
}

fn name(event: &Event) -> &'static str {
    match &event.what {
        What::Started { .. } => "tcp:connection_started",
        What::Segment { fate: Fate::Sent, .. } => "tcp:segment_sent",
        What::Segment { fate: Fate::Received, .. } => "tcp:segment_received",
        What::Segment { fate: Fate::Dropped(_), .. } => "tcp:segment_dropped",
        What::Segment { fate: Fate::Lost, .. } => "net:segment_lost",
        What::Segment { fate: Fate::Delayed(_), .. } => "net:segment_delayed",
        What::Segment { fate: Fate::Duplicated, .. } => "net:segment_duplicated",
        What::Segment { fate: Fate::Reordered, .. } => "net:segment_reordered",
        What::Segment { fate: Fate::Corrupted, .. } => "net:segment_corrupted",
        What::Segment { fate: Fate::Rewritten, .. } => "net:segment_rewritten",
        What::Segment { fate: Fate::Forged, .. } => "net:segment_forged",
        What::Timer => "tcp:timer_updated",
        What::Call(_) => "app:call",
        What::Return(_) => "app:return",
        What::Marker(_) => "simulation:marker",
        What::Queues { .. } => "tcp:queue_updated",
        What::Icmp { .. } if event.rule == Rule::ListenerRefused.name() => "net:icmp_sent",
        What::Icmp { .. } => "net:icmp_received",
        What::Closed { .. } => "tcp:connection_closed",
        What::Process(_) => "app:process",
        What::Named(_) => "net:address_named",
        What::Verdict(_) => "explain:verdict",
        What::Warning(_) => "loglevel:warning",
    }
}

const fn at(at: At) -> &'static str {
    match at {
        At::End(side) => side.name(),
        At::Network => "network",
        At::Observer => "observer",
    }
}

fn write_ends(object: &mut Object<'_>, ends: &Ends) {
    for (name, end) in [("client", ends.client), ("server", ends.server)] {
        object.list(name, |states| write_end(states, end));
    }
}

fn write_end(states: &mut List<'_>, end: End) {
    let known = |state: Option<Phase>| state.map_or("?", Phase::name);
    states.text(known(end.before));
    states.text(known(end.after));
    if end.basis == Basis::Inferred {
        states.text("inferred");
    }
}

fn write_data(data: &mut Object<'_>, event: &Event) {
    match &event.what {
        What::Started { client, server, before } => {
            data.list("tuple", |tuple| {
                tuple.text(&client.to_string());
                tuple.text(&server.to_string());
            });
            if let Some(before) = before {
                data.object("before", |object| on_wire::write_predecessor(object, before));
            }
        }
        What::Segment { fate, segment } => {
            write_segment(data, segment);
            if let Fate::Delayed(Some(by)) = fate {
                data.raw("delta", &span_milliseconds(*by));
            }
        }
        What::Call(call) => write_call(data, *call),
        What::Return(returned) => write_return(data, returned),
        What::Marker(marker) => data.text("marker", marker),
        What::Queues { syn, accept } => data.object("queues", |queues| {
            for (name, queue) in [("syn", syn), ("accept", accept)] {
                if let Some((used, max)) = *queue {
                    queues.list(name, |pair| [used, max].into_iter().for_each(|n| pair.number(n.into())));
                }
            }
        }),
        What::Icmp { kind, code } => {
            data.number("type", (*kind).into());
            data.number("code", (*code).into());
        }
        What::Closed { cause } => {
            data.text("cause", &cause.map_or("still_open".into(), |cause| snake(&format!("{cause:?}"))));
        }
        What::Process(process) => {
            data.text("process", process.name());
            data.number("pid", process.pid().into());
        }
        What::Named(name) => data.text("host", name),
        What::Verdict(note) => write_verdict(data, note),
        What::Warning(text) => data.text("message", text),
        What::Timer => {}
    }
    if !event.timers.is_empty() {
        data.list("timers", |list| event.timers.iter().for_each(|change| write_timer(list, change)));
    }
    if !event.vars.is_empty() {
        data.object("vars", |vars| {
            for &(name, value) in &event.vars {
                match value {
                    Value::Count(count) => vars.number(name, count),
                    Value::Span(span) => vars.raw(name, &span_milliseconds(span)),
                }
            }
        });
    }
    if !event.trigger.is_empty() {
        match event.at {
            // A fault is named as somebody wrote it.
            At::Network => data.text("trigger", event.trigger),
            At::End(_) | At::Observer => data.text("trigger", &event.trigger.replace('-', "_")),
        }
    }
    if !event.rule.is_empty() {
        data.text("rule", event.rule);
    }
}

fn write_segment(data: &mut Object<'_>, segment: &Segment) {
    data.text("segment_id", &segment.id.to_string());
    if let Some(original) = segment.copy_of {
        data.text("copy_of", &original.to_string());
    } else if segment.again {
        // Its original is no longer known.
        data.raw("again", "true");
    }
    data.object("header", |header| {
        header.list("flags", |flags| {
            segment.flags.names().for_each(|flag| flags.text(&flag.to_ascii_lowercase()));
        });
        header.number("seq", segment.seq.0.into());
        if let Some(ack) = segment.ack {
            header.number("ack", ack.0.into());
        }
        header.list("rel", |rel| {
            rel.number(segment.rel.0);
            segment.rel.1.into_iter().for_each(|ack| rel.number(ack));
        });
        header.number("win", segment.window.into());
        header.list("options", |options| write_options(options, &segment.options));
        if let Some(wire) = &segment.on_wire {
            header.object("ip", |ip| on_wire::write_ip(ip, wire));
        }
    });
    if let Some(wire) = &segment.on_wire {
        data.object("capture", |capture| on_wire::write_capture(capture, wire));
    }
    data.object("raw", |raw| {
        let header =
            u64::from(cordial_wire::Segment::MIN_HEADER_LEN as u32) + segment.options.emitted_len() as u64;
        raw.number("length", header + u64::from(segment.payload_len));
        raw.number("payload_length", segment.payload_len.into());
    });
}

fn write_options(list: &mut List<'_>, options: &Options) {
    if let Some(mss) = options.mss {
        list.object(|option| option.number("mss", mss.into()));
    }
    if let Some(shift) = options.window_scale {
        list.object(|option| option.number("ws", shift.into()));
    }
    if options.sack_permitted {
        list.text("sack_permitted");
    }
    if let Some(ts) = options.timestamps {
        list.object(|option| {
            option.list("ts", |pair| [ts.value, ts.echo].into_iter().for_each(|n| pair.number(n.into())));
        });
    }
    if let Some(fast_open) = options.fast_open {
        list.object(|option| option.text("fo", &format!("{fast_open:?}")));
    }
    if !options.sack.is_empty() {
        list.object(|option| {
            option.list("sack", |blocks| {
                for (start, end) in options.sack.as_slice() {
                    blocks.list(|pair| [start.0, end.0].into_iter().for_each(|n| pair.number(n.into())));
                }
            });
        });
    }
    if options.malformed {
        list.text("malformed");
    }
}

fn write_call(data: &mut Object<'_>, call: Call) {
    let (name, length) = match call {
        Call::Connect => ("connect", None),
        Call::Accept => ("accept", None),
        Call::Answer => ("answer", None),
        Call::Write(length) => ("send", Some(length)),
        Call::Read(length) => ("recv", Some(length)),
        Call::Shutdown(_) => ("shutdown", None),
        Call::Release => ("close", None),
        Call::Abort => ("abort", None),
    };
    data.text("call", name);
    if let Some(length) = length {
        data.number("length", length.into());
    }
    if let Call::Shutdown(half) = call {
        let how = match half {
            Half::Read => "read",
            Half::Write => "write",
            Half::Both => "both",
        };
        data.text("how", how);
    }
}

fn write_return(data: &mut Object<'_>, returned: &Return) {
    data.text("call", returned.call);
    match &returned.result {
        Ok(count) => data.number("result", *count),
        Err(error) => data.text("errno", error),
    }
}

fn write_timer(list: &mut List<'_>, change: &TimerChange) {
    list.object(|timer| {
        timer.text("timer_type", change.timer.name());
        let (kind, delta) = match change.change {
            Change::Set(span) | Change::Restarted(span) => ("set", Some(span)),
            Change::Expired => ("expired", None),
            Change::Cancelled => ("cancelled", None),
        };
        timer.text("event_type", kind);
        if let Some(span) = delta {
            timer.raw("delta", &span_milliseconds(span));
        }
        if let Change::Restarted(_) = change.change {
            // It ran already, and would have come due earlier.
            timer.raw("restarted", "true");
        }
    });
}

fn write_verdict(data: &mut Object<'_>, note: &VerdictNote) {
    data.text("verdict", note.verdict);
    data.text("level", note.level);
    data.text("certainty", note.certainty);
    data.list("absorbs", |list| note.absorbs.iter().for_each(|id| list.text(id)));
    data.object("params", |params| note.params.iter().for_each(|(name, value)| params.text(name, value)));
    data.list("evidence", |list| note.evidence.iter().for_each(|id| list.text(&id.to_string())));
    data.object("cost", |cost| cost.raw("ms", &span_milliseconds(note.cost)));
    data.text("rule", note.rule);
}

fn span_milliseconds(span: std::time::Duration) -> String {
    milliseconds(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}

/// `UnreadData` to `unread_data`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
