//! The HTTP side: server, routes, and the replies to calls.

mod answer;
mod reply;
mod route;
mod server;

pub(crate) use reply::code_text;
pub(crate) use server::Server;
