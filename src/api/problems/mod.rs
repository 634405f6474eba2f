//! Problems: their one table, the errors that handlers return, problem documents and the page that explains them.

mod document;
mod entry;
mod error;
mod example;
mod explanation;
mod html;
mod pages;
mod table;
#[cfg(test)]
mod tests;
mod upstream;

pub(crate) use document::ProblemDocument;
pub(crate) use error::ApiError;
pub(super) use pages::problems;
pub(crate) use table::Problem;
