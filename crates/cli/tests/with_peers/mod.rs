//! Tests that need other programs; see `harness` for what they share.

mod harness;
mod servers;
mod terminal;

mod bad_input;
mod capture;
mod exit_codes;
mod greeting;
mod half_close;
mod no_tun;
mod publish;
mod relay;
mod job_control;
mod transfers;
