//! Async sockets over a TCP/IP stack in user space
