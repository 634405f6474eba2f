//! `healthcheck`: asks a running simulator whether it answers, for containers without a shell.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::time::Duration;

use crate::settings;

const TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) fn run() -> Result<(), String> {
    let mut address = settings::address()?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let ask = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect_timeout(&address, TIMEOUT)?;
        if settings::has_tls() {
            // An accepted connection is enough: clients judge the certificate.
            return Ok(true);
        }
        connection.set_read_timeout(Some(TIMEOUT))?;
        connection.write_all(b"GET /simulator/health HTTP/1.1\r\nHost: simulator\r\nConnection: close\r\n\r\n")?;
        let mut reply = String::new();
        connection.read_to_string(&mut reply)?;
        Ok(reply.starts_with("HTTP/1.1 200 "))
    };
    match ask() {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{address} does not answer like a simulator")),
        Err(error) => Err(format!("{address} does not answer: {error}")),
    }
}
