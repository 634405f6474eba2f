//! An entry of the table of problems, and the macro that turns the table into code.

use actix_web::http::StatusCode;

/// What the table says about one problem.
pub(crate) struct Entry {
    /// The stable `code`.
    pub(crate) code: &'static str,
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The title, which is the same for every occurrence.
    pub(crate) title: &'static str,
    /// What happened, unless an occurrence has a more precise text.
    pub(crate) detail: &'static str,
    /// What the caller can do.
    pub(crate) advice: &'static str,
    /// The value of `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u64>,
}

/// Defines `Problem`, the list of all problems, and the entry of each.
macro_rules! table {
    ($($problem:ident: $status:ident $code:literal $(retry after $seconds:literal)?, $title:literal, $detail:literal, $advice:literal;)+) => {
        /// A kind of problem that a caller can meet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Problem {
            $($problem),+
        }

        impl Problem {
            /// Every problem.
            pub(crate) const ALL: &[Self] = &[$(Self::$problem),+];

            /// The entry of this problem in the table.
            pub(crate) fn entry(self) -> Entry {
                match self {
                    $(Self::$problem => Entry {
                        code: $code,
                        status: StatusCode::$status,
                        title: $title,
                        detail: $detail,
                        advice: $advice,
                        retry_after: table!(@seconds $($seconds)?),
                    }),+
                }
            }
        }
    };
    (@seconds) => { None };
    (@seconds $seconds:literal) => { Some($seconds) };
}
pub(super) use table;
