use super::*;

#[test]
fn the_second_interrupt_ends_a_program_that_ignores_it() {
    let mut policy = Policy::new();
    assert_eq!(policy.on(Signal::INT, Reach::Both, true), Action::Leave);
    assert_eq!(policy.on(Signal::INT, Reach::Both, true), Action::Kill);
    let mut policy = Policy::new();
    assert_eq!(policy.on(Signal::INT, Reach::Us, true), Action::Forward(Signal::INT));
    assert_eq!(policy.on(Signal::INT, Reach::Both, true), Action::Kill);
}

#[test]
fn a_program_that_answers_interrupts_gets_all_of_them() {
    let mut policy = Policy::new();
    for _ in 0..5 {
        assert_eq!(policy.on(Signal::INT, Reach::Both, false), Action::Leave);
        assert_eq!(policy.on(Signal::INT, Reach::Us, false), Action::Forward(Signal::INT));
    }
}

#[test]
fn other_signals_are_passed_on_unless_the_program_has_them() {
    let mut policy = Policy::new();
    for signal in TAKEN.into_iter().filter(|&signal| signal != Signal::INT) {
        for ignored in [false, true] {
            assert_eq!(policy.on(signal, Reach::Both, ignored), Action::Leave);
            assert_eq!(policy.on(signal, Reach::Us, ignored), Action::Forward(signal));
        }
    }
}

#[test]
fn a_blocked_signal_is_read_instead_of_ending_us() {
    let mut signals = Signals::block().expect("a descriptor");
    assert_eq!(signals.try_next().expect("readable"), None);
    // SAFETY: raise has no preconditions. The signal goes to this thread, which blocks it.
    unsafe { libc::raise(libc::SIGTERM) };
    let heard = Heard { signal: Signal::TERM, sender: Sender::Process(Some(getpid())) };
    assert_eq!(signals.try_next().expect("readable"), Some(heard));
    assert_eq!(signals.try_next().expect("readable"), None);
    // SAFETY: as above.
    unsafe { libc::raise(libc::SIGINT) };
    drop(signals); // still pending: it must not end the test
}

#[test]
fn when_the_program_has_ended_the_deadly_ones_are_deadly_again() {
    let is_blocked = |signal: Signal| {
        let mut now = MaybeUninit::uninit();
        // SAFETY: no new set is given, and `now` has room for the present one.
        check(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), now.as_mut_ptr()) })
            .expect("known");
        // SAFETY: the call above succeeded and so has filled it in.
        is_member(&unsafe { now.assume_init() }, signal)
    };
    let mut signals = Signals::block().expect("a descriptor");
    // SAFETY: raise has no preconditions. The signal goes to this thread, which blocks it.
    unsafe { libc::raise(libc::SIGTERM) };
    assert!(TAKEN.into_iter().filter(|&signal| !is_ignored(signal)).all(is_blocked));
    signals.let_through(); // still pending, and it was the program's
    for signal in TAKEN.into_iter().filter(|&signal| !is_ignored(signal)) {
        assert_eq!(is_blocked(signal), !DEADLY.contains(&signal), "{signal:?}");
    }
}

#[test]
fn who_ignores_what_is_read_from_proc() {
    assert_eq!(ignored("Name:\tsh\nSigIgn:\t0000000000000006\n"), 6);
    assert!(is_in(6, Signal::INT) && is_in(6, Signal::QUIT) && !is_in(6, Signal::HUP));
}
