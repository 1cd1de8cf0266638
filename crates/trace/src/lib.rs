//! The record of what a connection did: JSON lines, ladders, pcapng
