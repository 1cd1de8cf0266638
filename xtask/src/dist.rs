//! What is handed to users: a binary that needs no library of theirs, and a Debian package around it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::failure::Failure;
use crate::shell::{cargo, command, root, run, target_dir};

/// The standard C library goes into the binary with this flag; then it runs on any Linux of its architecture.
const STATIC: &str = "-C target-feature=+crt-static";

/// Builds `cordial` as one static file and gives its path.
pub fn dist() -> Result<PathBuf, Failure> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut build = cargo(&["build", "--locked", "--profile", "dist", "--package", "cordial-cli"]);
    // With a target named, the flag is for the binary and not for what builds it.
    build.args(["--target", &target]).env("RUSTFLAGS", STATIC);
    run(build)?;
    let binary = target_dir().join(target).join("dist/cordial");
    is_static(&binary)?;
    eprintln!("{}: static, {} KiB", binary.display(), octets(&binary)? / 1024);
    Ok(binary)
}

/// Packs the static binary, its manual pages and its completions for Debian and its relatives; gives the package's
/// path.
pub fn deb() -> Result<PathBuf, Failure> {
    let binary = dist()?;
    let tree = target_dir().join("debian/cordial");
    // What an earlier build left; that there is none is fine.
    let _ = fs::remove_dir_all(&tree);
    fill(&tree, &binary)?;
    let control = control(&architecture()?, installed_size(&tree)?);
    write(&tree.join("DEBIAN/control"), control.as_bytes())?;

    let package = tree.with_file_name(format!("cordial_{}_{}.deb", version(), architecture()?));
    let mut pack = command("dpkg-deb");
    pack.args(["--root-owner-group", "-Zxz", "--build"]).arg(&tree).arg(&package);
    run(pack)?;
    try_out(&package)?;
    eprintln!(
        "{}: {} KiB\ninstall it: sudo apt-get install {0}",
        package.display(),
        octets(&package)? / 1024
    );
    Ok(package)
}

/// The files of the package.
fn fill(tree: &Path, binary: &Path) -> Result<(), Failure> {
    let installed = tree.join("usr/bin/cordial");
    write(&installed, &fs::read(binary).map_err(failed("read", binary))?)?;
    make_executable(&installed)?;

    let pages = tree.join("usr/share/man/man1");
    run_quietly(&installed, &["man", "--dir", &pages.to_string_lossy()])?;
    for page in list(&pages)? {
        compress(&page)?;
    }
    for (shell, path) in [
        ("bash", "usr/share/bash-completion/completions/cordial"),
        ("zsh", "usr/share/zsh/vendor-completions/_cordial"),
        ("fish", "usr/share/fish/vendor_completions.d/cordial.fish"),
    ] {
        write(&tree.join(path), &run_quietly(&installed, &["completions", shell])?)?;
    }

    let docs = tree.join("usr/share/doc/cordial");
    for name in ["README.md", "README.zh-CN.md"] {
        copy(&root().join(name), &docs.join(name))?;
    }
    copy(&root().join("CHANGELOG.md"), &docs.join("changelog"))?;
    compress(&docs.join("changelog"))?;
    let licenses = ["LICENSE-MIT", "LICENSE-APACHE"].map(|name| fs::read_to_string(root().join(name)));
    let mut copyright = String::from("Cordial is under either of these licenses, at your choice.\n");
    for license in licenses {
        let text = license.map_err(failed("read", &root().join("LICENSE-*")))?;
        copyright.push_str(&format!("\n{}\n\n{text}", "-".repeat(78)));
    }
    write(&docs.join("copyright"), copyright.as_bytes())
}

/// What the package says of itself.
fn control(architecture: &str, kib: u64) -> String {
    format!(
        "Package: cordial\n\
         Version: {}\n\
         Architecture: {architecture}\n\
         Maintainer: The Cordial authors <cordial@cordial.example>\n\
         Installed-Size: {kib}\n\
         Section: net\n\
         Priority: optional\n\
         Homepage: https://cordial.example/cordial\n\
         Description: TCP that says hello and goodbye properly\n \
         Runs any program on a TCP of its own, without root, and draws each of its\n \
         connections: handshake, close, both ends' states, and a verdict in words.\n \
         Explains captures in the same words, in English and Chinese.\n",
        version()
    )
}

/// Unpacks the package beside itself and runs what came out.
fn try_out(package: &Path) -> Result<(), Failure> {
    let tree = package.with_file_name("unpacked");
    let _ = fs::remove_dir_all(&tree);
    let mut unpack = command("dpkg-deb");
    unpack.arg("--extract").arg(package).arg(&tree);
    run(unpack)?;
    let said = run_quietly(&tree.join("usr/bin/cordial"), &["--version"])?;
    let said = String::from_utf8_lossy(&said);
    if said.trim() != format!("cordial {}", version()) {
        return Err(Failure::Missing(format!("the packed binary calls itself `{}`", said.trim())));
    }
    for path in ["usr/share/man/man1/cordial-run.1.gz", "usr/share/bash-completion/completions/cordial"] {
        if !tree.join(path).is_file() {
            return Err(Failure::Missing(format!("the package lacks {path}")));
        }
    }
    fs::remove_dir_all(&tree).map_err(failed("remove", &tree))
}

/// No interpreter and no library: nothing of the machine's is loaded.
fn is_static(binary: &Path) -> Result<(), Failure> {
    let mut readelf = command("readelf");
    readelf.args(["--program-headers", "--wide"]).arg(binary).stderr(Stdio::null());
    let out = readelf.output().map_err(|error| Failure::Start { program: "readelf".into(), error })?;
    match String::from_utf8_lossy(&out.stdout).contains("INTERP") {
        false if out.status.success() => Ok(()),
        _ => Err(Failure::Missing(format!("{} is not a static binary", binary.display()))),
    }
}

fn architecture() -> Result<String, Failure> {
    let mut ask = command("dpkg");
    ask.arg("--print-architecture");
    let out = ask.output().map_err(|error| Failure::Start { program: "dpkg".into(), error })?;
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn installed_size(tree: &Path) -> Result<u64, Failure> {
    let mut kib = 0;
    let mut folders = vec![tree.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in list(&folder)? {
            match path.is_dir() {
                true => folders.push(path),
                false => kib += octets(&path)?.div_ceil(1024),
            }
        }
    }
    Ok(kib)
}

fn octets(path: &Path) -> Result<u64, Failure> {
    fs::metadata(path).map(|found| found.len()).map_err(failed("look at", path))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(failed("list", folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    fs::write(path, content).map_err(failed("write", path))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    write(to, &fs::read(from).map_err(failed("read", from))?)
}

fn compress(path: &Path) -> Result<(), Failure> {
    let mut gzip = command("gzip");
    gzip.args(["-9n", "--force"]).arg(path);
    run(gzip)
}

fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(failed("change", path))
}

/// Runs a program for what it prints.
fn run_quietly(program: &Path, args: &[&str]) -> Result<Vec<u8>, Failure> {
    let name = program.display().to_string();
    let mut command = command(&name);
    let out = command.args(args).output().map_err(|error| Failure::Start { program: name.clone(), error })?;
    match out.status.success() {
        true => Ok(out.stdout),
        false => {
            Err(Failure::Command { line: format!("{name} {}", args.join(" ")), code: out.status.code() })
        }
    }
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::Missing(format!("cannot {verb} {path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_file_has_what_dpkg_asks_for() {
        let control = control("amd64", 7);
        for field in ["Package: cordial\n", "Version: ", "Architecture: amd64\n", "Installed-Size: 7\n"] {
            assert!(control.contains(field), "{field}");
        }
        let description = control.split("Description: ").nth(1).expect("a description");
        assert!(description.lines().skip(1).all(|line| line.starts_with(' ') && line.len() <= 80));
    }
}
