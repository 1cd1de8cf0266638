//! What a step broke, and what it showed.

use cordial_stack::{CloseCause, Phase};

use super::{Before, SIDES, World};
use crate::eye::{Kind, Note};
use crate::host::{Host, Opened};
use crate::message::Message;
use crate::property::{Property, Sometimes};

impl World {
    /// Nothing is about to arrive, and time is about to pass: whoever answered has been heard.
    pub(super) fn judge_half_open(&mut self) {
        let is_half_open = self.server().is_half_open();
        self.happens_if(is_half_open, Sometimes::HalfOpen);
        self.step.broken.add_if(self.heard_syn_ack && is_half_open, Property::P12);
    }

    pub(super) fn judge(&mut self, before: &[Before; 2], arrived: Option<&Message>) {
        let mut broken = self.step.broken;
        for side in SIDES {
            let (host, peer, was) = (self.host(side), self.host(side.other()), &before[side as usize]);
            let is_ghost = |irs: Option<cordial_wire::SeqNum>| irs.is_some_and(|irs| !peer.has_asked(irs.0));
            let mut opens = self.notes(side).iter().filter(|note| note.opens());
            broken.add_if(opens.any(|note| is_ghost(note.after.irs)), Property::P1);
            broken.add_if(self.is_cut_short(side, was), Property::P4);
            broken.add_if(self.notes(side).iter().any(Note::ends_badly), Property::P5);
            let failed = host.app.failed.filter(|_| was.failed.is_none());
            let gave_up = matches!(
                failed,
                Some(CloseCause::Unanswered | CloseCause::TimedOut | CloseCause::KeepaliveTimeout)
            );
            // A SYN came once more, and nobody knows what its answer is about: so waited who took what rode on it.
            broken.add_if(gave_up && !host.repeats(), Property::P6);
            broken.add_if(host.alive() > 1, Property::P7);
            let stays_out = matches!(failed, Some(CloseCause::Unanswered | CloseCause::Refused));
            broken.add_if(host.is_client() && stays_out && peer.is_listening(), Property::P9);
        }
        broken.add_if(self.disagree(), Property::P2);
        let is_over_limit = self.server().half_open_for(self.now) > self.half_open_limit;
        broken.add_if(is_over_limit, Property::P12);
        if let Some(message) = arrived {
            let (host, was) = (self.host(message.to), &before[message.to as usize]);
            let is_over = host.phase() <= Phase::Listen;
            broken.add_if(message.forged && was.phase > Phase::Listen && is_over, Property::P8);
            let moved = was.phase == Phase::Established && host.phase() != Phase::Established;
            broken.add_if(was.is_later_than(message) && moved, Property::P10);
        }
        self.step.broken = broken;
    }

    /// P2: an end has numbers that the other does not have: of two that have a connection from ESTABLISHED to LAST-ACK,
    /// or that had one in the same attempt, even if not at once.
    fn disagree(&self) -> bool {
        let [client, server] = &self.hosts;
        let now = client.synchronized().zip(server.synchronized());
        let of_attempt = client.opened().zip(server.opened()).filter(|(c, s)| c.era == s.era);
        let differ = |(c, s): (Opened, Opened)| (c.iss, c.irs) != (s.irs, s.iss);
        now.is_some_and(differ) || of_attempt.is_some_and(differ)
    }

    /// P4: the end of the stream came before its octets, or the connection is over, and what was written on it neither
    /// arrived nor can, and neither end was told of an error in this attempt.
    fn is_cut_short(&self, side: cordial_trace::event::Side, was: &Before) -> bool {
        let (host, peer) = (self.host(side), self.host(side.other()));
        let Some(Opened { era, .. }) = host.held() else { return false };
        let of = |counts: &[u8]| counts.get(usize::from(era)).copied().unwrap_or_default();
        let ends_early = host.app.ended && !was.ended && of(&host.app.read) < of(&peer.app.written);
        let is_over = matches!(host.phase(), Phase::Closed | Phase::Listen | Phase::TimeWait);
        let is_told = host.app.was_told(era) || peer.app.was_told(era);
        let is_missing = of(&host.app.written) > of(&peer.app.read);
        let is_slow = self.setting.scenario.slow_reader == Some(side.other());
        let carries = |message: &Message| {
            message.to == side.other() && message.era == era && !message.segment().payload.is_empty()
        };
        let is_lost = is_over && !is_told && is_missing && !is_slow && !self.network.iter().any(carries);
        ends_early || is_lost
    }

    pub(super) fn happens_if(&mut self, happens: bool, what: Sometimes) {
        if happens {
            self.step.happened |= what.bit();
        }
    }

    /// Notes what has to happen sometimes.
    pub(super) fn look(&mut self, before: &[Before; 2], arrived: Option<&Message>) {
        let phases = SIDES.map(|side| self.host(side).phase());
        self.look_at_attempts(phases == [Phase::Established; 2]);
        self.happens_if(phases.contains(&Phase::TimeWait), Sometimes::TimeWait);
        for side in SIDES {
            let host = self.host(side);
            let again = self.notes(side).iter().any(|note| note.kind == Kind::Sent { again: true });
            let fin_again =
                again && matches!(host.phase(), Phase::FinWait1 | Phase::Closing | Phase::LastAck);
            let refused = self.notes(side).iter().any(|note| note.kind == Kind::Refused);
            let vars = *host.vars();
            let read_early = host.is_early() && host.app.position > 0;
            let read_again = read_early && host.repeats();
            let closed = vars.phase >= Phase::Established && vars.snd_wnd == 0 && vars.queued > 0;
            self.happens_if(again, Sometimes::SentAgain);
            self.happens_if(read_early, Sometimes::ReadEarly);
            self.happens_if(read_again, Sometimes::ReadAgain);
            self.happens_if(fin_again, Sometimes::FinAgain);
            self.happens_if(refused, Sometimes::Refused);
            self.happens_if(closed, Sometimes::WindowClosed);
        }
        let over = !self.hosts.iter().any(|host| host.has_plans());
        let rests = phases.iter().all(|phase| *phase <= Phase::Listen);
        self.happens_if(over && rests && self.era > 0, Sometimes::BothClosed);
        if let Some(message) = arrived {
            let was = &before[message.to as usize];
            let at_open = was.phase == Phase::Established && was.is_later_than(message);
            self.happens_if(message.forged, Sometimes::Forged);
            self.happens_if(message.era < self.era && !message.forged, Sometimes::OldSegment);
            self.happens_if(at_open, Sometimes::OldSegmentAtEstablished);
        }
    }

    /// Which attempt both ends opened, whether they are ESTABLISHED in it at once, and whether they opened one before.
    fn look_at_attempts(&mut self, are_open: bool) {
        let [client, server] = SIDES.map(|side| self.host(side).opened().map(|opened| opened.era));
        let Some(era) = client.filter(|_| client == server) else { return };
        let earlier = self.open_eras & ((1 << era) - 1);
        self.open_eras |= 1 << era;
        self.happens_if(are_open, Sometimes::BothEstablished);
        self.happens_if(are_open && era > 1, Sometimes::SecondAttempt);
        self.happens_if(are_open && earlier != 0, Sometimes::SecondConnection);
    }

    fn server(&self) -> &Host {
        self.host(cordial_trace::event::Side::Server)
    }
}

impl Before {
    /// The connection that the end had opened belongs to a later attempt than the message.
    fn is_later_than(&self, message: &Message) -> bool {
        !message.forged && self.opened.is_some_and(|opened| message.era < opened.era)
    }
}
