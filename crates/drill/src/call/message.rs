//! What comes beside the octets of a message: `msg_control` and `msg_flags`.

use cordial_stack::ConnId;

use super::{arg, bad_argument};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::{Said, words};

/// The only ancillary data there is: how many octets wait to be read, where TCP_INQ asks for it.
const KIND: &str = "SOL_TCP/TCP_CM_INQ";

impl Run {
    /// Compares what comes with a message that was received.
    pub(super) fn check_control(&mut self, call: &Call, fd: i64, id: ConnId) -> Result<(), Stop> {
        refuse_flags(call)?;
        let Some(Value::List(expected)) = field(call, "msg_control") else { return Ok(()) };
        let wanted = expected.iter().map(kind_and_data).collect::<Option<Vec<_>>>();
        let wanted = wanted.ok_or_else(|| bad_argument(call, 1))?;
        if let Some((other, _)) = wanted.iter().find(|(kind, _)| kind != KIND) {
            return Err(Stop::skip(Said::new(words::NO_ANCILLARY).with("name", other)));
        }
        let asked = self.sockets.get(&fd).is_some_and(|socket| socket.asked.tells_unread);
        let got = asked.then(|| self.left_to_read(id));
        let wanted = wanted.first().map(|(_, data)| *data);
        if got == wanted {
            return Ok(());
        }
        let word = |data: Option<i64>| data.map_or_else(|| "[]".to_owned(), |data| format!("{KIND} {data}"));
        let said = Said::new(words::WRONG_VALUE).with("name", "msg_control");
        Err(Stop::fail(said.with("got", word(got)).with("expected", word(wanted))))
    }

    /// Octets that wait; the end counts as one once nothing else does, so that who polls does not sleep on it.
    fn left_to_read(&mut self, id: ConnId) -> i64 {
        let info = self.host().stack.info(id);
        info.map_or(0, |info| match info.vars.unread {
            0 => i64::from(info.readable),
            unread => unread.into(),
        })
    }
}

/// Nothing can be sent beside the octets.
pub(super) fn refuse_control(call: &Call) -> Result<(), Stop> {
    refuse_flags(call)?;
    match field(call, "msg_control") {
        None | Some(Value::Any | Value::Number(0)) => Ok(()),
        Some(Value::List(list)) if list.is_empty() => Ok(()),
        Some(_) => Err(Stop::skip(Said::new(words::NO_ANCILLARY).with("name", "msg_control"))),
    }
}

/// No message comes with a flag: nothing is ever cut off, out of band, or an error's.
fn refuse_flags(call: &Call) -> Result<(), Stop> {
    match field(call, "msg_flags") {
        Some(Value::Names(names)) => Err(Stop::skip(Said::new(words::NO_FLAG).with("name", names.join("|")))),
        Some(Value::Number(flags)) if *flags != 0 => {
            Err(Stop::skip(Said::new(words::NO_FLAG).with("name", format!("msg_flags={flags}"))))
        }
        _ => Ok(()),
    }
}

fn field<'a>(call: &'a Call, name: &str) -> Option<&'a Value> {
    arg(call, 1)?.field(name)
}

/// `{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=9000}`; data that is no number counts as none of ours.
fn kind_and_data(entry: &Value) -> Option<(String, i64)> {
    let level = entry.field("cmsg_level").and_then(Value::name)?;
    let kind = entry.field("cmsg_type").and_then(Value::name)?;
    let data = entry.field("cmsg_data").and_then(Value::number).unwrap_or(-1);
    Some((format!("{level}/{kind}"), data))
}
