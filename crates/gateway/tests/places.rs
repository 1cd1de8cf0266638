//! Where addresses lead on a host that has several of them, in a network namespace made for that.
//!
//! Takes root or user namespaces, and `ip` (iproute2) and `unshare` (util-linux).

mod common;

use std::process::Command;

use common::{again, assert_passed, is_inside};
use cordial_gateway::{Network, Place, Places};

#[test]
fn without_the_host_no_address_of_its_own_leads_anywhere() {
    if !is_inside() {
        let name = "without_the_host_no_address_of_its_own_leads_anywhere";
        return assert_passed(&again(&["unshare", "-rn"], &["--exact", name]));
    }
    let set_up = "ip link set lo up
        ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up
        ip addr add 192.168.55.5/24 dev d0 && ip addr add 192.168.55.6/24 dev d0
        ip -6 addr add 2001:db8:5::5/64 dev d0 nodad && ip -6 addr add 2001:db8:5::6/64 dev d0 nodad
        ip route add local 10.9.0.0/16 dev lo && ip route add default via 192.168.55.1
        ip -6 route add default via 2001:db8:5::1";
    assert!(Command::new("sh").args(["-ec", set_up]).status().expect("sh is there").success());
    let open = Places::of(&Network::default());
    let closed = open.clone().without_host();
    let own =
        ["192.168.55.5", "192.168.55.6", "192.168.55.255", "10.9.3.4", "2001:db8:5::5", "2001:db8:5::6"];
    for own in own.into_iter().chain(["::ffff:192.168.55.6"]) {
        let at = (own.parse::<std::net::IpAddr>().expect("an address"), 80).into();
        assert_eq!((closed.find(at), open.find(at)), (Place::Nobody, Place::Host(at)), "{own}");
    }
    for other in ["192.168.55.7", "192.0.2.1", "2001:db8:5::7", "2001:db8:9::1"] {
        let at = (other.parse::<std::net::IpAddr>().expect("an address"), 80).into();
        assert_eq!(closed.find(at), Place::Host(at), "{other}");
    }
}
