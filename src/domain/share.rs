/// How much of `all` one caller may have: three quarters, at least 1, so that one caller cannot shut out the others.
pub fn share_of_a_caller(all: usize) -> usize {
    (all - all.div_ceil(4)).max(1)
}

#[cfg(test)]
mod tests {
    use super::share_of_a_caller;

    #[test]
    fn it_is_three_quarters_rounded_down_and_at_least_one() {
        let shares = [1, 2, 3, 4, 5, 8, 64, 1024, 100_000].map(share_of_a_caller);
        assert_eq!(shares, [1, 1, 2, 3, 3, 6, 48, 768, 75_000]);
    }
}
