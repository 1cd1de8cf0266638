//! All of them.

mod agreement;
mod calling;
mod closing;
mod fast_open;
mod goodbye;
mod life;
mod opening;
mod queues;
mod resets;
mod third;
mod time_wait;

use cordial_sim::{SERVER, Task};

use crate::stage::{FROM, PORT, moment};

/// Takes one connection.
fn listener() -> Task {
    Task::new().listen(PORT, 4).accept(PORT)
}

/// Makes one.
fn caller() -> Task {
    Task::new().connect_from(FROM, (SERVER, PORT))
}

/// Does nothing before a moment.
fn quiet(millis: u64) -> Task {
    Task::new().at(moment(millis))
}

/// A test for each, and the list of all.
macro_rules! corners {
    ($($test:ident = $($place:ident)::+;)*) => {
        $(#[test]
        fn $test() {
            $($place)::+().hold();
        })*

        /// All corner cases, with the names of their tests.
        pub const ALL: &[(&str, fn() -> crate::corner::Corner)] = &[$((stringify!($test), $($place)::+)),*];
    };
}

corners! {
    corner_c01_simultaneous_open = opening::simultaneous_open;
    corner_c02_self_connect = calling::self_connect;
    corner_c03_syn_with_data = opening::syn_with_data;
    corner_c04_syn_with_fin = opening::syn_with_fin;
    corner_c05_nonsense_to_a_listener = opening::nonsense_to_a_listener;
    corner_c06_the_same_syn_again = opening::the_same_syn_again;
    corner_c07_another_syn_while_half_open = opening::another_syn_while_half_open;
    corner_c08_old_syn_before_the_new_one = opening::old_syn_before_the_new_one;
    corner_c09_old_syns_everywhere = resets::old_syns_everywhere;
    corner_c10_rebooted_peer_with_the_same_number = calling::rebooted_peer_with_the_same_number;
    corner_c11_bad_ack_in_syn_sent = calling::bad_ack_in_syn_sent;
    corner_c12_pure_ack_in_syn_sent = calling::pure_ack_in_syn_sent;
    corner_c13_syn_ack_again = third::syn_ack_again;
    corner_c14_syn_ack_to_nobody = opening::syn_ack_to_nobody;
    corner_c15_third_lost_and_the_caller_speaks = third::third_lost_and_the_caller_speaks;
    corner_c16_third_lost_and_the_called_speaks = third::third_lost_and_the_called_speaks;
    corner_c17_third_with_a_bad_number = third::third_with_a_bad_number;
    corner_c18_reset_in_syn_received = third::reset_in_syn_received;
    corner_c19_fin_with_the_third = third::fin_with_the_third;
    corner_c20_close_before_it_is_open = calling::close_before_it_is_open;
    corner_c21_nobody_answers = calling::nobody_answers;
    corner_c22_syn_queue_full = queues::syn_queue_full;
    corner_c23_accept_queue_full = queues::accept_queue_full;
    corner_c24_cookies = queues::cookies;
    corner_c25_listener_closed = queues::listener_closed;
    corner_c26_backlog_and_binding = queues::backlog_and_binding;
    corner_c27_one_sided_scale = agreement::one_sided_scale;
    corner_c28_timestamps_while_opening = agreement::timestamps_while_opening;
    corner_c29_fast_open = fast_open::fast_open;
    corner_c30_numbers_wrap = agreement::numbers_wrap;
    corner_c31_impossible_addresses = agreement::impossible_addresses;
    corner_c32_ports_run_out = queues::ports_run_out;
    corner_c33_resets_in_every_state = resets::resets_in_every_state;
    corner_c34_reset_with_a_closed_window = resets::reset_with_a_closed_window;
    corner_c35_reset_beyond_a_hole = resets::reset_beyond_a_hole;
    corner_c36_reset_around_a_fin = resets::reset_around_a_fin;
    corner_c37_throttled_challenges = resets::throttled_challenges;
    corner_c38_limited_resets = resets::limited_resets;
    corner_c39_ack_war = resets::ack_war;
    corner_c40_one_end_crashes = resets::one_end_crashes;
    corner_c41_abort_in_every_state = resets::abort_in_every_state;
    corner_c42_wild_acks = resets::wild_acks;
    corner_c43_ghost_ack = resets::ghost_ack;
    corner_c44_active_and_passive_close = closing::active_and_passive;
    corner_c45_simultaneous_close = closing::simultaneous_close;
    corner_c46_three_segments = closing::three_segments;
    corner_c47_fin_with_data = closing::fin_with_data;
    corner_c48_fin_out_of_order = closing::fin_out_of_order;
    corner_c49_data_after_the_fin = closing::data_after_the_fin;
    corner_c50_fin_again = time_wait::fin_again;
    corner_c51_last_ack_lost = closing::last_ack_lost;
    corner_c52_reset_in_last_ack = closing::reset_in_last_ack;
    corner_c53_new_syn_in_last_ack = closing::new_syn_in_last_ack;
    corner_c54_close_wait_for_ever = goodbye::close_wait_for_ever;
    corner_c55_orphan_in_fin_wait_2 = goodbye::orphan_in_fin_wait_2;
    corner_c56_orphan_against_a_closed_window = goodbye::orphan_against_a_closed_window;
    corner_c57_close_with_octets_queued = goodbye::close_with_octets_queued;
    corner_c58_fin_and_a_closed_window = goodbye::fin_and_a_closed_window;
    corner_c59_close_with_unread_octets = goodbye::close_with_unread_octets;
    corner_c60_data_after_close = goodbye::data_after_close;
    corner_c61_shutdown_of_reading = goodbye::shutdown_of_reading;
    corner_c62_shutdown_twice = goodbye::shutdown_twice;
    corner_c63_linger_over = goodbye::linger_over;
    corner_c64_bulk_after_a_half_close = closing::bulk_after_a_half_close;
    corner_c65_prompt_fin = closing::prompt_fin;
    corner_c66_fin_in_sequence_space = closing::fin_in_sequence_space;
    corner_c67_fin_on_a_narrow_road = closing::fin_on_a_narrow_road;
    corner_c68_how_long = time_wait::how_long;
    corner_c69_whatever_arrives = time_wait::whatever_arrives;
    corner_c70_reopened_by_a_syn = time_wait::reopened_by_a_syn;
    corner_c71_a_new_connection_in_time_wait = time_wait::a_new_connection_in_time_wait;
    corner_c72_old_segments_of_the_one_before = time_wait::old_segments_of_the_one_before;
    corner_c73_bounded_table = time_wait::bounded_table;
    corner_c74_listening_beside_time_wait = time_wait::listening_beside_time_wait;
    corner_c75_both_in_time_wait = time_wait::both_in_time_wait;
}
