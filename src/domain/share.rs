use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much of a whole one caller may have, so that it cannot shut out the others: three quarters, or all of it while there
/// are no others. Clones are the same share.
#[derive(Clone, Debug, Default)]
pub struct CallerShare(Arc<AtomicBool>);

impl CallerShare {
    /// Sets whether there is only one caller. Without this there may be others.
    pub fn set_sole_caller(&self, is_sole: bool) {
        self.0.store(is_sole, Ordering::Relaxed);
    }

    /// The share of `all`: rounded down, at least 1.
    pub fn of(&self, all: usize) -> usize {
        if self.0.load(Ordering::Relaxed) { all } else { (all - all.div_ceil(4)).max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::CallerShare;

    #[test]
    fn it_is_three_quarters_rounded_down_and_at_least_one_and_everything_for_a_sole_caller() {
        let share = CallerShare::default();
        let all = [1, 2, 3, 4, 5, 8, 64, 1024, 100_000];
        assert_eq!(all.map(|all| share.of(all)), [1, 1, 2, 3, 3, 6, 48, 768, 75_000]);
        share.clone().set_sole_caller(true);
        assert_eq!(all.map(|all| share.of(all)), all);
    }
}
