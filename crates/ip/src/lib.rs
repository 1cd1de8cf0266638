//! IPv4, IPv6, ICMP and UDP around a TCP stack
