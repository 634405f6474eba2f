//! Examples of problems for the contract, made in the same way as real ones.

use super::error::ApiError;
use super::table::Problem;
use super::upstream::of_meaning;
use crate::centagate::ReturnCode;
use crate::domain::Outcome;
use crate::operations::TABLE;

impl ApiError {
    /// An example of `problem`, without the faults of `invalid_request`.
    pub(in crate::api) fn example(problem: Problem) -> Self {
        let own = TABLE.iter().flat_map(|row| row.call.codes);
        let mut codes = own.chain(ReturnCode::COMMON).map(|(code, meaning)| (*code, of_meaning(*meaning)));
        let example = Self::from(problem);
        match (codes.find(|(_, (of_code, _))| *of_code == problem), problem) {
            // Most refusals by rights are the gateway's own.
            (_, Problem::Forbidden) => example,
            (_, Problem::CentagateUnavailable) => example.with_example_outcome(Outcome::NotExecuted, None),
            (_, Problem::CentagateTimeout | Problem::CentagateUnexpected) => {
                example.with_example_outcome(Outcome::Unknown, None)
            }
            (Some((code, (_, outcome))), _) => example.with_example_outcome(outcome, Some(code)),
            (None, _) => example,
        }
    }
}
