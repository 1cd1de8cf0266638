//! Opening and closing between two stacks.

mod common;

use common::{Lab, ms, secs};
use cordial_stack::{CloseCause, Event, Half, Phase, ReadError};

#[test]
fn a_connection_opens_carries_octets_and_closes() {
    for mut lab in [Lab::new(), Lab::v6()] {
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        assert!(lab.a.events.contains(&Event::Opened(client)));
        assert!(lab.b.events.contains(&Event::Acceptable(listener)));
        assert_eq!(lab.transfer(client, server, b"hello"), b"hello");
        lab.run_for(ms(100));
        lab.a.shutdown(lab.now, client, Half::Write);
        lab.run_for(ms(100));
        assert_eq!(lab.b.read(lab.now, server, &mut Vec::new()), Some(ReadError::End));
        lab.b.stack.release(lab.now, server);
        lab.run();
        lab.assert_ladder(
            "SYN_SENT    --> SYN seq=0             --> SYN_RCVD
             ESTABLISHED <-- SYN+ACK seq=0 ack=1   <-- SYN_RCVD
             ESTABLISHED --> ACK seq=1 ack=1       --> ESTABLISHED
             ESTABLISHED --> DATA seq=1..6 ack=1   --> ESTABLISHED
             ESTABLISHED <-- ACK seq=1 ack=6       <-- ESTABLISHED
             FIN_WAIT_1  --> FIN+ACK seq=6 ack=1   --> CLOSE_WAIT
             FIN_WAIT_2  <-- ACK seq=1 ack=7       <-- CLOSE_WAIT
             TIME_WAIT   <-- FIN+ACK seq=1 ack=7   <-- LAST_ACK
             TIME_WAIT   --> ACK seq=7 ack=2       --> CLOSED",
        );
        assert_eq!(lab.a.ended(client), Some(CloseCause::Graceful));
        assert_eq!(lab.a.stack.info(client).map(|info| info.phase), Some(Phase::TimeWait));
        assert_eq!((lab.a.stack.time_wait(), lab.b.stack.time_wait()), (1, 0));
        assert_eq!(lab.b.stack.connections(), 0, "released and over");
        lab.run_out(secs(61));
        assert_eq!(lab.a.stack.time_wait(), 0);
        assert_eq!(lab.a.stack.info(client).map(|info| info.phase), Some(Phase::Closed));
        assert_eq!(lab.a.read(lab.now, client, &mut Vec::new()), Some(ReadError::End));
        lab.a.stack.release(lab.now, client);
        assert_eq!(lab.a.stack.connections(), 0);
        assert_eq!(lab.a.stack.info(client), None);
        for host in [&lab.a, &lab.b] {
            assert_eq!(host.stack.counters().tcp_in_errs, 0, "every checksum was right");
        }
    }
}
