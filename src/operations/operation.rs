//! The trait that each operation implements, and its row in the table.

use serde_json::Value;

use super::configuration::UserSettings;
use super::reply::Reply;
use super::spec::Spec;
use crate::api::input::Input;
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::{Answer, Call, CallSpec, Meaning, Message};
use crate::domain::Username;

/// The caller's side of an operation. The vendor's side is its [`Call`], which the same type implements.
pub(crate) trait Operation: Call + Sized {
    /// What the table says about the operation.
    const SPEC: &'static Spec;

    /// Reads the path and the body. `defaults` are the configured values of absent members. `None` means that `input` has at least one fault.
    fn read(input: &mut Input<'_>, defaults: &UserSettings) -> Option<Self>;

    /// The user that the operation acts on.
    fn target(&self) -> &Username;

    /// The strongest right that this request needs, for the audit trail.
    fn right(&self) -> Scope {
        Self::SPEC.scope
    }

    /// Checks the rights of `caller` beyond the scope and the target.
    ///
    /// # Errors
    /// The first right that the caller lacks.
    fn check_rights(&self, _caller: &Caller) -> Result<(), Lack> {
        Ok(())
    }

    /// Further members of the audit records: what the request changes. Never a secret, and never personal data except the
    /// target's name, which every record has.
    fn audit(&self) -> AuditMembers {
        Vec::new()
    }

    /// What the answer to a successful call means, if it is a refusal: for example, no value because nothing was found.
    fn refusal(&self, _answer: &Self::Answer) -> Option<Meaning> {
        None
    }

    /// The reply to a successful call.
    fn reply(&self, answer: Self::Answer) -> Reply;
}

/// Members of an audit record, with their names.
pub(crate) type AuditMembers = Vec<(&'static str, Value)>;

/// One request of any operation, after it was read.
pub(crate) trait Request: Message + 'static {
    /// See [`Operation::target`].
    fn target(&self) -> &Username;
    /// See [`Operation::right`].
    fn right(&self) -> Scope;
    /// See [`Operation::check_rights`].
    fn check_rights(&self, caller: &Caller) -> Result<(), Lack>;
    /// See [`Operation::audit`].
    fn audit(&self) -> AuditMembers;
    /// Decodes the `object` of a successful reply from CENTAGATE. The value is an error if the object is a refusal.
    fn reply(&self, object: Value) -> Answer<Result<Reply, Meaning>>;
}

impl<O: Operation> Request for O {
    fn target(&self) -> &Username {
        Operation::target(self)
    }

    fn right(&self) -> Scope {
        Operation::right(self)
    }

    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        Operation::check_rights(self, caller)
    }

    fn audit(&self) -> AuditMembers {
        Operation::audit(self)
    }

    fn reply(&self, object: Value) -> Answer<Result<Reply, Meaning>> {
        let Answer { value, is_readable } = O::decode(object);
        let value = match self.refusal(&value) {
            Some(meaning) => Err(meaning),
            None => Ok(Operation::reply(self, value)),
        };
        Answer { value, is_readable }
    }
}

/// A row of the table: an operation without its type, so that everything around it is compiled once.
pub struct Row {
    /// The caller's side.
    pub spec: &'static Spec,
    /// The vendor's side.
    pub call: &'static CallSpec,
    pub(crate) read: fn(&mut Input<'_>, &UserSettings) -> Option<Box<dyn Request>>,
}

impl Row {
    /// The row of `O`.
    pub(super) const fn of<O: Operation>() -> Self {
        Self { spec: O::SPEC, call: O::CALL, read: |input, defaults| Some(Box::new(O::read(input, defaults)?)) }
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec.id)
    }
}
