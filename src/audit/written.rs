//! The result of writing a line of the audit trail.

/// Whether a line is in the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// The line is not in the trail and will not be written later.
    No,
    /// The line may be in the trail, or may still be written.
    Unknown,
}
