//! Option areas as peers, middleboxes and attackers write them.

use cordial_wire::{EmitError, FastOpen, Options, OptionsError, SackBlocks, SeqNum, Timestamps};

fn sack(blocks: &[(u32, u32)]) -> SackBlocks {
    let mut sack = SackBlocks::default();
    for &(start, end) in blocks {
        assert!(sack.push(SeqNum(start), SeqNum(end)));
    }
    sack
}

fn mss(mss: u16) -> Options {
    Options { mss: Some(mss), ..Options::default() }
}

fn length(kind: u8) -> Result<(), OptionsError> {
    Err(OptionsError::Length { kind })
}

/// A name, the area, and what is to come of it.
type Row<'a> = (&'a str, &'a [u8], Options, Result<(), OptionsError>);

/// RFC 9293 MUST-4 to MUST-7: END and NOP anywhere, unknown kinds skipped, impossible lengths survived.
/// Shows MUST-6, MUST-64.
#[test]
fn whatever_can_be_read_of_an_area_is_read() {
    let none = Options::default();
    let table: &[Row<'_>] = &[
        ("nothing", &[], none, Ok(())),
        ("END alone", &[0], none, Ok(())),
        ("NOPs only", &[1, 1, 1, 1], none, Ok(())),
        ("no END at the end", &[2, 4, 5, 180], mss(1460), Ok(())),
        ("octets after END are no options", &[0, 2, 4, 5, 180], none, Ok(())),
        ("rubbish after END", &[2, 4, 5, 180, 0, 2, 0, 255], mss(1460), Ok(())),
        ("not on a word boundary", &[1, 2, 4, 5, 180, 1, 1], mss(1460), Ok(())),
        ("unknown kind", &[254, 4, 9, 9, 2, 4, 5, 180], mss(1460), Ok(())),
        ("unknown kind without a value", &[99, 2, 2, 4, 5, 180], mss(1460), Ok(())),
        ("length zero", &[2, 4, 5, 180, 8, 0, 1, 1], mss(1460), length(8)),
        ("length zero of an unknown kind", &[254, 0, 2, 4, 5, 180], none, length(254)),
        ("length one", &[2, 4, 5, 180, 3, 1, 7], mss(1460), length(3)),
        ("length past the area", &[2, 4, 5, 180, 8, 10, 0, 0], mss(1460), length(8)),
        ("length one past the area", &[3, 4, 7], none, length(3)),
        ("length 255", &[2, 255, 5, 180], none, length(2)),
        ("kind without a length", &[2, 4, 5, 180, 8], mss(1460), length(8)),
        ("MSS too short", &[2, 3, 5, 3, 3, 7], Options { window_scale: Some(7), ..none }, Ok(())),
        ("MSS too long", &[2, 5, 5, 180, 0, 4, 2], Options { sack_permitted: true, ..none }, Ok(())),
        ("MSS of zero is kept as it stands", &[2, 4, 0, 0], mss(0), Ok(())),
        ("MSS twice: the last counts", &[2, 4, 5, 180, 2, 4, 2, 24], mss(536), Ok(())),
        ("a scale above 14", &[3, 3, 255], Options { window_scale: Some(255), ..none }, Ok(())),
        ("a scale without its octet", &[3, 2, 4, 2], Options { sack_permitted: true, ..none }, Ok(())),
        ("SACK-permitted with a value", &[4, 3, 1], none, Ok(())),
        ("timestamps one octet short", &[8, 9, 0, 0, 0, 1, 0, 0, 0], none, Ok(())),
        ("SACK without blocks", &[5, 2, 2, 4, 5, 180], mss(1460), Ok(())),
        ("SACK with half a block", &[5, 6, 0, 0, 0, 1, 2, 4, 5, 180], mss(1460), Ok(())),
        ("SACK with a block and a half", &[5, 14, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3], none, Ok(())),
        (
            "SACK of one block",
            &[1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2],
            Options { sack: sack(&[(1, 2)]), ..none },
            Ok(()),
        ),
        (
            "the layout of most segments",
            &[1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 1, 0],
            Options { timestamps: Some(Timestamps { value: 7, echo: 256 }), ..none },
            Ok(()),
        ),
        (
            "the same, tighter",
            &[8, 10, 0, 0, 0, 7, 0, 0, 1, 0],
            Options { timestamps: Some(Timestamps { value: 7, echo: 256 }), ..none },
            Ok(()),
        ),
    ];
    for &(name, area, options, result) in table {
        let options = Options { malformed: result.is_err(), ..options };
        assert_eq!(Options::parse(area), (options, result), "{name}: {area:?}");
    }
}

#[test]
fn more_blocks_than_a_header_holds_are_cut() {
    let mut area = vec![5, 2 + 6 * 8];
    area.extend((0..12u32).flat_map(u32::to_be_bytes));
    let (options, result) = Options::parse(&area);
    assert_eq!((options.sack, result), (sack(&[(0, 1), (2, 3), (4, 5), (6, 7)]), Ok(())));
}

fn emit(options: Options) -> Vec<u8> {
    let mut out = [0xaa; 40];
    let len = options.emit(&mut out).expect("forty octets are enough");
    assert_eq!(len, options.emitted_len());
    assert!(out[len..].iter().all(|&octet| octet == 0xaa), "nothing is written behind");
    out[..len].to_vec()
}

#[test]
fn options_are_laid_out_as_others_do() {
    let timestamps = Some(Timestamps { value: 1, echo: 2 });
    let none = Options::default();
    let syn = Options { mss: Some(1460), window_scale: Some(7), sack_permitted: true, timestamps, ..none };
    assert_eq!(emit(syn), [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7]);
    assert_eq!(emit(Options { timestamps, ..none }), [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    assert_eq!(emit(Options { sack_permitted: true, ..none }), [1, 1, 4, 2]);
    assert_eq!(
        emit(Options { sack: sack(&[(3, 4)]), timestamps, ..none }),
        [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4]
    );
}

#[test]
fn blocks_that_do_not_fit_are_left_out_from_the_end() {
    let four = sack(&[(1, 2), (3, 4), (5, 6), (7, 8)]);
    let timestamps = Some(Timestamps::default());
    let none = Options::default();
    let fitted = |options: Options| Options::parse(&emit(options)).0.sack.len();
    assert_eq!(fitted(Options { sack: four, ..none }), 4);
    assert_eq!(fitted(Options { sack: four, timestamps, ..none }), 3);
    let crowded =
        Options { mss: Some(9), window_scale: Some(1), sack_permitted: true, timestamps, sack: four, ..none };
    assert_eq!(fitted(crowded), 2);
    assert_eq!(crowded.emitted_len(), 40);
}

#[test]
fn without_room_nothing_is_written() {
    let mut out = [7; 3];
    assert_eq!(mss(1460).emit(&mut out), Err(EmitError::NoRoom));
    assert_eq!(out, [7; 3]);
}

fn fast_open(cookie: &[u8]) -> Options {
    Options {
        fast_open: Some(FastOpen::new(cookie).expect("a cookie of that length may be")),
        ..Options::default()
    }
}

/// RFC7413-4.1.1-a: kind 34 with no value, or with 4 to 16 octets, an even number; with any other it is as if it were not
/// there.
#[test]
fn a_fast_open_cookie_has_four_to_sixteen_octets_or_none() {
    for len in 0..=40 {
        let cookie: Vec<u8> = (1..=len).collect();
        let mut area = vec![34, 2 + len];
        area.extend(&cookie);
        area.extend([2, 4, 5, 180]);
        let (options, result) = Options::parse(&area);
        assert_eq!((options.mss, result), (Some(1460), Ok(())), "what follows a cookie of {len} is read");
        match len {
            0 | 4 | 6 | 8 | 10 | 12 | 14 | 16 => {
                let option = options.fast_open.expect("it is one");
                assert_eq!((option.cookie(), option.is_request()), (&cookie[..], len == 0));
            }
            _ => assert_eq!(options.fast_open, None, "a cookie of {len}"),
        }
    }
}

#[test]
fn a_fast_open_option_is_filled_up_to_a_word() {
    assert_eq!(emit(fast_open(&[])), [34, 2, 1, 1]);
    assert_eq!(emit(fast_open(&[1, 2, 3, 4])), [34, 6, 1, 2, 3, 4, 1, 1]);
    assert_eq!(emit(fast_open(&[1, 2, 3, 4, 5, 6])), [34, 8, 1, 2, 3, 4, 5, 6]);
    let timestamps = Some(Timestamps::default());
    let crowded = Options {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps,
        ..fast_open(&[9; FastOpen::MAX])
    };
    assert_eq!(crowded.emitted_len(), 40, "the longest cookie fits beside all that a SYN offers");
    assert_eq!(Options::parse(&emit(crowded)), (crowded, Ok(())));
}

/// RFC5482-3.3-a: kind 28, four octets, a bit that says whether the other fifteen count minutes; zero is reserved, and passed
/// over.
#[test]
fn a_user_timeout_counts_seconds_or_minutes() {
    use cordial_wire::UserTimeout;
    use std::time::Duration;
    for (seconds, value) in [
        (1, [0, 1]),
        (90, [0, 90]),
        (32_767, [0x7f, 0xff]),
        (32_768, [0x82, 0x23]),
        (120 * 60 * 60, [0x9c, 0x20]),
        (u64::MAX, [0xff, 0xff]),
    ] {
        let timeout = UserTimeout::new(Duration::from_secs(seconds));
        let options = Options { user_timeout: Some(timeout), ..Options::default() };
        let mut out = [0; 40];
        assert_eq!(options.emit(&mut out), Ok(4));
        assert_eq!(out[..4], [28, 4, value[0], value[1]], "{seconds}");
        assert_eq!(Options::parse(&out[..4]), (options, Ok(())));
        let told = timeout.duration().as_secs();
        assert!(told >= seconds.min(32_767 * 60) && told < seconds.saturating_add(60), "{seconds} {told}");
    }
    for reserved in [[0, 0], [0x80, 0]] {
        let (options, result) = Options::parse(&[28, 4, reserved[0], reserved[1]]);
        assert_eq!((options.user_timeout, result), (None, Ok(())));
    }
    assert_eq!(Options::parse(&[28, 3, 1]).0.user_timeout, None, "not its length");
}
