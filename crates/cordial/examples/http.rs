//! hyper over two hosts in this process: a server on one, a client on the other. No root, no network.

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use cordial::device::{MemoryConfig, MemoryLink};
use cordial::{Host, TcpListener, TcpStream};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (left, right) = MemoryLink::pair(MemoryConfig::default());
    let client = Host::builder().address(CLIENT).start(left)?;
    let server = Host::builder().address(SERVER).start(right)?;
    let listener = TcpListener::bind(&server, (SERVER, 80))?;
    tokio::spawn(serve(listener));

    let stream = TcpStream::connect(&client, (SERVER, 80)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get("/greeting").header("host", "hello.cordial").body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    println!("{:?} {}", response.version(), response.status());
    let body = response.into_body().collect().await?.to_bytes();
    print!("{}", String::from_utf8_lossy(&body));
    Ok(())
}

async fn serve(listener: TcpListener) {
    while let Ok((stream, peer)) = listener.accept().await {
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(greet));
            if let Err(error) = connection.await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

async fn greet(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = format!("Hello! You asked for {}.\n", request.uri().path());
    Ok(Response::new(Full::new(Bytes::from(text))))
}
