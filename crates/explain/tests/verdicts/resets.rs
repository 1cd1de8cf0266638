//! Resets, and what is behind them.

use cordial_explain::Level;

use super::wire::{Capture, goodbye, opened, says};

const ASK: &str = "30 > ACK 1..101 ack 1\n50 < ACK 1..201 ack 101\n50.1 > ACK 101 ack 201\n";

fn ask(lines: &str) -> Vec<&'static str> {
    says(&opened(&format!("{ASK}{lines}")))
}

#[test]
fn c15_data_for_one_who_has_left() {
    assert_eq!(
        ask(
            "100 < FIN+ACK 201 ack 101\n100.1 > ACK 101 ack 202\n300 > ACK 101..201 ack 202\n320 < RST 202\n"
        ),
        ["C15"]
    );
}

#[test]
fn c16_hung_up_with_nothing_in_doubt() {
    assert_eq!(ask("300 > RST+ACK 101 ack 201\n"), ["C16"]);
}

#[test]
fn c17_what_is_thrown_away_makes_room() {
    let unread =
        "60 < ACK 201..1601 ack 101\n60.1 > ACK 101 ack 1601 win 400\n300 > RST+ACK 101 ack 1601 win 512\n";
    assert_eq!(ask(unread), ["C17"]);
    let read =
        "60 < ACK 201..1601 ack 101\n60.1 > ACK 101 ack 1601 win 500\n300 > RST+ACK 101 ack 1601 win 512\n";
    assert_eq!(ask(read), ["C16"]);
}

#[test]
fn c18_after_a_goodbye_and_everything_delivered() {
    let lines = "100 < FIN+ACK 201 ack 101\n100.1 > ACK 101 ack 202\n300 > RST+ACK 101 ack 202\n";
    assert_eq!(ask(lines), ["C18"]);
    assert!(Capture::of(&opened(&format!("{ASK}{lines}"))).story().level() < Level::Warn, "it is no fault");
}

#[test]
fn r01_octets_in_doubt() {
    assert_eq!(ask("300 < ACK 201..1201 ack 101\n301 < RST+ACK 1201 ack 101\n"), ["R01"]);
}

#[test]
fn r02_a_machine_that_knows_nothing_any_more() {
    assert_eq!(ask("300 > ACK 101..201 ack 201\n320 < RST 201\n"), ["R02"]);
    let late =
        Capture::of(&opened(&format!("{ASK}300000 > ACK 101..201 ack 201\n300020 < RST 201\n"))).story();
    assert!(
        late.verdicts[0]
            .text(cordial_trace::Lang::En)
            .ends_with("it restarted, or the path forgot it. The answer was RST.")
    );
    // To "are you there?" as well.
    assert_eq!(ask("1300 > ACK 100 ack 201\n1320 < RST 201\n"), ["R02"]);
}

#[test]
fn r04_a_reset_that_nobody_believed() {
    let goes_on = |reset: &str| {
        let rest = "110 > ACK 101 ack 201\n200 > ACK 101..201 ack 201\n220 < ACK 201..301 ack 201\n220.1 > ACK 201 ack 301\n";
        ask(&format!("100 < RST {reset}\n{rest}{}", goodbye(400, 200, 300)))
    };
    assert_eq!(goes_on("2201"), ["S01", "R04"], "in the window, but not the next");
    assert_eq!(goes_on("90000201"), ["S01", "R04"], "far outside");
}

#[test]
fn a_reset_ends_it_even_if_it_overtook_data() {
    assert_eq!(ask("300 > RST+ACK 101 ack 201\n300.1 < ACK 201..301 ack 101\n300.2 > RST 101\n")[0], "C16");
}
