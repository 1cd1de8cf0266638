//! The rules that can be switched off, one a file.

mod accept_any_rst;
mod accept_any_synack;
mod fin_takes_no_number;
mod fixed_isn;
mod four_way_handshake;
mod no_cookies;
mod no_delayed_ack;
mod no_fin_retransmit;
mod no_paws;
mod no_persist_timer;
mod no_simultaneous_open;
mod no_syn_retransmit;
mod no_time_wait;
mod no_window_check;
mod one_msl;
mod rst_ends_time_wait;
mod silent_on_bad_ack;
mod syn_resets_established;
mod two_way_close;
mod two_way_handshake;

use crate::rule::Rule;

/// Every rule, in the order in which a connection meets them.
pub const RULES: &[Rule] = &[
    two_way_handshake::RULE,
    accept_any_synack::RULE,
    four_way_handshake::RULE,
    silent_on_bad_ack::RULE,
    fixed_isn::RULE,
    no_simultaneous_open::RULE,
    no_syn_retransmit::RULE,
    no_cookies::RULE,
    syn_resets_established::RULE,
    accept_any_rst::RULE,
    no_window_check::RULE,
    no_paws::RULE,
    no_persist_timer::RULE,
    no_delayed_ack::RULE,
    fin_takes_no_number::RULE,
    no_fin_retransmit::RULE,
    two_way_close::RULE,
    no_time_wait::RULE,
    one_msl::RULE,
    rst_ends_time_wait::RULE,
];
