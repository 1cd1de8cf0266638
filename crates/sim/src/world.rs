//! A network of hosts, in virtual time.
//!
//! (In the making: the signatures below are what is coming.)
//!
//! ```text
//! World::new(seed: u64, net: Topology) -> Result<World, TopologyError>;   World::pair(seed, link) -> World
//!
//! settings, before time passes
//!   keep_record()            keep the events of the run: events(), write_json(out), ladders
//!   keep_packets()           keep every packet that leaves or reaches a host: packets(), for a capture
//!   set_bound(Bound)         when a run that does not end is stopped
//!   deal(host, &[u32])       the initial sequence numbers that a host chooses, in this order
//!   now() -> Instant (starts at zero), seed() -> u64
//!
//! programs
//!   start(host, Task) -> TaskId;  returns(task) -> &[Return];  waiting() -> tasks that are in a call;
//!   listen(host, port, backlog) -> Result;  connect(host, from: Option<u16>, (host, port)) -> Result<Socket, ConnectError>
//!   accept(host, port) -> Option<Socket>;  write(socket, count) -> Result<u64, WriteError>;
//!   read(socket, most) -> Result<u64, ReadError>;  shutdown(socket, half);  close(socket);  abort(socket)
//!   received(socket) -> u64, written(socket) -> u64, info(socket) -> Option<stack::Info>, phase(socket)
//!
//! faults
//!   fault(|&Passing| -> Fate);  fault_at("c6", Fate);  release(Target);  inject(to, Forged)
//!   at(Instant, Action)      Action: Pull(wire) Plug(wire) Cut(wire, way) Mend(wire, way) SetLink(wire, way, Link)
//!                            Crash(host) Reboot(host) Release(Target) Inject(host, Forged) Heal
//!   act(Action)              the same now
//!
//! time
//!   step() -> bool           to the next moment at which something happens
//!   run_until(Instant), run_for(Duration) -> Result<(), Endless>
//!   run_out() -> Result<(), Endless>      until nothing will ever happen again
//!   finish() -> Vec<Violation>   everything has ended: what the oracles object to (violations() gives those so far)
//!
//! looking
//!   stack(host) -> &Stack,  events() -> &[Event],  compact() -> String (the ladder of tests),  json() -> Vec<u8>
//!   rules() / refusals() seen, for coverage
//! ```
