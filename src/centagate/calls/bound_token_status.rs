//! The status in the list of a user's tokens (`tokenList.status`) and in the reply to a registration (`boundTokenStatus`): one
//! vocabulary (life-cycle facts, section 4). Other calls have other vocabularies with the same digits.

use crate::domain::BoundTokenStatus;

/// The status that this number stands for.
pub(super) fn bound_token_status(number: Option<i64>) -> BoundTokenStatus {
    match number {
        Some(0) => BoundTokenStatus::Inactive,
        Some(1) => BoundTokenStatus::Active,
        Some(2) => BoundTokenStatus::ActiveLocked,
        Some(3) => BoundTokenStatus::Pending,
        Some(4) => BoundTokenStatus::PendingLocked,
        _ => BoundTokenStatus::Unknown,
    }
}
