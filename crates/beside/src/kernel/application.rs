//! The kernel's application: sockets that wait for nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::reply::{Heard, HeardEnd};
use crate::sequence::{Call, Opening};
use crate::{Sequence, engine};

/// What one sequence's application holds.
#[derive(Debug, Default)]
pub struct Application {
    listener: Option<Socket>,
    connection: Option<Socket>,
}

impl Application {
    /// Does what the sequence begins with, between these ends.
    pub fn open(sequence: &Sequence, local: SocketAddr, peer: SocketAddr) -> Self {
        let mut application = Self::default();
        match sequence.opening {
            Opening::None => {}
            Opening::Passive => {
                let socket = socket(sequence, local);
                socket.listen(16).expect("a bound socket may listen");
                application.listener = Some(socket);
            }
            Opening::Active => {
                let socket = socket(sequence, local);
                let error = socket.connect(&peer.into()).expect_err("nobody has answered yet");
                assert_eq!(
                    error.raw_os_error(),
                    Some(rustix::io::Errno::INPROGRESS.raw_os_error()),
                    "{error}"
                );
                application.connection = Some(socket);
            }
        }
        application
    }

    /// Takes a connection, if there is one.
    pub fn accept(&mut self) {
        if let (Some(listener), None) = (&self.listener, &self.connection)
            && let Ok((socket, _)) = listener.accept()
        {
            socket.set_nonblocking(true).expect("a plain option");
            self.connection = Some(socket);
        }
    }

    /// Calls. What the kernel refuses in this state is no error of ours.
    pub fn call(&mut self, call: Call) -> Option<Heard> {
        match call {
            Call::CloseListener => self.listener = None,
            Call::Close => self.connection = None,
            Call::Abort => {
                if let Some(socket) = self.connection.take() {
                    socket.set_linger(Some(Duration::ZERO)).expect("a plain option");
                }
            }
            Call::Write(octets) => {
                if let Some(socket) = &mut self.connection {
                    let _ = socket.write(&vec![b'x'; usize::from(octets)]);
                }
            }
            Call::ShutdownWrite => {
                if let Some(socket) = &self.connection {
                    let _ = socket.shutdown(Shutdown::Write);
                }
            }
            Call::Read => return self.connection.as_mut().map(read),
        }
        None
    }
}

fn read(socket: &mut Socket) -> Heard {
    let mut octets = 0;
    let mut buffer = [0; 65_536];
    loop {
        let end = match socket.read(&mut buffer) {
            Ok(0) => HeardEnd::End,
            Ok(count) => {
                octets += count;
                continue;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => HeardEnd::Open,
            Err(_) => HeardEnd::Error,
        };
        return Heard { octets, end };
    }
}

fn socket(sequence: &Sequence, local: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("a socket");
    socket.set_nonblocking(true).expect("a plain option");
    socket.set_reuse_address(true).expect("a plain option");
    if sequence.nodelay {
        socket.set_tcp_nodelay(true).expect("a plain option");
    }
    if sequence.small_buffer {
        socket.set_recv_buffer_size(engine::SMALL_BUFFER as usize).expect("a plain option");
    }
    socket.bind(&local.into()).unwrap_or_else(|error| panic!("bind {local}: {error}"));
    socket
}
