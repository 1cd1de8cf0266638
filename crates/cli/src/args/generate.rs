//! What `cordial completions` and `cordial man` take.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Print what completes this command's words in a shell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cordial completions bash > ~/.local/share/bash-completion/completions/cordial\n  \
    cordial completions zsh > ~/.zfunc/_cordial      with fpath+=~/.zfunc before compinit in ~/.zshrc\n  \
    cordial completions fish > ~/.config/fish/completions/cordial.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Print this command's manual pages.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cordial man | man -l -                           cordial(1)\n  \
    cordial man run | man -l -                       cordial-run(1)\n  \
    cordial man --dir ~/.local/share/man/man1        all of them, where man finds them")]
pub struct Man {
    /// The verb; without it, the command's own page
    #[arg(value_name = "VERB", conflicts_with = "dir")]
    pub verb: Option<String>,

    /// Write every page into DIR instead
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
