//! poll and epoll: what is ready, and how long a call waits for it.

mod common;

use common::{ACCEPTED, fails, line_after, passes, skips};

fn after_accept(lines: &str) {
    passes(&format!("{ACCEPTED}{lines}"));
}

#[test]
fn poll_tells_what_is_ready() {
    passes(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 5) = 0\n+0 poll([{fd=3, events=POLLIN, revents=0}], 1, 0) = 0\n+.1 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1460>\n+.1 < . 1:1(0) ack 1 win 65535\n+0 poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, 0) = 1\n",
    );
    after_accept("+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1\n");
    after_accept(
        "+0...0.1 poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 1000) = 1\n+.1 < P. 1:2(1) ack 1 win 65535\n",
    );
    fails(
        &format!("{ACCEPTED}+0 poll([{{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}}], 1, 0) = 1\n"),
        line_after(ACCEPTED),
        "revents is POLLOUT",
    );
}

/// It gives up when its own time is over, not when the script has it return.
#[test]
fn a_poll_waits_for_as_long_as_it_says() {
    let after = line_after(ACCEPTED);
    let poll = |until: &str, timeout: i64, revents: &str, ready: u32| {
        format!(
            "{ACCEPTED}+0...{until} poll([{{fd=4, events=POLLIN, revents={revents}}}], 1, {timeout}) = {ready}\n"
        )
    };
    let data = "+.2 < P. 1:101(100) ack 1 win 65535\n+.04 > . 1:1(0) ack 101\n";
    passes(&poll("0.1", 100, "0", 0));
    fails(&poll("0.2", 100, "0", 0), after, "before the script has it return");
    fails(&poll("0.1", 200, "0", 0), after, "still waits");
    passes(&format!("{}{data}", poll("0.2", 300, "POLLIN", 1)));
    passes(&format!("{}{data}", poll("0.2", -1, "POLLIN", 1)));
    fails(
        &format!("{}{data}", poll("0.2", -1, "POLLIN|POLLOUT", 1)),
        after,
        "revents is POLLIN, not POLLIN|POLLOUT",
    );
    skips(&format!("{ACCEPTED}+0 poll([{{fd=4, events=POLLPRI, revents=0}}], 1, 0) = 0\n"), after, "POLLPRI");
}

#[test]
fn epoll_watches_what_it_is_asked_to() {
    let after = line_after(ACCEPTED);
    let begun = format!("{ACCEPTED}+0 epoll_create(1) = 5\n");
    let ctl = |deed: &str, events: &str, result: &str| {
        format!("+0 epoll_ctl(5, EPOLL_CTL_{deed}, 4, {{events={events}, fd=4}}) = {result}\n")
    };
    let wait =
        |events: &str, ready: u32| format!("+0 epoll_wait(5, {{events={events}, fd=4}}, 1, 0) = {ready}\n");
    let data = "+.1 < P. 1:101(100) ack 1 win 65535\n+.04 > . 1:1(0) ack 101\n";
    let add = ctl("ADD", "EPOLLIN", "0");
    // By level: as long as there is something to read.
    passes(&format!(
        "{begun}{add}{}{data}{}{}+0 read(4, ..., 100) = 100\n{}",
        wait("0", 0),
        wait("EPOLLIN", 1),
        wait("EPOLLIN", 1),
        wait("0", 0)
    ));
    fails(&format!("{begun}{add}{data}{}", wait("EPOLLOUT", 1)), after + 4, "{events=POLLIN, fd=4}");
    fails(&format!("{begun}{add}{}", wait("EPOLLIN", 1)), after + 2, "epoll_wait() returned 0, not 1");
    // Once is once, until it is asked for anew.
    let once = ctl("ADD", "EPOLLOUT|EPOLLONESHOT", "0");
    let again = ctl("MOD", "EPOLLOUT|EPOLLONESHOT", "0");
    passes(&format!("{begun}{once}{}{}{again}{}", wait("EPOLLOUT", 1), wait("0", 0), wait("EPOLLOUT", 1)));
    passes(&format!(
        "{begun}{}{add}{}{}{}",
        ctl("MOD", "EPOLLIN", "-1 ENOENT"),
        ctl("ADD", "EPOLLIN", "-1 EEXIST"),
        ctl("DEL", "EPOLLIN", "0"),
        ctl("DEL", "EPOLLIN", "-1 ENOENT")
    ));
    passes(&format!(
        "{begun}{add}+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n{}+0 close(5) = 0\n{}",
        wait("0", 0),
        ctl("ADD", "EPOLLIN", "-1 EBADF")
    ));
    // One that waits returns when something comes, or when its time is over.
    passes(&format!(
        "{begun}{add}+0...0.2 epoll_wait(5, {{events=EPOLLIN, fd=4}}, 1, 500) = 1\n{}",
        data.replace("+.1 <", "+.2 <")
    ));
    passes(&format!("{begun}{add}+0...0.5 epoll_wait(5, {{events=0, fd=4}}, 1, 500) = 0\n"));
    skips(&format!("{begun}{}", ctl("ADD", "EPOLLIN|EPOLLET", "0")), after + 1, "EPOLLET");
}
