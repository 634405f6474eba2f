//! How much of a shared resource one caller can use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The share of a shared resource that one caller can use: three quarters, so that it cannot lock out the others. A single
/// caller can use everything. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct CallerShare(Arc<AtomicBool>);

impl CallerShare {
    /// Sets whether there is only one caller. The default is that there are others.
    pub fn set_sole_caller(&self, is_sole: bool) {
        self.0.store(is_sole, Ordering::Relaxed);
    }

    /// Returns the share of `all`, rounded down, but at least 1.
    pub fn of(&self, all: usize) -> usize {
        if self.0.load(Ordering::Relaxed) { all } else { (all - all.div_ceil(4)).max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::CallerShare;

    #[test]
    fn the_share_is_three_quarters_and_at_least_one_and_everything_for_a_single_caller() {
        let share = CallerShare::default();
        let all = [1, 2, 3, 4, 5, 8, 64, 1024, 100_000];
        assert_eq!(all.map(|all| share.of(all)), [1, 1, 2, 3, 3, 6, 48, 768, 75_000]);
        share.clone().set_sole_caller(true);
        assert_eq!(all.map(|all| share.of(all)), all);
    }
}
