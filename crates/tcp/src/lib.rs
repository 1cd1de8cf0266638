//! One TCP connection as a pure machine
