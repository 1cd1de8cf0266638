//! A packet is expected of the stack.

use cordial_stack::Instant;
use cordial_wire::Flags;

use super::Run;
use super::inject::beyond_us;
use super::timing::{Due, Judgement};
use crate::host::{Host, Sent};
use crate::report::Stop;
use crate::script::{Body, Packet, TcpPacket};
use crate::{Said, compare, words};

impl Run {
    pub(super) fn expect(&mut self, packet: &Packet, due: &Due) -> Result<(), Stop> {
        if let Some(said) = beyond_us(packet) {
            return Err(Stop::skip(said));
        }
        let Body::Tcp(expected) = &packet.body else { return Err(Stop::skip(words::NO_ICMP_OUT)) };
        let awaited = self.flow_of_expected(packet);
        let Some(first) = self.next_sent(awaited, due.limit())? else {
            return Err(self.nothing_came(packet, due));
        };
        let at = awaited.unwrap_or_else(|| {
            let at = self.flow_between(first.local, first.remote);
            self.current = Some(at);
            at
        });
        let sent = self.collect(at, first, expected, due.limit())?;
        self.check(at, packet, expected, &sent, due)
    }

    /// The flow that an expected packet belongs to; none, and it is that of whatever comes first.
    fn flow_of_expected(&mut self, packet: &Packet) -> Option<usize> {
        let Some((local, remote)) = packet.ports else { return self.current };
        let local = std::net::SocketAddr::new(self.settings.local, local);
        let remote = std::net::SocketAddr::new(self.settings.remote, remote);
        Some(self.flow_between(local, remote))
    }

    /// The next packet of a flow, as soon as there is one; none if none was sent until `limit`.
    fn next_sent(&mut self, flow: Option<usize>, limit: Instant) -> Result<Option<Sent>, Stop> {
        for _ in 0..Host::most_steps() {
            if let Some(sent) = self.take_sent(flow) {
                return Ok(Some(sent));
            }
            if self.now() >= limit {
                return Ok(None);
            }
            self.step_towards(limit);
            self.settle()?;
        }
        Err(Stop::fail(words::RESTLESS))
    }

    fn take_sent(&mut self, flow: Option<usize>) -> Option<Sent> {
        let flow = flow.and_then(|at| self.flows.get(at)).cloned();
        let sent = &mut self.host().sent;
        let belongs =
            |sent: &Sent| sent.is_tcp && flow.as_ref().is_none_or(|flow| flow.has(sent.local, sent.remote));
        let at = sent.iter().position(belongs)?;
        sent.remove(at)
    }

    /// Data that is expected in one piece may come in several, one right behind the other and with equal headers; what
    /// says that it ends comes from the last.
    fn collect(
        &mut self,
        flow: usize,
        mut sent: Sent,
        expected: &TcpPacket,
        limit: Instant,
    ) -> Result<Sent, Stop> {
        let can_be_first = |sent: &Sent| {
            let ends = sent.header.flags.contains(Flags::FIN) || sent.header.flags.contains(Flags::RST);
            sent.len > 0 && !ends
        };
        while sent.len < expected.len && can_be_first(&sent) {
            let follows = |next: &Sent| {
                let ends = Flags::PSH | Flags::FIN | Flags::CWR;
                next.len > 0
                    && next.header.seq == sent.header.seq + sent.len
                    && next.header.flags.without(ends) == sent.header.flags.without(ends)
                    && next.header.ack_number == sent.header.ack_number
            };
            let Some(next) = self.next_sent(Some(flow), limit)? else { return Ok(sent) };
            if !follows(&next) {
                // It is the next event's, or what the failure shows.
                self.host().sent.push_front(next);
                return Ok(sent);
            }
            sent.len += next.len;
            sent.is_zero &= next.is_zero;
            sent.header.flags = next.header.flags;
            sent.header.window = next.header.window;
        }
        Ok(sent)
    }

    fn check(
        &mut self,
        at: usize,
        packet: &Packet,
        expected: &TcpPacket,
        sent: &Sent,
        due: &Due,
    ) -> Result<(), Stop> {
        let (rules, tick) = (self.rules, self.settings.tick);
        let Some(flow) = self.flows.get_mut(at) else { return Ok(()) };
        self.cookies.learn(expected, &sent.header);
        let expected = &self.cookies.on_wire(expected);
        flow.learn(expected, &sent.header);
        let mut differences = compare::differences(expected, &packet.ip, sent, flow, rules);
        let late_stamp =
            tick.and_then(|tick| compare::stamp_difference(expected, sent, flow, tick, due.tolerance));
        differences.extend(late_stamp);
        flow.stamped(expected, &sent.header);
        let wanted = || Said::new(words::WRONG_PACKET).with("expected", compare::expected_word(packet));
        let got = compare::written(sent, flow);
        if !differences.is_empty() {
            return Err(Stop::fail(wanted().with("got", got).with_several("differences", differences)));
        }
        let (phrase, by) = match due.judge(sent.at) {
            Judgement::InTime => return Ok(()),
            Judgement::Early(by) => (words::TOO_EARLY, by),
            Judgement::Late(by) => (words::TOO_LATE, by),
        };
        let said = Said::new(phrase).with("got", got).with("by", millis(by));
        Err(Stop::fail(said.with("allowed", millis(due.tolerance))))
    }

    fn nothing_came(&mut self, packet: &Packet, due: &Due) -> Stop {
        let expected = compare::expected_word(packet);
        // What else was sent shows where it went.
        let others = self.unexpected();
        let waited = millis(due.limit().since(due.earliest));
        let said = Said::new(words::NO_PACKET).with("expected", expected).with("waited", waited);
        match others.first() {
            None => Stop::fail(said),
            Some(other) => {
                Stop::fail(Said::new(words::ANOTHER_FLOW).with_said("nothing", said).with("got", other))
            }
        }
    }
}

/// In milliseconds, with as many decimals as say something.
fn millis(span: std::time::Duration) -> String {
    let text = format!("{:.3}", span.as_secs_f64() * 1000.0);
    format!("{} ms", text.trim_end_matches('0').trim_end_matches('.'))
}
