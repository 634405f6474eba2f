//! The HTTP server. It runs on its own thread and therefore under any runtime of the caller.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data, JsonConfig, PayloadConfig};
use actix_web::{App, HttpServer, rt};
use tokio::sync::oneshot;

use super::answer::answer;
use crate::centagate::Centagate;
use crate::control;

/// The largest accepted body.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How long an idle connection stays open: longer than clients keep it, so that the client closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A running server. Dropping it stops the server without waiting.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
    ended: Option<oneshot::Receiver<()>>,
}

impl Server {
    pub(crate) async fn start(
        listener: TcpListener,
        tls: Option<rustls::ServerConfig>,
        centagate: Arc<Centagate>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (started_sender, started) = oneshot::channel();
        let (ended_sender, ended) = oneshot::channel();
        thread::Builder::new().name("centagate-simulator".to_owned()).spawn(move || {
            rt::System::new().block_on(run(listener, tls, Data::from(centagate), started_sender));
            // An error means that nothing waits for the end.
            let _ = ended_sender.send(());
        })?;
        let handle = started.await.map_err(|_| io::Error::other("the simulator's thread ended during its start"))??;
        Ok(Self { address, handle, ended: Some(ended) })
    }

    /// Stops the server and waits for its end.
    pub(crate) async fn stop(mut self) {
        self.handle.stop(false).await;
        if let Some(ended) = self.ended.take() {
            let _ = ended.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The call sends the command; the future would only wait for its completion.
        drop(self.handle.stop(false));
    }
}

async fn run(
    listener: TcpListener,
    tls: Option<rustls::ServerConfig>,
    centagate: Data<Centagate>,
    started: oneshot::Sender<io::Result<ServerHandle>>,
) {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(centagate.clone())
            .app_data(PayloadConfig::new(MAX_BODY_BYTES))
            .app_data(JsonConfig::default().limit(MAX_BODY_BYTES).content_type_required(false).content_type(|_| true))
            .service(control::scope())
            .default_service(web::to(answer))
    })
    .workers(1)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(KEEP_ALIVE) // for connections that are opened in advance
    .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls),
        None => server.listen(listener),
    };
    match server {
        Ok(server) => {
            let server = server.run();
            if started.send(Ok(server.handle())).is_ok() {
                // An error means that the worker died. Its connections end, so clients notice.
                let _ = server.await;
            }
        }
        Err(error) => {
            let _ = started.send(Err(error));
        }
    }
}
