//! Scenario files: a network, what each end does and when, what befalls which segment, and what is expected.
//!
//! ```text
//! file ──Scenario::parse──▶ Scenario ──run(seed)──▶ World ──▶ record ──▶ stories (what it means)
//!            │                                                    └─────▶ claims judged ──▶ Unmet
//!            └──▶ ScenarioError: line, column, what was expected there
//! ```
//!
//! ```
//! use cordial_scenario::Scenario;
//!
//! let scenario = Scenario::parse(
//!     "net     delay 10ms
//!      server  listen; accept; read; send 5; close @1300ms
//!      client  connect; send 5; close @1000ms
//!      drop    c6                        # the last ACK, named by sender and count
//!      expect  verdict C07; server CLOSED @1520ms; client CLOSED @61510ms",
//! )?;
//! let run = scenario.run(1)?;
//! assert!(run.is_as_expected(), "{:?}", run.complaints(cordial_trace::Lang::En));
//! # Ok::<(), cordial_scenario::ScenarioError>(())
//! ```
//!
//! # The language
//!
//! A line says one thing; its first word says what kind. A `#` begins a comment, `;` stands between things of one kind.
//! Times have units (`us`, `ms`, `s`, `min`, `h`), moments begin with `@` and count from the beginning of the run.
//!
//! | line | says |
//! | --- | --- |
//! | `title`, `question`, `look`, `keep`, each also with `.zh` | what it is about, in English and Chinese |
//! | `numbers absolute` | sequence numbers are shown as on the wire |
//! | `why RULE` | which rule of TCP would be missed: `cordial why RULE` |
//! | `net [c->s\|s->c] delay 10ms jitter 1ms rate 10mbit loss 1% dup 1% reorder 1% corrupt 1% mtu 1400 [silent] queue 64k` | the network between the two, one way or both; the delay is 10 ms unless said |
//! | `net ipv6` | the hosts are fd00::2 and fd00::1, not 10.0.0.2 and 10.0.0.1 |
//! | `nat idle=300s [reset]` | a NAT that forgets, and then is silent or resets |
//! | `client set NAME=VALUE …`, `server set …` | settings of an end: `msl delayed_ack timestamps sack window_scaling nodelay keepalive syn_retries synack_retries orphan_retries fin_wait_2 give_up receive_buffer send_buffer rto_min rto_initial syn_queue accept_queue cookies mtu ports rst_ends_time_wait refuse fast_open mtu_probing isn` |
//! | `client CALL; CALL …`, `server CALL; …` | a program; each line is one, and they run side by side |
//! | `drop c6 s2 c8..`, `delay c1 500ms`, `dup c5 +3s`, `swap s3 s4`, `hold c1 until @2s` | what befalls segments, named by sender and count; `2.c1` is one of the second connection, `c*` is all |
//! | `inject to server @1s RST seq=expected+100 ack=6 len=5 win=0 of=2 from=10.0.0.66:4000 port=80 x50 every=1ms` | segments that neither end sent |
//! | `crash server @1s`, `reboot server @2s`, `pull [END] @1s`, `plug [END] @2s`, `heal @3s`, `exit END @4s` | a host that forgets all, a cable that is pulled, a network that is whole from then on, programs that end |
//! | `until 10min` | when the run ends, if it does not by itself |
//! | `allow ORACLE` | an oracle that may complain: somebody forges segments, say |
//! | `expect CLAIM; CLAIM …` | what must hold |
//!
//! Calls: `listen [port=80] [backlog=4] [answer=accept|ignore|reset|unreachable|prohibited] [thinks=2s] [fast_open[=N]]`, `connect [from=51514] [port=80]
//! [nowait]`, `accept [port=80]`, `unlisten [port=80]`, `send 5`, `read [5|end|nothing]` (without a word what is there, at least an octet),
//! `shutdown [write|read|both]`, `close`, `abort`, `keepalive 120s/10s/3`, `nodelay [on|off]`, `wait`. A call is made when the one before
//! has returned, and not before the moment behind it (`@1s`), or so long after (`+1s`); with `@!1s`
//! it is made then even if the one before has not returned, which fails with EINTR. A program that never reads of
//! its own accord reads along whatever comes before it closes.
//!
//! Claims: `verdict C07`; `server CLOSED @1520ms` (comes into that state then), `server still CLOSE_WAIT @2h`, `server
//! never ESTABLISHED`, `client passes SYN_SENT ESTABLISHED CLOSED` (all its states); `no RST`, `segments 7`, `client
//! sends 3 FIN`, `client sends SYN @0 @1s @3s` (these and no others); `c6 is ACK seq=7 ack=7 len=0 win=0 @1310ms`, `c6
//! lost`, `c6 taken`, `c6 refused challenged`, `c6 repeats c4`, `c6 arrives @2s`; `order s4 s3`, `arrive s4 s3`;
//! `server reads 5`; `client connect fails ECONNREFUSED @20ms`, `client connect 2 works`, `client read waits`; `server
//! sets rto 200ms @1.3s`; `client rcv.nxt=1 @20ms`; `server half-open 1 @1s`, also `accept-queue`, `time-wait` and
//! `connections`; `client hears @20ms`, `server is-heard @30ms`, `server never-heard`; `connections 2`. Of a second
//! connection: `2.client`, `2.verdict`. Moments hold to the millisecond: timers run in ticks of 64 µs.
#![forbid(unsafe_code)]

mod error;
mod scenario;
mod text;

mod claim;
mod program;

mod contradiction;
mod nearest;
mod parse;

mod judge;
mod run;

mod picture;

mod library;

pub use error::ScenarioError;
pub use judge::Unmet;
pub use library::{Entry, LIBRARY, find};
pub use run::{Packet, Run};
pub use scenario::{About, Scenario, Text};
