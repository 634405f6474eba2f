//! The input of a request: from bytes to members, with all faults at once.

pub(crate) mod body;
mod fault;
mod json;
mod media_type;
mod members;
pub(super) mod path;
mod shared_body;
pub(crate) mod values;

pub use body::Body;
pub(crate) use body::BodyFault;
pub(crate) use fault::Fault;
pub(super) use media_type::JSON;
pub(super) use members::Canonical;
pub(crate) use members::Input;
pub(super) use shared_body::SharedBody;
