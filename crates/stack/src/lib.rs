//! One host: demultiplexing, listeners, TIME-WAIT, ports, timers
