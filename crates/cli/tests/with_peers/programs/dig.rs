//! dig: questions over UDP and TCP, to the name server at either of its addresses.

use super::super::harness::Scratch;
use super::way::Way;

#[test]
fn dig_asks_over_udp_and_tcp() {
    let scratch = Scratch::new();
    for way in Way::ALL {
        let server = if way.six { "fd77::1" } else { "10.77.0.1" };
        for transport in ["+notcp", "+tcp"] {
            let dig = format!("dig +tries=2 +time=9 {transport} @{server} +short");
            let script = format!("{dig} host.cordial A; {dig} host.cordial AAAA; {dig} -x fd77::80");
            let ended = way.run(&scratch, &script);
            assert_eq!(ended.stdout, "10.77.0.254\nfd77::fe\nhello.cordial.\n", "{way} {transport}: {ended}");
        }
    }
}
