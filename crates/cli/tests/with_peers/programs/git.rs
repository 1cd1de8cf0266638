//! git over HTTP: cloned as plain files, cloned by git's own protocol, and pushed.

use std::path::Path;
use std::process::Command;

use super::super::harness::Scratch;
use super::super::ports::free_port;
use super::super::servers::Nginx;
use super::server::{Server, outside};
use super::way::Way;

/// Settings of nobody's, so that a clone depends on nothing but the server.
const PLAIN: &str = "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_TERMINAL_PROMPT=0
    export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org";

/// A history of forty commits: some text, some octets that no compression makes fewer.
const HISTORY: &str = "git init -q -b main work; cd work
    for n in $(seq 40); do
        seq $n 7 $((n * 300)) > text; head -c $((n * 9000)) /dev/urandom > octets
        git add text octets; git commit -q -m \"number $n\"
    done
    git tag -a -m 'the last' last; cd ..; git clone -q --bare work repo.git";

/// Both loopbacks, each request given to `git http-backend` as CGI.
const SERVER: &str = r#"
import http.server, os, socket, subprocess, sys, threading

class Git(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        path, _, query = self.path.partition("?")
        environment = dict(
            os.environ, GIT_PROJECT_ROOT=sys.argv[2], GIT_HTTP_EXPORT_ALL="1", REMOTE_USER="somebody",
            REQUEST_METHOD=self.command, PATH_INFO=path, QUERY_STRING=query, CONTENT_LENGTH=str(len(body)),
            CONTENT_TYPE=self.headers.get("Content-Type", ""), GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
            HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""))
        done = subprocess.run(["git", "http-backend"], input=body, stdout=subprocess.PIPE, env=environment)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n") if line]
        status = [int(value[:3]) for name, value in fields if name == "Status"]
        self.send_response(status[0] if status else 200)
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

class Six(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

port = int(sys.argv[1])
six = Six(("::1", port), Git)
threading.Thread(target=six.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", port), Git).serve_forever()
"#;

/// Makes the history in this folder; the identifier of its last commit.
fn history(folder: &Scratch) -> String {
    outside(folder, &format!("{PLAIN}\n{HISTORY}\ngit -C repo.git rev-parse main")).trim().to_owned()
}

/// Clones inside, and fails unless the whole history is there.
#[track_caller]
fn assert_cloned(scratch: &Scratch, way: Way, url: &str, head: &str) {
    let script = format!(
        "{PLAIN}\nset -e; timeout 50 git clone -q {} {url} clone; cd clone; git fsck --full --strict
         git rev-parse HEAD; git rev-list --count --all; git describe; git status --short",
        way.flag()
    );
    let ended = way.run(scratch, &script);
    assert_eq!(ended.stdout, format!("{head}\n40\nlast\n"), "{way}: {ended}");
}

#[test]
fn git_clones_a_repository_of_plain_files() {
    let nginx = Nginx::start();
    let folder = Scratch::new();
    let head = history(&folder);
    outside(&folder, &format!("{PLAIN}\ngit -C repo.git update-server-info"));
    move_to(&folder.file("repo.git"), &nginx.path("repo.git"));
    for way in Way::ALL {
        assert_cloned(&Scratch::new(), way, &nginx.url("repo.git"), &head);
    }
}

#[test]
fn git_clones_and_pushes_by_its_own_protocol() {
    for way in Way::ALL {
        let (folder, scratch, port) = (Scratch::new(), Scratch::new(), free_port());
        let head = history(&folder);
        let _server = start(&folder, port);
        let url = format!("http://host.cordial:{port}/repo.git");
        assert_cloned(&scratch, way, &url, &head);
        let push = format!(
            "{PLAIN}\nset -e; cd clone; head -c 500000 /dev/urandom > more; git add more
             git commit -q -m 'from inside'; timeout 50 git push -q {} origin main; git rev-parse main",
            way.flag()
        );
        let pushed = way.run(&scratch, &push).stdout;
        let there = outside(&folder, "git -C repo.git fsck --full --strict; git -C repo.git rev-parse main");
        assert_eq!(there, pushed, "{way}");
        assert_ne!(there.trim(), head, "{way}");
    }
}

/// Starts the server of [`SERVER`].
fn start(folder: &Scratch, port: u16) -> Server {
    let mut command = Command::new("python3");
    command.args(["-c", SERVER, &port.to_string()]).arg(folder.file(""));
    command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
    Server::start(command, &[port])
}

fn move_to(from: &Path, to: &Path) {
    std::fs::rename(from, to).expect("both folders are of one file system");
}
