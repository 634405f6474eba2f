//! Finds the call that a method and a raw path belong to.

use percent_encoding::percent_decode_str;

use crate::calls::{Body, Target};
use crate::{OpenAnswers, Operation, PasswordReset};

/// The target of a request line.
pub(crate) enum Route {
    /// A call.
    Call(Target),
    /// A path that exists, but not with this method.
    MethodNotAllowed(&'static str),
    /// A path that does not exist.
    NotFound,
}

impl Route {
    /// Accepts one trailing slash. If several calls have the same path, the body selects one; if no call fits, the
    /// first one is used. `open_answers` decides whether the call `setPassword` exists.
    pub(crate) fn find(method: &str, path: &str, body: Option<&Body>, open_answers: &OpenAnswers) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut first = None;
        for operation in Operation::ALL {
            if *operation == Operation::SetPassword && open_answers.password_reset == PasswordReset::Unsupported {
                continue;
            }
            let call = operation.call();
            for (template, signature) in call.paths {
                if let Some(path_value) = match_path(template, path) {
                    if method != call.method {
                        return Self::MethodNotAllowed(call.method);
                    }
                    let target = Target { operation: *operation, signature: *signature, path_value };
                    if call.selector().is_none_or(|selector| body.is_some_and(|body| body.has(selector))) {
                        return Self::Call(target);
                    }
                    first.get_or_insert(target);
                }
            }
        }
        first.map_or(Self::NotFound, Self::Call)
    }
}

/// Compares a path with a template. The inner option is the name and the value, percent-decoded once, of the template's
/// `{name}`.
#[expect(clippy::option_option, reason = "a path may match without having a value")]
fn match_path(template: &'static str, path: &str) -> Option<Option<(&'static str, String)>> {
    let Some((start, name)) = template.strip_suffix('}').and_then(|template| template.split_once('{')) else {
        return (path == template).then_some(None);
    };
    let segment = path.strip_prefix(start).filter(|segment| !segment.is_empty() && !segment.contains('/'))?;
    Some(Some((name, percent_decode_str(segment).decode_utf8_lossy().into_owned())))
}
