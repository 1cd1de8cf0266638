//! Language and looks, the same for every verb.

use clap::{Args, ValueEnum};

/// How things look, in every verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "Looks")]
pub struct Face {
    /// Language; otherwise the locale's (LC_ALL, LC_MESSAGES, LANG)
    #[arg(long, value_enum, value_name = "LANG")]
    pub lang: Option<LangArg>,

    /// Colour; `auto` is a terminal without NO_COLOR
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: ColorArg,

    /// Draw with ASCII characters only
    #[arg(long)]
    pub ascii: bool,
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English
    En,
    /// 中文
    Zh,
}

/// Whether to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}
