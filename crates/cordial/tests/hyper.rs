//! hyper, server and client, over two hosts.

mod common;

use std::convert::Infallible;

use bytes::Bytes;
use common::*;
use cordial::{TcpListener, TcpStream};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// Says where it was called, and gives the body back.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(Response::builder().header("x-path", path).body(Full::new(body)).expect("a response"))
}

async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(async move { connection.await.expect("serves") });
    }
}

#[test]
fn requests_are_answered_over_one_connection_and_over_many() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        tokio::spawn(serve(TcpListener::bind(&b, server()).expect("binds")));
        for size in [0, 10, 2 << 20] {
            let stream = TcpStream::connect(&a, server()).await.expect("connects");
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("begins");
            let driving = tokio::spawn(connection);
            let body = Bytes::from(pattern(size));
            for round in 0..3 {
                sender.ready().await.expect("the connection is free");
                let request = Request::post(format!("/{round}"))
                    .header("host", "hello.cordial")
                    .body(Full::new(body.clone()))
                    .expect("a request");
                let response = sender.send_request(request).await.expect("an answer");
                assert_eq!(response.headers()["x-path"], format!("/{round}"));
                let echoed = response.into_body().collect().await.expect("a body").to_bytes();
                assert!(echoed == body);
            }
            drop(sender);
            driving.await.expect("runs").expect("ends in order");
        }
        until(|| b.connections() == 0).await;
        assert_eq!(a.counters().tcp_estab_resets + b.counters().tcp_estab_resets, 0);
    });
}
