//! What happened, by the name of an event.

use cordial_stack::Call;
use cordial_tcp::{CloseCause, Half, Refusal, Rule};
use cordial_trace::event::{At, Fate, Group, LastSeen, Predecessor, Process, Return, What, readable};
use cordial_wire::SeqNum;
use serde_json::Value;

use super::fields::{group, list, number, phase, span, text};
use super::names::Names;
use super::numbers::Numbers;
use super::segment::segment;

/// Names of events that mean something here.
const KNOWN: [&str; 22] = [
    "tcp:connection_started",
    "tcp:segment_sent",
    "tcp:segment_received",
    "tcp:segment_dropped",
    "net:segment_lost",
    "net:segment_delayed",
    "net:segment_duplicated",
    "net:segment_reordered",
    "net:segment_corrupted",
    "net:segment_rewritten",
    "net:segment_forged",
    "tcp:timer_updated",
    "app:call",
    "app:return",
    "simulation:marker",
    "tcp:queue_updated",
    "net:icmp_sent",
    "net:icmp_received",
    "tcp:connection_closed",
    "app:process",
    "net:address_named",
    "loglevel:warning",
];

/// True if an event of this name can be told.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// What an event says; none if it is not known, or does not say it.
pub(super) fn what(
    name: &str,
    data: &Value,
    of: Group,
    numbers: &mut Numbers,
    names: &mut Names,
) -> Option<What> {
    let mut segment = |fate: Fate| Some(What::Segment { fate, segment: segment(data, of, numbers)? });
    Some(match name {
        "tcp:connection_started" => {
            let mut tuple = list(data, "tuple").filter_map(|address| address.as_str()?.parse().ok());
            let (client, server) = (tuple.next()?, tuple.next()?);
            What::Started { client, server, before: data.get("before").and_then(predecessor) }
        }
        "tcp:segment_sent" => segment(Fate::Sent)?,
        "tcp:segment_received" => segment(Fate::Received)?,
        "tcp:segment_dropped" => segment(Fate::Dropped(refusal(data)?))?,
        "net:segment_lost" => segment(Fate::Lost)?,
        "net:segment_delayed" => segment(Fate::Delayed(span(data, "delta")))?,
        "net:segment_duplicated" => segment(Fate::Duplicated)?,
        "net:segment_reordered" => segment(Fate::Reordered)?,
        "net:segment_corrupted" => segment(Fate::Corrupted)?,
        "net:segment_rewritten" => segment(Fate::Rewritten)?,
        "net:segment_forged" => segment(Fate::Forged)?,
        "tcp:timer_updated" => What::Timer,
        "app:call" => What::Call(call(data)?),
        "app:return" => What::Return(Return {
            call: names.of(text(data, "call")?),
            result: match number(data, "result") {
                Some(count) => Ok(count),
                None => Err(names.of(text(data, "errno")?)),
            },
        }),
        "simulation:marker" => What::Marker(names.of(text(data, "marker")?)),
        "tcp:queue_updated" => {
            let queue = |name: &str| {
                let pair = data.get("queues")?.get(name)?;
                let number = |place: usize| u32::try_from(pair.get(place)?.as_u64()?).ok();
                Some((number(0)?, number(1)?))
            };
            What::Queues { syn: queue("syn"), accept: queue("accept") }
        }
        "net:icmp_sent" | "net:icmp_received" => {
            What::Icmp { kind: number(data, "type")?, code: number(data, "code")? }
        }
        "tcp:connection_closed" => {
            numbers.forget(of);
            What::Closed { cause: text(data, "cause").and_then(close_cause) }
        }
        "app:process" => What::Process(Process::new(text(data, "process")?, number(data, "pid")?)),
        "net:address_named" => What::Named(readable(text(data, "host")?)),
        "loglevel:warning" => What::Warning(readable(text(data, "message").unwrap_or_default())),
        _ => return None,
    })
}

/// The short reason and the rule of an event, where they are ones that the engine has; of what befalls a segment on its
/// way, as somebody named it.
pub(super) fn reason(name: &str, data: &Value, at: At, names: &mut Names) -> (&'static str, &'static str) {
    if at == At::Network {
        let mut name = |key: &str| text(data, key).map_or("", |text| names.of(text));
        return (name("trigger"), name("rule"));
    }
    let rule = text(data, "rule")
        .and_then(|name| Rule::ALL.iter().map(|rule| rule.name()).find(|&known| known == name))
        .unwrap_or("");
    let trigger = match refusal(data).filter(|_| name == "tcp:segment_dropped") {
        Some(refusal) => refusal.name(),
        None => rule.rsplit(['/', ':']).next().unwrap_or(rule),
    };
    (trigger, rule)
}

/// Why a segment changed nothing. The record spells names with underscores.
fn refusal(data: &Value) -> Option<Refusal> {
    let spelled = text(data, "trigger")?.replace('_', "-");
    Refusal::ALL.iter().copied().find(|refusal| refusal.name() == spelled)
}

fn call(data: &Value) -> Option<Call> {
    let length = || number(data, "length");
    Some(match text(data, "call")? {
        "connect" => Call::Connect,
        "accept" => Call::Accept,
        "answer" => Call::Answer,
        "send" => Call::Write(length()?),
        "recv" => Call::Read(length()?),
        "shutdown" => Call::Shutdown(match text(data, "how")? {
            "read" => Half::Read,
            "write" => Half::Write,
            _ => Half::Both,
        }),
        "close" => Call::Release,
        "abort" => Call::Abort,
        _ => return None,
    })
}

fn close_cause(text: &str) -> Option<CloseCause> {
    Some(match text {
        "graceful" => CloseCause::Graceful,
        "refused" => CloseCause::Refused,
        "reset" => CloseCause::Reset,
        "unanswered" => CloseCause::Unanswered,
        "timed_out" => CloseCause::TimedOut,
        "keepalive_timeout" => CloseCause::KeepaliveTimeout,
        "orphan_timeout" => CloseCause::OrphanTimeout,
        "unread_data" => CloseCause::UnreadData,
        "aborted" => CloseCause::Aborted,
        "unreachable" => CloseCause::Unreachable,
        _ => return None,
    })
}

fn predecessor(value: &Value) -> Option<Predecessor> {
    let end = |key: &str| {
        let end = value.get(key)?;
        Some(LastSeen {
            state: text(end, "state").and_then(phase),
            next: number(end, "next").map(SeqNum),
            timestamp: number(end, "ts"),
        })
    };
    Some(Predecessor {
        group: text(value, "group_id").and_then(group)?,
        quiet: span(value, "quiet")?,
        client: end("client")?,
        server: end("server")?,
    })
}
