use super::*;

#[test]
fn what_is_told_is_understood() {
    let pid = Pid::from_raw(4711).expect("positive");
    let news = [
        News::Forked(pid),
        News::Failed(Errno::AGAIN),
        News::Stopped,
        News::Continued,
        News::Ended(Exit::Code(255)),
        News::Ended(Exit::Signal(9)),
        News::Left(0),
        News::Left(70_000),
        News::Remain(3),
    ];
    for told in news {
        assert_eq!(News::parse(told.emit()), Some(told));
    }
    assert_eq!(News::parse([0; News::LEN]), None);
    assert_eq!(News::parse([b'F', 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), None);
}
