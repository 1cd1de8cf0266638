//! The options of a segment: `<mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>`.

use super::{Cursor, ParseError, Parsed};
use crate::script::{Options, TcpOption};
use crate::{Said, words};

/// No options.
pub(super) const fn none() -> Options {
    Options::These(Vec::new())
}

/// True if `<` opens a list here, and is not the direction of the next packet, whose time was left out.
pub(super) fn starts(cursor: &Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    ahead.eat("<");
    ahead.space();
    let is_flag = |c: char| matches!(c, 'S' | 'F' | 'R' | 'P' | 'U' | 'E' | 'W' | 'A' | '.');
    let word = ahead.take_while(|c| !c.is_whitespace() && c != '>' && c != ',');
    word == "..." || (word.is_empty() && ahead.starts_with(">")) || !word.chars().all(is_flag)
}

/// The list that opens here.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Parsed<Options> {
    cursor.expect("<")?;
    cursor.space();
    if cursor.eat("...") {
        cursor.expect(">")?;
        return Ok(Options::Unchecked);
    }
    let mut options = Vec::new();
    while !cursor.eat(">") {
        options.push(option(cursor)?);
        cursor.space();
        if !cursor.eat(",") && !cursor.starts_with(">") {
            return Err(cursor.expected(words::COMMA_OR_END));
        }
        cursor.space();
    }
    Ok(Options::These(options))
}

fn option(cursor: &mut Cursor<'_>) -> Parsed<TcpOption> {
    let at = cursor.place();
    if cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        return raw(cursor);
    }
    let name = cursor.name();
    cursor.blanks();
    Ok(match name {
        "mss" => TcpOption::Mss(cursor.u16()?),
        "wscale" | "ws" => TcpOption::WindowScale(cursor.u8()?),
        "sackOK" | "sackok" => TcpOption::SackPermitted,
        "sack" => TcpOption::Sack(blocks(cursor)?),
        "TS" | "ts" => timestamps(cursor)?,
        "nop" => TcpOption::Nop,
        "eol" => TcpOption::End,
        "FO" => TcpOption::FastOpen { cookie: octets(cursor)?, experimental: false },
        "FOEXP" => TcpOption::FastOpen { cookie: octets(cursor)?, experimental: true },
        "md5" => {
            cursor.name();
            TcpOption::Md5
        }
        "ECN" | "AccECN" | "dss" | "add_address" | "remove_address" | "add_addr" | "rm_addr" | "exp"
        | "tcp_option" | "UNKNOWN" => {
            return Err(ParseError::dialect(at, Said::new(words::NO_OPTION).with("name", name)));
        }
        // Multipath TCP has many.
        _ if name.starts_with("mp") => {
            return Err(ParseError::dialect(at, Said::new(words::NO_OPTION).with("name", name)));
        }
        _ => return Err(cursor.expected_at(at, words::A_TCP_OPTION)),
    })
}

/// `1:1001 3001:4001`; an ellipsis instead of blocks is not one of ours.
fn blocks(cursor: &mut Cursor<'_>) -> Parsed<Vec<(u32, u32)>> {
    let mut blocks = Vec::new();
    while cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        let start = cursor.u32()?;
        cursor.expect(":")?;
        cursor.space();
        blocks.push((start, cursor.u32()?));
        cursor.blanks();
    }
    if blocks.is_empty() { Err(cursor.expected(words::SACK_BLOCKS)) } else { Ok(blocks) }
}

fn timestamps(cursor: &mut Cursor<'_>) -> Parsed<TcpOption> {
    let word = |cursor: &mut Cursor<'_>, word: &str| {
        cursor.space();
        let is_here = cursor.eat_word(word);
        cursor.space();
        if is_here { Ok(()) } else { Err(cursor.expected(Said::new(words::THE_SIGN).with("sign", word))) }
    };
    word(cursor, "val")?;
    let value = cursor.u32()?;
    word(cursor, "ecr")?;
    Ok(TcpOption::Timestamps { value, echo: cursor.u32()? })
}

/// Hexadecimal octets without a prefix; none may be written.
fn octets(cursor: &mut Cursor<'_>) -> Parsed<Vec<u8>> {
    let at = cursor.place();
    let digits = cursor.take_while(|c| c.is_ascii_hexdigit()).as_bytes();
    let pairs = digits.as_chunks::<2>();
    if !pairs.1.is_empty() {
        return Err(cursor.expected_at(at, words::HEX_PAIRS));
    }
    let digit = |c: u8| (c as char).to_digit(16).unwrap_or(0) as u8;
    Ok(pairs.0.iter().map(|&[high, low]| digit(high) << 4 | digit(low)).collect())
}

/// A kind and its octets: `254 0xf989`, or the kind alone.
fn raw(cursor: &mut Cursor<'_>) -> Parsed<TcpOption> {
    let kind = cursor.u8()?;
    cursor.blanks();
    let value = if cursor.eat("0x") { octets(cursor)? } else { Vec::new() };
    if value.len() > 38 {
        return Err(cursor.expected(words::HEX_PAIRS));
    }
    Ok(TcpOption::Raw { kind, value })
}
