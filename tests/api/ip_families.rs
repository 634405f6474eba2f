//! Listeners on `::` accept clients with IPv6 and with IPv4.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::environment::Environment;
use crate::raw;

#[tokio::test]
async fn the_unspecified_address_of_ipv6_serves_both_families() {
    let environment = Environment::without_centagate();
    let environment = environment.set("GATEWAY__SERVER__HOST", "::").set("GATEWAY__MANAGEMENT__HOST", "::");
    let gateway = environment.serve().await;
    assert_eq!(gateway.address.ip(), Ipv6Addr::UNSPECIFIED, "the log names the address");
    for host in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        let request = b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n";
        assert_eq!(raw::exchange((host, gateway.address.port()).into(), request).await.status, 200, "{host}");
        let head = b"GET /livez HTTP/1.1\r\nHost: g\r\n\r\n";
        let mut connection = tokio::net::TcpStream::connect((host, gateway.management.port())).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut connection, head).await.unwrap();
        assert!(raw::read_head(&mut connection).await.starts_with("HTTP/1.1 200 "), "{host}");
    }
}

#[tokio::test]
async fn healthcheck_reaches_listeners_of_one_family_and_of_both() {
    for (listener, spellings) in
        [("::", &["::", "0.0.0.0", "::1", "127.0.0.1"][..]), ("0.0.0.0", &["::", "0.0.0.0"]), ("::1", &["::", "::1"])]
    {
        let gateway = Environment::without_centagate().set("GATEWAY__MANAGEMENT__HOST", listener).serve().await;
        for host in spellings {
            let environment = Environment::without_centagate()
                .set("GATEWAY__MANAGEMENT__PORT", &gateway.management.port().to_string())
                .set("GATEWAY__MANAGEMENT__HOST", host);
            let run = environment.run(&["healthcheck"]);
            assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{listener} {host}: {run:?}");
        }
    }
}

#[test]
fn production_listens_on_both_families_and_local_only_on_loopback() {
    for (environment, host) in [("production", "::"), ("local", "127.0.0.1")] {
        let unset =
            |environment: Environment| environment.unset("GATEWAY__SERVER__HOST").unset("GATEWAY__MANAGEMENT__HOST");
        let run =
            unset(Environment::without_centagate()).set("GATEWAY_ENVIRONMENT", environment).run(&["check-config"]);
        for key in ["server.host", "management.host"] {
            let line = run.stdout.lines().find(|line| line.starts_with(key)).expect(key);
            assert!(line.contains(host), "{environment}: {line}");
        }
    }
}
