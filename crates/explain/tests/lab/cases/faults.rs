//! Captures that are at fault themselves, or that a card's help makes look so.

use cordial_trace::event::Side;

use super::super::bench::{World, ms};
use super::super::case::{Case, HEALTHY, Told};
use super::super::scenes::{talk, upload};
use super::super::tap::{Form, Near, Tap};
use super::super::veth;

/// Both hosts leave segmentation and checksums to their cards.
const OFFLOADING: World = World { offload: true, ..World::PLAIN };

/// The capture is odd, the connection is not.
const fn odd(fault: &'static [&'static str]) -> Told {
    Told::says(fault).under(&["C01"]).also(&["S01"])
}

pub const CASES: &[Case] = &[
    Case {
        name: "faulty",
        cause: "A healthy connection, captured badly in several ways.",
        taps: &[
            Tap::client(&[Told::says(&["X01"])
                .also(&["S01", "C14"])
                .never(&["H03", "H02", "D18", "C09", "D01"])])
            .named("one-way-up")
            .form(Form { only: Some(Side::Client), ..Form::PLAIN }),
            Tap::client(&[Told::says(&["X01"])
                .also(&["S01", "C14"])
                .never(&["H09", "H02", "D18", "C09", "X03"])])
            .named("one-way-down")
            .form(Form { only: Some(Side::Server), ..Form::PLAIN }),
            Tap::client(&[odd(&["X03"]).never(&["H01", "H03", "X01", "X02"])])
                .named("midway")
                .form(Form { skip: 4, ..Form::PLAIN }),
            Tap::client(&[odd(&["X04"]).never(&["D01", "D04", "D22", "C08", "H02", "H07"])])
                .named("twice")
                .form(Form { twice: true, ..Form::PLAIN }),
            Tap::client(&[odd(&["X07"]).never(&["H22", "D26"])])
                .named("cut")
                .form(Form { snap: 46, ..Form::PLAIN }),
            Tap::client(&[HEALTHY.never(&["X07"])]).named("headers").form(Form { snap: 72, ..Form::PLAIN }),
        ],
        scene: |taps| talk(World::PLAIN, taps, |_| ()),
    },
    Case {
        name: "faulty-transfer",
        cause: "60,000 octets up without a loss; the capture misses some of the packets, or begins late, or sees them twice.",
        taps: &[
            Tap::server(&[odd(&["X02"]).also(&["S01"]).never(&["D01", "D02", "D05", "D06", "D18"])])
                .named("missed")
                .form(Form { misses: 13, ..Form::HEADERS }),
            Tap::client(&[odd(&["X02"]).also(&["S01"]).never(&["D01", "D02", "D05", "D06", "D18"])])
                .named("missed-at-client")
                .form(Form { misses: 13, ..Form::HEADERS }),
            Tap::client(&[odd(&["X03"]).never(&["D01", "D02", "X02", "H22"])])
                .named("midway")
                .form(Form { skip: 12, ..Form::HEADERS }),
            Tap::client(&[odd(&["X04"]).never(&["D01", "D02", "D04", "D05", "D06"])])
                .named("twice")
                .form(Form { twice: true, ..Form::HEADERS }),
            Tap::server(&[Told::says(&["X01"]).also(&["S01", "C14"]).never(&["D01", "D02", "D18", "X02"])])
                .named("one-way-up")
                .form(Form { only: Some(Side::Client), ..Form::HEADERS }),
            Tap::server(&[Told::says(&["X01"]).also(&["S01", "C14"]).never(&["D01", "D02", "D06", "D18"])])
                .named("one-way-down")
                .form(Form { only: Some(Side::Server), ..Form::HEADERS }),
        ],
        scene: |taps| upload(World::far(ms(20)), taps, 60_000, |_| ()),
    },
    Case {
        name: "offload",
        cause: "300,000 octets up from a host that leaves segmentation and checksums to its card.",
        taps: &[Tap::new(Near::Client, &[odd(&["X05", "X06"]).never(&["D26", "D13"])])
            .form(Form { link: pcap_file::DataLink::ETHERNET, ..Form::HEADERS })],
        scene: |taps| upload(OFFLOADING, taps, 300_000, |_| ()),
    },
    Case {
        name: "offload-checksums",
        cause: "A small talk from hosts that leave checksums to their cards.",
        taps: &[Tap::new(Near::Client, &[odd(&["X06"]).never(&["D26", "X05"])])],
        scene: |taps| talk(OFFLOADING, taps, |_| ()),
    },
    Case {
        name: "jumbo",
        cause: "60,000 octets over a path with an MTU of 9,000: large packets that really were on the wire.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.never(&["X05", "X06"])]).form(Form::HEADERS)],
        scene: |taps| upload(World { mtu: 9000, ..World::PLAIN }, taps, 60_000, |_| ()),
    },
    Case {
        name: "self-connect",
        cause: "A program calls a port of its own machine on which nothing listens, and its own source port is the same one.",
        taps: &[Tap::inside(&[Told::says(&["H12"])
            .also(&["X06", "C14", "H11", "S01"])
            .never(&["H04", "X01", "X04", "H02"])])],
        scene: veth::self_connect,
    },
    Case {
        name: "loopback",
        cause: "A client and a server on one machine, over its loopback interface.",
        taps: &[Tap::inside(&[odd(&["X06"]).never(&["H12", "D26", "X04"])])],
        scene: veth::loopback,
    },
    Case {
        name: "router-any",
        cause: "A router's 'any' interface shows every packet as it comes and as it goes.",
        taps: &[Tap::inside(&[odd(&["X04"])
            .also(&["S01", "X06"])
            .never(&["D01", "D04", "C08", "H02", "H07"])])],
        scene: veth::router_any,
    },
    Case {
        name: "virtual-link",
        cause: "Two hosts on a virtual Ethernet link: no checksum is ever filled in, either way.",
        taps: &[Tap::inside(&[odd(&["X06"]).never(&["D26", "X04"])])],
        scene: veth::link,
    },
];
